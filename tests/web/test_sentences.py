"""A sentence for every check and verdict (acceptance check 8 of the design)."""

import re

import pytest

from tests.web.cases import CASES
from verifier.checks import CHECKS
from verifier.report import Outcome, Verdict
from verifier.web.presentation.checks import ICONS, build_checks
from verifier.web.presentation.sentences import QUESTIONS, WORDS, find_topic, tell
from verifier.web.presentation.text import Voice, render_plain


def iterate_outcomes():
    for name, make in CASES.items():
        for outcome in make().checks:
            yield name, outcome


def test_every_check_has_a_topic_and_stands_in_one_group():
    grouped = [check for question in QUESTIONS for check in question.topics]
    assert grouped == [check.id for check in CHECKS]


def test_topics_are_those_by_which_skipped_checks_name_their_cause():
    assert [find_topic(check.id).lower() for check in CHECKS] == [check.topic for check in CHECKS]


def test_every_verdict_has_a_word_and_a_shape_of_its_own():
    assert len(set(WORDS.values())) == len(set(ICONS.values())) == len(Verdict)


def test_sentences_end_and_hold_no_stamps_for_machines():
    for name, outcome in iterate_outcomes():
        text = render_plain(tell(outcome))
        assert text.endswith("."), (name, text)
        assert not re.search(r"\d{4}-\d\d-\d\dT", text), (name, text)


def test_sentences_are_easy_to_read():
    """Flesch-Kincaid by groups of vowels, over all sentences; names of institutions left out."""
    told = {render_plain(tell(outcome)) for _, outcome in iterate_outcomes()}
    text = " ".join(sorted(told)).replace("Aotearoa Qualifications Register", "The board")
    sentences = len(re.findall(r"[.:?](?:\s|$)", text))
    words = re.findall(r"[A-Za-z']+", text)
    syllables = sum(max(1, len(re.findall(r"[aeiouy]+", word.lower()))) for word in words)
    grade = 0.39 * len(words) / sentences + 11.8 * syllables / len(words) - 15.59
    assert grade + 5 <= 12


def test_a_check_that_is_not_known_yet_is_still_shown():
    report = CASES["passed"]()
    new = Outcome("new_check", 17, required=False, verdict=Verdict.PASSED, reason="It is new.")
    grown = type(report)(
        report.credential, (*report.checks, new), report.block, report.policy, report.checked_at
    )
    last = build_checks(grown).groups[-1].lines[-1]
    assert (last.id, last.topic) == ("new_check", "New check")


def test_the_name_of_a_missing_part_is_in_the_voice_of_the_file():
    problems = [{"member": "credentialSubject.\u202eevil", "reason": "missing"}]
    outcome = Outcome("schema", 3, True, Verdict.FAILED, "x", {"problems": problems})
    first, rest = tell(outcome)
    assert first.voice is Voice.FILE
    assert first.text == "credentialSubject.evil"
    assert rest.text == " is missing or wrong. Ask the institution."


@pytest.mark.parametrize("name", ["revoked", "suspended"])
def test_who_did_it_and_when_is_in_the_sentence(name):
    text = render_plain(tell(CASES[name]().find({"revoked": "revocation"}.get(name, "suspension"))))
    assert text.startswith("Example University (issuer.example) ")
    assert "on 1\u00a0March\u00a02026" in text
