"""Status lists by content negotiation: who asks how gets which form, and nothing else is served."""

import base64
import http.client
import json
import os
import shutil
import sys
from itertools import product
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from protocol.credentials.published_lists import (
    SETTINGS_FILE,
    SUFFIXES,
    StatusFor,
    render_settings,
)
from protocol.credentials.status_list import PURPOSES, ListForm, decode_status_list, is_set
from protocol.proofs.multikey import parse_multikey
from scripts import cli
from scripts.options import PUBLISHED_FOLDER
from tests.web.test_server import SECONDS, run_site

STANDARD, JWT, BLOCKCERTS = ListForm.STANDARD, ListForm.JWT, ListForm.BLOCKCERTS
JSON, JWT_TYPE = "application/json", "application/vc+jwt"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
AXIOS = "application/json, text/plain, */*"
TABLE = [
    # Accept, form, media type
    (None, JWT, JWT_TYPE),
    ("", JWT, JWT_TYPE),
    ("application/vc+jwt", JWT, JWT_TYPE),
    ("application/vc+jwt, application/json;q=0.9", JWT, JWT_TYPE),
    ("application/json", STANDARD, JSON),
    ("application/vc", STANDARD, "application/vc"),
    ("application/ld+json", STANDARD, "application/ld+json"),
    ("application/ld+json, application/json", STANDARD, None),
    ('application/ld+json;profile="http://www.w3.org/ns/json-ld#expanded"', STANDARD, None),
    ("APPLICATION/JSON", STANDARD, JSON),
    ("application/*", STANDARD, JSON),
    ("*/*, application/vc;q=0.1", STANDARD, None),
    ("*/*;q=0.8", STANDARD, JSON),
    (BROWSER, STANDARD, JSON),
    (AXIOS, STANDARD, JSON),
]
REFUSED = [
    "text/html",
    "image/png",
    "application/json;q=0",
    "application/jwt",
    "nonsense",
    "*/*;q=0",
]


@pytest.fixture(scope="module")
def published(demo, tmp_path_factory) -> Path:
    """What `rootseal status publish` makes of the demo's home."""
    folder = tmp_path_factory.mktemp("published")
    hook = sys.excepthook
    home = ["--home", str(demo.settings.home), "--issuer", find_issuer(demo)]
    assert cli.main(["status", "publish", "--out", str(folder), *home]) == 0
    sys.excepthook = hook
    return folder


@pytest.fixture
def folder(published, tmp_path) -> Path:
    """A copy that a test may spoil."""
    return Path(shutil.copytree(published, tmp_path / "status"))


@pytest.fixture
def lists(demo, folder):
    return demo.build_app(status_folder=folder).test_client()


def find_issuer(demo) -> str:
    return json.loads(demo.read("genuine"))["issuer"]["id"]


def find_address(demo, purpose: str = "revocation") -> str:
    """The path at which the genuine credential's list is served."""
    entry = json.loads(demo.read("genuine"))["credentialStatus"]
    path = entry["statusListCredential"].removeprefix("https://").partition("/")[2]
    return f"/{path.rpartition('/')[0]}/{purpose}"


def find_index(demo, name: str) -> int:
    return int(json.loads(demo.read(name))["credentialStatus"]["statusListIndex"])


def ask(client, address: str, accept: str | None, **headers: str):
    given = headers if accept is None else {"Accept": accept} | headers
    return client.get(address, headers=given)


def find_form(answer) -> ListForm:
    if answer.data.count(b".") == 2 and not answer.data.startswith(b"{"):
        return JWT
    return BLOCKCERTS if len(answer.get_json(force=True)["@context"]) == 2 else STANDARD


def read_payload(answer) -> dict:
    if find_form(answer) is JWT:
        return json.loads(decode(answer.data.decode().split(".")[1]))
    return answer.get_json(force=True)


