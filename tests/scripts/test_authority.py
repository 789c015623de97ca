"""`rootseal authority` on the embedded chain: standing and accreditation, and what checkers see."""

import pytest

from tests.scripts.samples import ACHIEVEMENT, ISSUE
from tests.scripts.verdicts import find_checks, list_verdicts


def test_a_suspended_institution_anchors_nothing_and_what_it_issued_stands(desk):
    files = desk.list_files("spring")
    desk.run("authority", "suspend", "example.org", "--reason", "investigation").expect()
    refused = desk.run(*ISSUE, "--out", "second", "--new-batch").expect(5)
    assert "suspended" in refused.err.lower()
    assert list_verdicts(desk, files) == ["passed"] * 5
    assert "suspended" in str(find_checks(desk, files[0])["issuer"]).lower()
    desk.run("authority", "suspend", "example.org", "--lift").expect()
    desk.run(*ISSUE, "--out", "second", "--new-batch").expect()
    assert len(desk.list_anchored()) == 2


def test_suspending_twice_sends_nothing_the_second_time(desk):
    first = desk.run("authority", "suspend", "did:web:example.org", "--json").expect().json
    second = desk.run("authority", "suspend", "example.org", "--json").expect().json
    assert first["transaction"]
    assert second == {"issuer_id": first["issuer_id"], "transaction": None}


def test_closing_asks_and_is_final(desk):
    files = desk.list_files("spring")
    unasked = desk.run("authority", "suspend", "example.org", "--close")
    assert unasked.code in (64, 130)
    desk.run("authority", "suspend", "example.org", "--close", "--yes").expect()
    desk.run("authority", "suspend", "example.org", "--lift").expect(5)
    desk.run(*ISSUE, "--out", "second", "--new-batch").expect(5)
    assert list_verdicts(desk, files[:1]) == ["passed"]


def test_an_accreditation_is_reported_and_a_policy_may_demand_it(desk):
    (file, *_) = desk.list_files("spring")
    desk.write("strict.toml", '[checks]\naccreditation = "required"\n')
    strict = ("--policy", "strict.toml")
    before = find_checks(desk, file)["accreditation"]
    assert before["required"] is False
    assert before["verdict"] != "passed"
    assert list_verdicts(desk, [file]) == ["passed"]
    assert list_verdicts(desk, [file], *strict) != ["passed"]
    desk.run("authority", "accredit", "example.org", "achievement.json").expect()
    desk.run(*ISSUE, "--out", "second", "--new-batch").expect()
    (accredited, *_) = desk.list_files("second")
    assert find_checks(desk, accredited)["accreditation"]["verdict"] == "passed"
    assert list_verdicts(desk, [accredited], *strict) == ["passed"]
    desk.run("authority", "withdraw", "example.org", ACHIEVEMENT["id"]).expect()
    assert list_verdicts(desk, [accredited], *strict) == ["passed"], "what was awarded keeps it"
    desk.run(*ISSUE, "--out", "third", "--new-batch").expect()
    (late, *_) = desk.list_files("third")
    assert find_checks(desk, late)["accreditation"]["verdict"] == "failed"
    assert list_verdicts(desk, [late, accredited], *strict) == ["failed", "passed"]


def test_accrediting_twice_sends_nothing_the_second_time(desk):
    accredit = ("authority", "accredit", "example.org", "achievement.json", "--json")
    assert desk.run(*accredit).expect().json["transaction"]
    assert desk.run(*accredit).expect().json["transaction"] is None


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("suspend", "nobody.example"), 5),
        (("suspend", "not a domain"), 64),
        (("accredit", "example.org", "nothing.json"), 64),
        (("accredit", "example.org", "achievement.json", "--until", "tomorrow"), 64),
        (("accredit", "example.org", "achievement.json", "--until", "2020-01-01T00:00:00Z"), 5),
        (("withdraw", "example.org", "https://example.org/never"), 5),
        (("register", "people.csv"), 65),
        (("suspend", "example.org", "--key", "0x12"), 64),
        (("suspend", "example.org", "--reason", "whim"), 64),
    ],
)
def test_what_cannot_be_done_is_refused_in_a_sentence(desk, arguments, code):
    answer = desk.run("authority", *arguments)
    assert answer.code == code, answer
    assert answer.err
    assert not answer.out
