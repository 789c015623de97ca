"""The pages as they are served: routes, weight, and a structure that no credential can change."""

import gzip
import io
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask import render_template
from werkzeug.test import encode_multipart

from tests.browser.site import build_site
from tests.web.cases import CASES
from tests.web.hostile import ADDRESSES, OVERRIDES, PILE, load_payloads, poison
from verifier.web.presentation.page import Again, build_page

STATIC = Path(__file__).parents[2] / "verifier" / "web" / "static"
TEMPLATES = STATIC.parent / "templates"
NOTHING = Again("", "", "")
KB = 1024


class Skeleton(HTMLParser):
    """The tags of a page with the names of their attributes, no words."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple] = []
        self.links: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, tuple(name for name, _ in attrs)))
        self.links += [value for name, value in attrs if name in ("href", "src", "action")]

    def handle_endtag(self, tag):
        self.tags.append(("/" + tag,))


def parse(page: str) -> Skeleton:
    skeleton = Skeleton()
    skeleton.feed(page)
    return skeleton


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    return build_site(tmp_path_factory.mktemp("examples"))


@pytest.fixture
def client(app):
    return app.test_client()


def render(app, report) -> str:
    with app.test_request_context("/"):
        return render_template("result.html", page=build_page(report, NOTHING))


def zip_size(data: bytes) -> float:
    return len(gzip.compress(data, 9)) / KB


@pytest.mark.parametrize("case", ["passed", "tampered", "silent"])
def test_no_payload_adds_a_tag_or_an_attribute(app, case):
    report = CASES[case]()
    calm = parse(render(app, poison(report, "word")))
    for payload in load_payloads():
        flat = "x " + " ".join(payload.split()).replace("*", "")
        page = parse(render(app, poison(report, flat)))
        assert page.tags == calm.tags, payload
        assert page.links == calm.links, payload


@pytest.mark.parametrize(
    "text", [OVERRIDES, PILE, "W" * 100_000, *(each for each in ADDRESSES if "xn--" not in each)]
)
def test_no_trick_adds_a_tag_or_a_link(app, text):
    report = CASES["passed"]()
    calm, page = (
        parse(render(app, poison(report, "word"))),
        parse(render(app, poison(report, text))),
    )
    assert page.tags == calm.tags
    assert page.links == calm.links


def test_template_syntax_in_a_credential_is_text(app):
    page = render(app, poison(CASES["passed"](), "{{ 7 * 7 }}{% raw %}"))
    assert "{{ 7 * 7 }}{% raw %}" in page


@pytest.mark.parametrize("case", CASES)
def test_nothing_is_inline(app, case):
    page = render(app, CASES[case]())
    assert " style=" not in page
    assert "<style" not in page
    assert re.findall(r"<script(?! src=)", page) == []
    assert re.findall(r"\son[a-z]+=", page) == []


@pytest.mark.parametrize("case", CASES)
def test_a_page_and_its_parts_are_light(app, case):
    assert zip_size(render(app, CASES[case]()).encode()) < 12


def test_style_and_icons_are_light():
    assert zip_size((STATIC / "style.css").read_bytes()) < 8
    assert zip_size((STATIC / "icons.svg").read_bytes()) < 1
    fonts = {path.name: path.stat().st_size / KB for path in (STATIC / "fonts").glob("*.woff2")}
    plain = [size for name, size in fonts.items() if "-latin-4" in name or "-latin-w" in name]
    assert sum(plain) < 50
    assert sum(size for name, size in fonts.items() if "vietnamese" not in name) < 130


def test_fonts_come_with_their_licences():
    for face in ("source-sans-3", "source-serif-4"):
        assert "SIL OPEN FONT LICENSE" in (STATIC / "fonts" / f"LICENSE.{face}.txt").read_text()


def test_everything_a_page_names_is_served(client):
    pages = ["/", "/about", "/case/passed"]
    names = {link for page in pages for link in parse(client.get(page).text).links}
    names |= {
        f"/static/{name}"
        for name in re.findall(r"url\(([^)]+)\)", (STATIC / "style.css").read_text())
    }
    for name in sorted(names):
        if name.startswith("/") and name != "/verify":
            with client.get(name.partition("#")[0]) as answer:
                assert answer.status_code == 200, name
    icons = (STATIC / "icons.svg").read_text()
    used = {link.partition("#")[2] for link in names if "icons.svg" in link}
    assert used
    assert all(f'id="{name}"' in icons for name in used)


def test_templates_never_switch_escaping_off():
    for path in TEMPLATES.glob("*.html"):
        source = path.read_text()
        assert "|safe" not in source.replace(" ", "")
        assert "autoescape" not in source
        assert "Markup" not in source


def test_the_first_page_offers_the_five_examples_where_they_are(client):
    page = client.get("/").text
    for name in ("genuine", "tampered", "revoked", "suspended", "stranger"):
        assert f'href="/demo/{name}.json"' in page
        assert client.get(f"/demo/{name}.json").mimetype == "application/json"
        assert client.get(f"/demo/{name}").status_code == 200


@pytest.mark.parametrize("name", ["nothing", "..%2fgenuine", "large", "genuine.json.json"])
def test_no_other_file_is_handed_out(client, name):
    assert client.get(f"/demo/{name}").status_code == 404
    assert client.get(f"/demo/{name}.json").status_code == 404


def test_a_posted_file_is_answered_and_sets_no_cookie(client, app):
    data = client.get("/demo/tampered.json").data
    answer = client.post("/verify", data={"text": data.decode()})
    assert "Not genuine: this file does not match what was issued" in answer.text
    assert "Set-Cookie" not in answer.headers


def test_the_verdict_is_not_taken_from_an_address(client):
    page = client.get("/?valid=true&name=Somebody&verdict=passed").text
    assert "Somebody" not in page
    assert "Passed" not in page


def test_an_error_page_says_what_to_do_and_shows_no_block(client):
    answer = client.post("/verify", data={"text": "not json"})
    assert answer.status_code == 400
    assert "Not a credential. We need the .json file, not a picture." in answer.text
    assert 'class="block"' not in answer.text


def test_a_form_in_which_nothing_was_chosen_says_so(client):
    """A browser sends a file without a name, and empty fields."""
    data = {"file": (io.BytesIO(b""), ""), "text": "", "recipient": ""}
    answer = client.post("/verify", data=data, content_type="multipart/form-data")
    assert answer.status_code == 400
    assert "No file was chosen. Go back and choose the .json file." in answer.text
    assert "picture" not in answer.text


def test_what_can_be_checked_can_be_checked_again(client, app):
    """Percent signs would make a large credential three times as large, and too large."""
    with app.test_request_context():
        page = render_template("result.html", page=build_page(CASES["silent"](), NOTHING))
    forms = re.findall(r"<form[^>]*>", page)
    assert len(forms) == 2
    assert all('enctype="multipart/form-data"' in form for form in forms)
    text = '{"@context": [], "type": "VerifiableCredential", "x": "' + '\\"' * 500_000 + '"}'
    assert 1_000_000 < len(text) < 1 << 20
    boundary, body = encode_multipart({"text": text})
    kind = f'multipart/form-data; boundary="{boundary}"'
    assert client.post("/verify", data=body, content_type=kind).status_code == 200


def test_two_files_are_refused_as_a_page_has_one_verdict(client):
    """Else the second would look as if it had been checked."""
    good, bad = (client.get(f"/demo/{name}.json").data for name in ("genuine", "tampered"))
    for first, second in ((good, bad), (bad, good)):
        files = [(io.BytesIO(first), "a.json"), (io.BytesIO(second), "b.json")]
        answer = client.post("/verify", data={"file": files})
        assert answer.status_code == 400
        assert "This page checks one file at a time. Go back and choose one." in answer.text
        assert "send it again" not in answer.text
        assert 'class="block"' not in answer.text


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("evil.example", "https://THIS-SITE/api/v1/verify"),
        ("127.0.0.1.evil.example", "https://THIS-SITE/api/v1/verify"),
        ("localhost:8000@evil.example", "https://THIS-SITE/api/v1/verify"),
        ("127.0.0.1:8000", "http://127.0.0.1:8000/api/v1/verify"),
    ],
)
def test_the_example_for_programs_names_no_host_that_a_caller_made_up(client, host, shown):
    """WB-15."""
    page = client.get("/about", headers={"Host": host}).text
    assert shown in page
    assert "evil" not in page