def decode(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


@pytest.mark.parametrize("status_for", StatusFor)
@pytest.mark.parametrize("row", TABLE, ids=lambda row: str(row[0]))
def test_who_says_what_it_wants_gets_it_under_either_setting(demo, lists, folder, status_for, row):
    accept, form, media_type = row
    set_status_for(demo, folder, status_for)
    answer = ask(lists, find_address(demo), accept)
    assert answer.status_code == 200
    assert find_form(answer) is form
    if media_type is not None:
        assert answer.headers["Content-Type"] == media_type
    assert answer.headers["Vary"] == "Accept"


@pytest.mark.parametrize(
    ("status_for", "form"),
    [(StatusFor.STANDARD, STANDARD), (StatusFor.BLOCKCERTS, BLOCKCERTS), (None, STANDARD)],
)
def test_the_setting_decides_for_who_takes_anything(demo, lists, folder, status_for, form):
    set_status_for(demo, folder, status_for)
    answer = ask(lists, find_address(demo), "*/*")
    assert find_form(answer) is form
    assert answer.headers["Content-Type"] == JSON


def set_status_for(demo, folder, status_for) -> None:
    path = folder / find_issuer(demo).removeprefix("did:web:") / SETTINGS_FILE
    if status_for is None:
        path.unlink()
    else:
        path.write_bytes(render_settings(status_for))


@pytest.mark.parametrize("data", [b"", b"{}", b'{"status_for": "nobody"}', b"\xff", b"[" * 9000])
def test_a_setting_that_cannot_be_read_leaves_the_standard(demo, lists, folder, data):
    issuer = find_issuer(demo).removeprefix("did:web:")
    (folder / issuer / SETTINGS_FILE).write_bytes(data)
    assert find_form(ask(lists, find_address(demo), "*/*")) is STANDARD


@pytest.mark.parametrize("accept", REFUSED)
def test_who_takes_none_of_the_forms_is_told_which_there_are(demo, lists, accept):
    answer = ask(lists, find_address(demo), accept)
    assert answer.status_code == 406
    assert answer.mimetype == "application/problem+json"
    problem = answer.get_json(force=True)
    assert problem["type"] == "urn:rootseal:problem:not-acceptable"
    for media_type in (JSON, "application/vc", "application/ld+json", JWT_TYPE):
        assert media_type in problem["detail"]
    assert answer.headers["Vary"] == "Accept"
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("form", ListForm)
def test_a_missing_form_is_named_and_no_other_is_given_instead(demo, lists, folder, form):
    issuer, number = find_address(demo).split("/")[2:4]
    (folder / issuer / number / f"revocation{SUFFIXES[form]}").unlink()
    set_status_for(demo, folder, StatusFor.BLOCKCERTS)
    accept = {STANDARD: JSON, JWT: None, BLOCKCERTS: "*/*"}[form]
    answer = ask(lists, find_address(demo), accept)
    assert answer.status_code == 406
    words = {STANDARD: "standard", JWT: "JWT", BLOCKCERTS: "Blockcerts"}
    told, missing = answer.get_json(force=True)["detail"].split("but not")
    assert words[form] in missing
    assert all(word in told for each, word in words.items() if each is not form)


@pytest.mark.parametrize(("form", "accept"), [(STANDARD, JSON), (JWT, None), (BLOCKCERTS, "*/*")])
@pytest.mark.parametrize("purpose", PURPOSES)
def test_each_form_has_set_what_the_demo_withdrew(demo, lists, folder, form, accept, purpose):
    set_status_for(demo, folder, StatusFor.BLOCKCERTS)
    answer = ask(lists, find_address(demo, purpose), accept)
    assert find_form(answer) is form
    payload = read_payload(answer)
    assert payload["issuer"] == find_issuer(demo)
    assert payload["credentialSubject"]["statusPurpose"] == purpose
    encoded = payload["credentialSubject"]["encodedList"]
    assert encoded.startswith("H4sI" if form is BLOCKCERTS else "uH4sI")
    bits = decode_status_list(encoded)
    said = {
        name: is_set(bits, find_index(demo, name)) for name in ("genuine", "revoked", "suspended")
    }
    assert said == {
        "genuine": False,
        "revoked": purpose == "revocation",
        "suspended": purpose == "suspension",
    }


def test_the_jwt_is_signed_with_the_key_that_its_header_names(demo, lists):
    head, payload, signature = ask(lists, find_address(demo), None).data.decode().split(".")
    header = json.loads(decode(head))
    assert header.keys() == {"alg", "kid", "typ"}
    assert (header["alg"], header["typ"]) == ("EdDSA", "vc+jwt")
    did, _, multikey = header["kid"].partition("#")
    assert did == find_issuer(demo)
    key = Ed25519PublicKey.from_public_bytes(parse_multikey(multikey).raw)
    key.verify(decode(signature), f"{head}.{payload}".encode())


def test_a_list_is_for_every_site_and_for_five_minutes(demo, lists):
    answer = ask(lists, find_address(demo), JSON, Origin="https://elsewhere.example")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert "Set-Cookie" not in answer.headers


def test_a_reader_that_has_it_already_is_sent_nothing(demo, lists):
    first = ask(lists, find_address(demo), JSON)
    again = ask(lists, find_address(demo), JSON, **{"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["Vary"] == "Accept"
    assert again.headers["Access-Control-Allow-Origin"] == "*"
    since = {"If-Modified-Since": first.headers["Last-Modified"]}
    assert ask(lists, find_address(demo), JSON, **since).status_code == 304


def test_every_form_and_type_has_its_own_tag(demo, lists, folder):
    set_status_for(demo, folder, StatusFor.BLOCKCERTS)
    accepts = (JSON, "application/vc", "application/ld+json", None, "*/*")
    tags = {ask(lists, find_address(demo), accept).headers["ETag"] for accept in accepts}
    assert len(tags) == len(accepts)


def test_a_list_that_is_published_anew_is_served_anew(demo, lists, folder):
    before = ask(lists, find_address(demo), JSON)
    issuer, number = find_address(demo).split("/")[2:4]
    path = folder / issuer / number / "revocation.json"
    path.write_bytes(path.read_bytes().replace(b"\n", b" \n"))
    after = ask(lists, find_address(demo), JSON, **{"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200
    assert after.data == path.read_bytes()


def test_head_says_what_get_would(demo, lists):
    answer = lists.head(find_address(demo), headers={"Accept": JSON})
    assert (answer.status_code, answer.data) == (200, b"")
    assert answer.headers["Content-Type"] == JSON


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_nothing_is_published_from_outside(demo, lists, method):
    answer = lists.open(find_address(demo), method=method, data=b"{}")
    assert answer.status_code == 405
    assert answer.mimetype == "application/problem+json"


SECRET = "not for everybody"
ISSUERS = [
    "..",
    ".",
    "%2e%2e",
    "..%2f..",
    "demo/..",
    "/etc",
    "a\\b",
    "",
    " ",
    "x" * 300,
    "EXAMPLE.ORG",
]
NUMBERS = [
    "..",
    "%2e%2e",
    "0x1",
    "-1",
    "+1",
    "01",
    "1.0",
    "1e3",
    "٥",
    "1 ",
    "9" * 15,
    "9" * 400,
    "",
]
WORDS = ["..", "revocation.json", "revocation%00", "Revocation", "settings.json", "message", ""]


def test_no_other_file_is_reached_by_any_address(demo, lists, folder):
    _, _, issuer, number, purpose = find_address(demo).split("/")
    for name in ("secret.json", "secret.jwt", "revocation.json", "settings.json"):
        for place in (folder.parent, folder, folder / issuer):
            if not (place / name).exists():
                (place / name).write_text(SECRET)
    addresses = [
        *((each, number, purpose) for each in ISSUERS),
        *((issuer, each, purpose) for each in NUMBERS),
        *((issuer, number, each) for each in WORDS),
        *product(("..", "%2e%2e", "..%2f"), ("..", "%2e%2e", number), ("..", "secret", purpose)),
    ]
    for parts in addresses:
        for accept in (None, JSON, "*/*"):
            answer = ask(lists, "/status/" + "/".join(parts), accept)
            assert answer.status_code == 404, parts
            assert SECRET.encode() not in answer.data
            assert b"BitstringStatusList" not in answer.data


def test_an_unknown_list_and_an_unknown_issuer_are_not_found(demo, lists):
    _, _, issuer, number, purpose = find_address(demo).split("/")
    for parts in ((issuer, "77", purpose), ("nobody.example.org", number, purpose)):
        for accept in (None, JSON, "*/*"):
            answer = ask(lists, "/status/" + "/".join(parts), accept)
            assert answer.status_code == 404
            assert answer.mimetype == "application/problem+json"
            assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_a_server_without_a_folder_has_no_lists(demo, client):
    assert client.get(find_address(demo)).status_code == 404


def test_a_folder_that_is_not_there_yet_has_no_lists(demo, tmp_path):
    site = demo.build_app(status_folder=tmp_path / "later").test_client()
    assert ask(site, find_address(demo), JSON).status_code == 404


@pytest.mark.parametrize("named", [True, False])
def test_the_command_serves_the_folder_that_it_is_given_or_the_homes_own(
    demo, published, tmp_path, named
):
    """A client that names no form, over a real connection."""
    own = demo.settings.home / PUBLISHED_FOLDER
    if not named:
        shutil.copytree(published, own)
    arguments = ("--status", str(published)) if named else ()
    try:
        with run_site(demo, tmp_path, "--workers", "1", *arguments) as site:
            connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=SECONDS)
            connection.request("GET", find_address(demo))
            answer = connection.getresponse()
            data = answer.read()
            connection.close()
    finally:
        shutil.rmtree(own, ignore_errors=True)
    assert (answer.status, answer.headers["Content-Type"]) == (200, JWT_TYPE)
    issuer, number = find_address(demo).split("/")[2:4]
    assert data == (published / issuer / number / "revocation.jwt").read_bytes()


def make_folder(path: Path) -> None:
    path.mkdir()


def make_loop(path: Path) -> None:
    path.symlink_to(path)


def make_link(path: Path) -> None:
    target = path.parent / "elsewhere"
    target.write_text(SECRET)
    path.symlink_to(target)


def make_pipe(path: Path) -> None:
    os.mkfifo(path)


def make_sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(4 << 30)


@pytest.mark.parametrize("make", [make_folder, make_loop, make_link, make_pipe, make_sparse])
@pytest.mark.parametrize("accept", [None, JSON, "*/*"])
def test_what_is_no_list_is_not_found(demo, lists, folder, make, accept):
    issuer, number = find_address(demo).split("/")[2:4]
    for name in ("revocation.json", "revocation.jwt", "revocation.blockcerts.json"):
        path = folder / issuer / number / name
        path.unlink()
        (folder / issuer / number / "elsewhere").unlink(missing_ok=True)
        make(path)
    answer = ask(lists, find_address(demo), accept)
    assert answer.status_code == 404
    assert SECRET.encode() not in answer.data


@pytest.mark.parametrize("make", [make_loop, make_link, make_pipe, make_sparse])
@pytest.mark.parametrize("depth", [1, 2])
def test_what_is_no_folder_holds_no_list(demo, lists, folder, make, depth):
    place = folder.joinpath(*find_address(demo).split("/")[2 : 2 + depth])
    shutil.rmtree(place)
    make(place)
    for accept in (None, JSON, "*/*"):
        assert ask(lists, find_address(demo), accept).status_code == 404


@pytest.mark.parametrize("depth", [1, 2])
def test_no_link_is_followed_on_the_way_to_a_list(demo, lists, folder, depth):
    place = folder.joinpath(*find_address(demo).split("/")[2 : 2 + depth])
    place.rename(folder.parent / "moved")
    place.symlink_to(folder.parent / "moved")
    assert ask(lists, find_address(demo), JSON).status_code == 404


@pytest.mark.parametrize("make", [make_folder, make_loop, make_pipe, make_sparse])
def test_a_setting_that_is_no_file_leaves_the_standard(demo, lists, folder, make):
    path = folder / find_address(demo).split("/")[2] / SETTINGS_FILE
    path.unlink()
    make(path)
    assert find_form(ask(lists, find_address(demo), "*/*")) is STANDARD
