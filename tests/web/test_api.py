"""POST /api/v1/verify: what goes in, what comes out, and that a refusal is a problem document."""

import io
import json

import pytest
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import EnvironBuilder, encode_multipart, run_wsgi_app

from verifier.checks import CHECKS
from verifier.verify import Question, verify
from verifier.web.service import Service

VERIFY = "/api/v1/verify"
REPORT_MEMBERS = ["verdict", "credential", "checks", "block", "policy", "checkedAt"]


def post_json(client, data: bytes, **named):
    return client.post(VERIFY, data=data, content_type="application/json", **named)


def post_files(client, *files: tuple[str, bytes], **fields: str):
    parts = [FileStorage(io.BytesIO(data), name) for name, data in files]
    boundary, body = encode_multipart(MultiDict([*fields.items(), *(("file", p) for p in parts)]))
    kind = f'multipart/form-data; boundary="{boundary}"'
    return client.post(VERIFY, data=body, content_type=kind)


def expect_problem(answer, status: int, name: str) -> dict:
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    body = answer.get_json()
    assert body["type"] == f"urn:rootseal:problem:{name}"
    assert body["status"] == status
    assert body["requestId"] == answer.headers["X-Request-ID"]
    return body


@pytest.mark.parametrize(
    ("name", "verdict", "failed"),
    [
        ("genuine", "passed", set()),
        ("tampered", "failed", {"signature", "path"}),
        ("revoked", "failed", {"revocation"}),
        ("suspended", "failed", {"suspension"}),
        ("stranger", "failed", {"signature", "anchoring_key"}),
    ],
)
def test_each_demo_file_has_its_verdict(client, demo, name, verdict, failed):
    report = post_json(client, demo.read(name)).get_json()
    assert list(report) == REPORT_MEMBERS
    assert report["verdict"] == verdict
    assert {each["id"] for each in report["checks"] if each["verdict"] == "failed"} == failed
    assert [each["id"] for each in report["checks"]] == [check.id for check in CHECKS]


def test_the_api_says_what_the_procedure_says(site, client, demo):
    """Nothing is added, left out or reworded on the way through the web."""
    service: Service = site.extensions["rootseal"]
    outcomes = verify(Question(demo.read("revoked")), service.surroundings).checks
    shown = post_json(client, demo.read("revoked")).get_json()["checks"]
    assert [(each["id"], each["verdict"], each["reason"]) for each in shown] == [
        (each.id, str(each.verdict), each.reason) for each in outcomes
    ]


def test_a_file_in_a_form_is_judged_as_its_bytes_are(client, demo):
    alone = post_files(client, ("genuine.json", demo.read("genuine"))).get_json()
    body = post_json(client, demo.read("genuine")).get_json()
    for report in (alone, body):
        validity = next(each for each in report["checks"] if each["id"] == "validity")
        # Between the two a second may have begun.
        del report["checkedAt"], validity["facts"]["judged_at"]
    assert alone == body


def test_a_pasted_credential_is_judged(client, demo):
    answer = client.post(VERIFY, data={"text": demo.read("genuine").decode()})
    assert answer.get_json()["verdict"] == "passed"


def test_several_files_are_answered_in_their_order_each_with_its_source(client, demo):
    answer = post_files(
        client,
        ("b.json", demo.read("revoked")),
        ("note.txt", b"no credential"),
        ("a.json", demo.read("genuine")),
    )
    assert answer.status_code == 200
    first, second, third = answer.get_json()["reports"]
    assert (first["source"], first["verdict"]) == ("b.json", "failed")
    assert second.keys() == {"source", "error"}
    assert second["source"] == "note.txt"
    assert (third["source"], third["verdict"]) == ("a.json", "passed")


def test_one_oversized_file_of_several_spoils_no_other(client, demo):
    large = b'{"a":"' + b"a" * (1 << 20) + b'"}'
    answer = post_files(client, ("large.json", large), ("good.json", demo.read("genuine")))
    first, second = answer.get_json()["reports"]
    assert "larger" in first["error"]
    assert second["verdict"] == "passed"


def test_a_recognisable_credential_that_the_guard_refuses_has_a_report(client, demo):
    document = json.loads(demo.read("genuine"))
    document["favouriteColour"] = "red"
    answer = post_json(client, json.dumps(document).encode())
    assert answer.status_code == 200
    report = answer.get_json()
    assert report["verdict"] == "failed"
    assert report["credential"] is None
    assert report["checks"][0]["verdict"] == "failed"


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[]", b"null", b'{"a":1}', b"\xff\xfe", b'{"a":1,"a":2}', b"\x89PNG\r\n\x1a\n"],
)
def test_what_is_no_credential_is_a_problem_not_a_verdict(client, data):
    expect_problem(post_json(client, data), 400, "not-a-credential")


