"""What is written down about a request, and what never is."""

import io
import json
import logging
import re

import pytest

from verifier.checks import CHECKS
from verifier.web.logs import JsonFormatter

CANARY = "Canary-5f1d"
OUR_WORDS = {check.id for check in CHECKS}
"""A credential's statusPurpose is also the name of a check."""


@pytest.fixture
def lines():
    """Everything that is logged, by whomever, as the server writes it."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    root, ours = logging.getLogger(), logging.getLogger("verifier.web")
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    ours.setLevel(logging.DEBUG)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.removeHandler(handler)
    root.setLevel(level)
    ours.setLevel(logging.NOTSET)


def post(client, data, **fields):
    return client.post(
        "/api/v1/verify", data={"file": (io.BytesIO(data), f"{CANARY}.json"), **fields}
    )


def test_a_verification_is_one_line_and_its_request_another(client, demo, lines):
    answer = post(client, demo.read("genuine"))
    verification, request = lines()
    assert verification["event"] == "verification"
    assert verification["verdict"] == "passed"
    assert re.fullmatch(r"[0-9a-f]{8}", verification["leaf"])
    assert request["event"] == "request"
    assert request["route"] == "/api/v1/verify"
    assert request["status"] == 200
    ids = {verification["request_id"], request["request_id"], answer.headers["X-Request-ID"]}
    assert len(ids) == 1
    for line in (verification, request):
        assert line["duration_ms"] >= 0
        assert line["time"].endswith("+00:00")


def list_personal_words(document: object):
    """Every text of a credential that could name or describe somebody."""
    if isinstance(document, str) and len(document) > 6:
        yield document
    elif isinstance(document, dict):
        for value in document.values():
            yield from list_personal_words(value)
    elif isinstance(document, list):
        for value in document:
            yield from list_personal_words(value)


@pytest.mark.parametrize("name", ["genuine", "tampered", "revoked", "stranger"])
def test_no_word_of_a_credential_is_ever_logged(client, demo, lines, name):
    """KO-02, WB-19: neither its texts, its file's name, what was asked about, nor who asked."""
    post(client, demo.read(name), recipient=f"recipient-{CANARY}")
    written = json.dumps(lines())
    assert CANARY not in written
    assert "127.0.0.1" not in written
    for word in list_personal_words(json.loads(demo.read(name))):
        assert word in OUR_WORDS or word not in written, word


def test_what_was_typed_into_an_address_is_not_logged(client, lines):
    client.get(f"/{CANARY}?name={CANARY}", headers={"User-Agent": CANARY, "Referer": CANARY})
    assert CANARY not in json.dumps(lines())
    assert lines()[0]["route"] is None


def test_a_bug_is_logged_by_kind_and_place_without_its_words(site, demo, lines, monkeypatch):
    """WB-18: an exception's words may be a name or an endpoint with its token."""

    def fail(*_: object) -> None:
        raise RuntimeError(f"{CANARY} https://node.example/v3/{CANARY}")

    monkeypatch.setattr("verifier.web.uploads.verify", fail)
    site.config["PROPAGATE_EXCEPTIONS"] = False
    answer = post(site.test_client(), demo.read("genuine"))
    bug = next(line for line in lines() if line["event"] == "bug")
    assert bug["kind"] == "RuntimeError"
    assert re.match(r"test_logs\.py:\d+ < uploads\.py:\d+", bug["place"])
    assert bug["request_id"] == answer.headers["X-Request-ID"]
    assert CANARY not in json.dumps(lines())


def test_a_line_break_in_a_header_forges_no_line(demo, lines):
    """WB-20."""
    client = demo.build_app(proxies=1).test_client()
    forged = 'abcdefgh\\n{"event":"verification","verdict":"passed"}'
    client.get("/healthz", headers={"X-Request-ID": forged, "X-Forwarded-For": "192.0.2.1"})
    assert [line["event"] for line in lines()] == ["request"]
    assert lines()[0]["request_id"] not in forged


@pytest.mark.parametrize(("proxies", "kept"), [(0, False), (1, True)])
def test_a_request_id_is_taken_from_a_configured_proxy_alone(demo, proxies, kept):
    client = demo.build_app(proxies=proxies).test_client()
    given = "0123456789abcdef"
    answer = client.get("/healthz", headers={"X-Request-ID": given, "X-Forwarded-For": "192.0.2.1"})
    assert (answer.headers["X-Request-ID"] == given) is kept


def test_messages_of_the_server_itself_are_lines_too():
    record = logging.LogRecord("gunicorn.error", logging.INFO, "", 1, "Booting %s", ("x",), None)
    line = json.loads(JsonFormatter().format(record))
    assert (line["event"], line["message"]) == ("server", "Booting x")


def test_the_canary_could_have_been_seen(client, demo, lines):
    """The fixture hears what is logged anywhere."""
    logging.getLogger("somebody.else").warning("%s", CANARY)
    assert CANARY in json.dumps(lines())