def test_a_body_that_curl_calls_a_form_is_told_its_content_type(client, demo):
    kind = "application/x-www-form-urlencoded"
    answer = client.post(VERIFY, data=demo.read("genuine"), content_type=kind)
    detail = expect_problem(answer, 400, "bad-request")["detail"]
    assert "the header Content-Type: application/json" in detail
    asked = post_files(client, ("a.json", demo.read("genuine")), recipent="Aroha")
    assert "Content-Type" not in expect_problem(asked, 400, "bad-request")["detail"]


def test_a_form_without_a_file_is_a_problem(client):
    problem = expect_problem(client.post(VERIFY, data={"recipient": "x"}), 400, "not-a-credential")
    assert "no file" in problem["detail"]


def test_a_body_of_a_mebibyte_is_read_and_one_byte_more_is_not(client):
    limit = 1 << 20
    padded = b'{"@context":[],"type":"VerifiableCredential"' + b" " * limit
    expect_problem(post_json(client, padded[: limit - 1] + b"} "), 413, "too-large")
    assert post_json(client, padded[: limit - 1] + b"}").status_code == 200


def test_a_request_above_its_whole_limit_is_refused_before_it_is_read(client):
    expect_problem(post_json(client, b" " * (5 << 20)), 413, "too-large")


def test_thirty_files_are_taken_and_one_more_is_not(client):
    files = [(f"{number}.json", b"{}") for number in range(31)]
    assert len(post_files(client, *files[:30]).get_json()["reports"]) == 30
    expect_problem(post_files(client, *files), 413, "too-large")


def test_a_form_of_too_many_parts_is_refused(client):
    fields = {f"field{number}": "x" for number in range(60)}
    answer = client.post(VERIFY, data=fields, content_type="multipart/form-data")
    expect_problem(answer, 413, "too-large")


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "image/png", "", "nonsense"])
def test_other_media_types_are_refused_by_name(client, demo, kind):
    answer = client.post(VERIFY, data=demo.read("genuine"), content_type=kind)
    expect_problem(answer, 415, "media-type")


def test_a_compressed_body_is_refused_not_inflated(client, demo):
    answer = post_json(client, demo.read("genuine"), headers={"Content-Encoding": "gzip"})
    expect_problem(answer, 415, "media-type")


@pytest.mark.parametrize("method", ["get", "put", "delete", "patch"])
def test_other_methods_are_problems_that_name_the_right_one(client, method):
    answer = getattr(client, method)(VERIFY)
    expect_problem(answer, 405, "method-not-allowed")
    assert "POST" in answer.headers["Allow"]


@pytest.mark.parametrize("path", ["/api/", "/api/v1/verif", "/api/v2/verify", "/api/v1/verify/"])
def test_unknown_addresses_of_the_api_are_problems(client, path):
    expect_problem(client.get(path), 404, "not-found")


def test_a_misspelt_field_is_refused_rather_than_passed_over(client, demo):
    answer = post_files(client, ("a.json", demo.read("genuine")), recipent="Aroha")
    assert "recipient" in expect_problem(answer, 400, "bad-request")["detail"]


@pytest.mark.parametrize("name", ["recipient", "at", "text"])
def test_a_field_given_twice_is_refused_rather_than_half_read(client, name):
    answer = client.post(VERIFY, data={"text": "{}", name: ["{}", "Somebody Else"]})
    expect_problem(answer, 400, "bad-request")


def test_a_file_and_a_text_together_are_refused_rather_than_one_passed_over(client, demo):
    answer = post_files(client, ("a.json", demo.read("genuine")), text="{}")
    expect_problem(answer, 400, "bad-request")


@pytest.mark.parametrize("name", ["recipient", "at", "text"])
@pytest.mark.parametrize("path", [VERIFY, "/verify"])
def test_a_question_sent_as_a_file_is_refused_rather_than_not_asked(client, demo, name, path):
    """`curl -F recipient=@name.txt`: else the answer would be the one to another question."""
    genuine = demo.read("genuine")
    files = {"file": (io.BytesIO(genuine), "a.json"), name: (io.BytesIO(b"Somebody Else"), "b.txt")}
    assert client.post(path, data=files).status_code == 400


@pytest.mark.parametrize("path", [VERIFY, "/verify"])
def test_a_file_sent_as_a_text_is_refused_rather_than_passed_over(client, demo, path):
    fields = {"file": "{}", "text": demo.read("genuine").decode()}
    answer = client.post(path, data=fields, content_type="multipart/form-data")
    assert answer.status_code == 400


def test_query_parameters_are_refused(client, demo):
    """WB-19: a name in an address would stand in logs on the way."""
    answer = client.post(f"{VERIFY}?recipient=Aroha", data=demo.read("genuine"))
    expect_problem(answer, 400, "bad-request")


def test_a_named_recipient_is_compared(client, demo):
    genuine = demo.read("genuine")
    identifiers = json.loads(genuine)["credentialSubject"]["identifier"]
    name = next(each["identityHash"] for each in identifiers if each["identityType"] == "name")
    for recipient, verdict in ((name, "passed"), ("Somebody Else", "failed")):
        report = post_files(client, ("a.json", genuine), recipient=recipient).get_json()
        assert report["verdict"] == verdict
        assert report["checks"][-1]["required"] is True


def test_a_moment_is_judged_when_it_is_named(client, demo):
    files = ("a.json", demo.read("genuine"))
    report = post_files(client, files, at="2020-01-01T00:00:00Z").get_json()
    assert report["verdict"] != "passed"
    for moment in ("yesterday", "2026-13-01T00:00:00Z", "2026-01-01", "2999-01-01T00:00:00Z"):
        expect_problem(post_files(client, files, at=moment), 400, "bad-request")


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\\\fakepath\\\\a.json", "a.json"),
        ("a\u202ejson.exe", "ajson.exe"),
        ("\u202e\u2066", "file 1"),
        ("k" * 10_000, "k" * 120),
    ],
)
def test_a_file_name_is_a_label_never_a_path(client, demo, name, source):
    """UP-12."""
    answer = post_files(client, (name, b"{}"), ("other.json", b"{}"))
    assert answer.get_json()["reports"][0]["source"] == source


def test_no_disk_is_needed_for_a_large_upload(client, demo, monkeypatch):
    """UP-13: files stay in memory, so a full disk refuses nobody."""

    def fill(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("werkzeug.formparser.SpooledTemporaryFile", fill)
    padded = demo.read("genuine") + b" " * 900_000
    assert post_files(client, ("a.json", padded)).get_json()["verdict"] == "passed"


def test_a_mistake_of_ours_is_a_problem_that_gives_nothing_away(site, demo, monkeypatch):
    def fail(*_: object) -> None:
        raise RuntimeError("Aroha Ngata at https://node.example/?key=secret")

    monkeypatch.setattr("verifier.web.uploads.verify", fail)
    site.config["PROPAGATE_EXCEPTIONS"] = False
    answer = post_json(site.test_client(), demo.read("genuine"))
    expect_problem(answer, 500, "our-mistake")
    assert b"Aroha" not in answer.data
    assert b"secret" not in answer.data


class Connection:
    """A body on a connection that stays open, as servers other than gunicorn hand it over."""

    def __init__(self, body: bytes) -> None:
        self.left = body

    def read(self, size: int = -1) -> bytes:
        if not self.left:
            pytest.fail("something was read that never comes")
        size = len(self.left) if size < 0 else min(size, len(self.left))
        data, self.left = self.left[:size], self.left[size:]
        return data


FORM = "multipart/form-data; boundary=b"
PART = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n'


@pytest.mark.parametrize(
    ("path", "kind", "body", "status"),
    [
        (VERIFY, "text/plain", b"x" * 100_000, 415),
        ("/api/nowhere", "application/json", b"x" * 100_000, 404),
        ("/healthz", "application/json", b"x" * 100_000, 405),
        (VERIFY, "application/json", b"x" * 100_000, 400),
        (VERIFY, "application/json", b"x" * 1_500_000, 413),
        (VERIFY, "application/json", b"x" * 6_000_000, 413),
        (VERIFY, FORM, PART + b"--b--\r\n" + b"x" * 200_000, 400),
        (VERIFY, FORM, PART * 45 + b"x" * 200_000, 413),
    ],
)
def test_no_more_of_an_unwanted_body_is_read_than_was_sent(site, path, kind, body, status):
    """On a server that does not end bodies itself, reading on would wait for ever."""
    connection = Connection(body)
    environ = EnvironBuilder(path=path, method="POST").get_environ()
    environ |= {"wsgi.input": connection, "CONTENT_TYPE": kind, "CONTENT_LENGTH": str(len(body))}
    _, answered, _ = run_wsgi_app(site, environ)
    assert answered.startswith(str(status))
    assert connection.left == b""
