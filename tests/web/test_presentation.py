"""What the page of each case says, in the words of docs/design.md."""

from dataclasses import replace
from functools import cache

import pytest

from tests.web.cases import CASES, LEARNER, REGISTER, TITLE
from verifier.render.headline import Case, find_headline
from verifier.report import Verdict
from verifier.web.presentation.page import Again, ResultPage, build_page
from verifier.web.presentation.text import Voice, render_plain

AGAIN = Again('{"a": 1}', "Somebody Else", "")
TOLD = {
    "passed": (
        "Genuine and current",
        f"{LEARNER} was awarded {TITLE} by Example University on 28\u00a0February\u00a02026.",
        f"It came from the key that {REGISTER} lists for Example University (issuer.example).",
        "Still counts",
        "Yes, until 11\u00a0November\u00a02029. Not withdrawn and not on hold.",
        f"Make sure that the person you are dealing with is {LEARNER}. This check reads the file, "
        "not the person.",
    ),
    "tampered": (
        "Not genuine: this file does not match what was issued",
        "Do not rely on anything in it, not even the names.",
        "Nobody. The file names an institution, but that is not confirmed.",
        "How it happens",
        "Changed by a person or a program, or never issued. The check cannot tell which.",
        "Ask the person for the original. If that fails too, ask the institution, through contacts "
        "you find yourself.",
    ),
    "stranger": (
        "Not genuine: not issued by the institution it names",
        "The file names Example University. Another institution's key recorded it.",
        "Nobody: not the institution named. The key is listed for "
        "Northgate College (northgate.example).",
        "How it happens",
        "A mix-up, or a name misused. The check cannot tell which.",
        "Do not rely on it. Ask Example University, through contacts you find yourself.",
    ),
    "revoked": (
        "Withdrawn: this credential no longer counts",
        f"Example University issued it to {LEARNER}, and withdrew it on 1\u00a0March\u00a02026.",
        f"For the withdrawal: Example University (issuer.example), listed by {REGISTER}.",
        "Reason given",
        "Superseded by a newer one. The file itself is genuine.",
        "Ask for a newer one if there is one, or ask the institution.",
    ),
    "suspended": (
        "On hold: this credential does not count for now",
        f"Example University issued it to {LEARNER} and put it on hold on 1\u00a0March\u00a02026. "
        "It may come back.",
        f"For the hold: Example University (issuer.example), listed by {REGISTER}.",
        "Reason given",
        "Under investigation. The file itself is genuine.",
        "Check the same file later, or ask the institution.",
    ),
    "unsafe": (
        "Not accepted: this file breaks a safety rule",
        "It could show you something other than what was signed.",
        "Nobody.",
        "Rule",
        "Every member must have a meaning that is signed.",
        "Ask the institution for a new file.",
    ),
    "silent": (
        "Not confirmed: we could not reach the public record",
        "The trouble is our connection. It says nothing against the person or the file.",
        "Not known yet. The file names Example University.",
        "What passed",
        "The file is whole and fits its signature. Not looked up: whether it has been withdrawn.",
        "Try again in a few minutes. Until then treat it as not checked: neither good nor bad.",
    ),
}
TITLES = {
    "expired": "Expired: this credential ended on 11\u00a0November\u00a02029",
    "expired_while_silent": "Expired: this credential ended on 11\u00a0November\u00a02029",
    "too_early": "Not valid yet: it starts on 1\u00a0December\u00a02026",
    "other_person": "Not a match: it names someone else than you asked about",
    "retired": "Not accepted: issuing key",
    "disagreement": "Not confirmed: our sources of the public record disagree",
    "other_network": "Not confirmed: recorded where this checker does not look",
    "not_final": "Not confirmed yet: recorded 11 minutes ago",
    "foreign": "Not confirmed: a kind of credential we do not know",
    "uncertain": "Not confirmed: register",
    "past_moment": "Genuine, and current on 1\u00a0March\u00a02026",
}


@cache
def show(name: str) -> ResultPage:
    return build_page(CASES[name](), AGAIN)


def rows_of(page: ResultPage) -> dict[str, str]:
    return {row.label: render_plain(row.words) for row in page.band.rows}


@pytest.mark.parametrize("name", TOLD)
def test_a_case_is_told_in_the_words_of_the_design(name):
    page = show(name)
    title, sentence, vouches, label, state, advice = TOLD[name]
    assert page.band.title == title
    assert render_plain(page.band.sentence) == sentence
    assert rows_of(page) == {"Who vouches": vouches, label: state, "What to do next": advice}


@pytest.mark.parametrize("name", TITLES)
def test_the_other_cases_have_their_headlines(name):
    assert show(name).band.title == TITLES[name]


def test_every_case_of_a_report_is_shown_by_some_test():
    assert {find_headline(make()).case for make in CASES.values()} == set(Case)


@pytest.mark.parametrize("name", CASES)
def test_the_block_agrees_with_the_verdict_and_every_row_says_something(name):
    report, page = CASES[name](), show(name)
    blocks = {"passed": "Passed", "failed": "Did not pass", "unknown": "Not confirmed"}
    assert page.band.block == blocks[report.verdict]
    labels = [row.label for row in page.band.rows]
    assert (labels[0], labels[2]) == ("Who vouches", "What to do next")
    assert set(labels[3:]) <= {"Also note"}
    assert all(render_plain(row.words).strip() for row in page.band.rows)
    assert "None" not in render_plain(page.band.sentence)


@pytest.mark.parametrize(
    "name", ["tampered", "stranger", "stranger_signature", "unsafe", "foreign"]
)
def test_what_was_not_issued_is_laid_out_as_no_certificate(name):
    assert show(name).certificate is None


@pytest.mark.parametrize(
    ("name", "style"),
    [("passed", "whole"), ("revoked", "marked"), ("expired", "marked"), ("silent", "doubtful")],
)
def test_the_frame_tells_what_a_certificate_is_worth(name, style):
    certificate = show(name).certificate
    assert certificate.style == style
    assert bool(certificate.seal) == (style == "whole")
    assert bool(certificate.strip) == (style != "whole")


@pytest.mark.parametrize(
    "name", ["silent", "disagreement", "other_network", "expired_while_silent"]
)
def test_while_the_record_is_silent_nothing_is_said_to_be_on_it(name):
    page = show(name)
    assert page.drawing is None
    assert page.timeline == ()
    assert "not withdrawn" not in " ".join(rows_of(page).values()).lower()
    assert "Batch root" not in [line.label for line in page.record]


def test_while_the_record_is_silent_no_check_says_what_it_did_not_see():
    """An entry that nobody could look up is not "settling"."""
    told = {line.id: render_plain(line.sentence) for line in lines_of(show("silent"))}
    silent = "Could not be looked up: the public record did not answer."
    for check in ("contract", "anchor", "finality", "issuer", "revocation", "suspension"):
        assert told[check].startswith(silent), check
    settling = {line.id: render_plain(line.sentence) for line in lines_of(show("not_final"))}
    assert settling["finality"].startswith("Still settling since ")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("revoked", "One check did not pass. The credential is genuine, but no longer counts."),
        (
            "suspended",
            "One check did not pass. The credential is genuine, but does not count for now.",
        ),
        ("expired", "One check did not pass. The credential is genuine, but it has ended."),
        ("tampered", "Two checks did not pass. Those that depend on them were not made."),
        ("stranger", "One check did not pass. Those that depend on it were not made."),
    ],
)
def test_what_is_genuine_but_does_not_count_is_told_from_what_is_not(name, said):
    assert show(name).checks.summary == said
    assert ("genuine" in said) == (show(name).certificate is not None)


def lines_of(page: ResultPage):
    return [line for group in page.checks.groups for line in group.lines]


def test_a_silent_record_offers_to_check_the_same_file_again():
    page = show("silent")
    assert page.again == AGAIN
    assert [row.label for row in page.band.rows if row.again] == ["What to do next"]
    assert show("passed").again is None


def test_a_right_to_award_that_is_missing_is_noted_and_changes_no_verdict():
    page = show("unaccredited")
    assert page.band.title == "Genuine and current"
    noted = rows_of(page)["Also note"]
    assert noted == f"Right to award. {REGISTER} had not allowed it then. Ask {REGISTER}."


def test_an_authority_without_a_name_leaves_no_blank():
    page = show("nameless")
    vouches = (
        "It came from the key that the register lists for Example University (issuer.example)."
    )
    assert rows_of(page)["Who vouches"] == vouches
    (right,) = (line for line in lines_of(page) if line.id == "accreditation")
    told = "The register's authority allowed it to award this, at that time."
    assert render_plain(right.sentence) == told
    assert "The register" in [render_plain(backer.name) for backer in page.backers]
    (entry,) = (each for each in page.certificate.entries if each.label == "Right to award")
    assert render_plain(entry.items[0].words).startswith("The register has allowed Example")


def test_names_are_in_the_voice_of_who_says_them():
    pieces = {
        piece.text: piece.voice
        for words in (show("passed").band.sentence, show("silent").band.rows[0].words)
        for piece in words
    }
    assert pieces[LEARNER] is Voice.FILE
    voices = {
        piece.voice for piece in show("silent").band.rows[0].words if "University" in piece.text
    }
    assert voices == {Voice.FILE}
    registered = [p for p in show("passed").band.sentence if p.text == "Example University"]
    assert [piece.voice for piece in registered] == [Voice.REGISTER]


def test_dates_of_a_credential_are_those_it_was_signed_with():
    def end_abroad(document: dict) -> None:
        document["validUntil"] = "2029-11-11T23:59:59-05:00"

    report = CASES["passed"]()
    changed = replace(report, credential=dict(report.credential))
    end_abroad(changed.credential)
    page = build_page(changed, AGAIN)
    assert "until 11\u00a0November\u00a02029" in rows_of(page)["Still counts"]


def test_only_the_cause_is_open():
    for name in CASES:
        open_ = [line.id for group in show(name).checks.groups for line in group.lines if line.open]
        passed = CASES[name]().verdict is Verdict.PASSED
        assert len(open_) == (0 if passed else 1), name


def test_every_check_is_shown_once_in_the_order_of_the_report():
    report, page = CASES["passed"](), show("passed")
    shown = [line.id for group in page.checks.groups for line in group.lines]
    assert shown == [outcome.id for outcome in report.checks]


@pytest.mark.parametrize("name", CASES)
def test_practice_is_said_of_test_networks_alone(name):
    assert show(name).practice is (name == "practice")


def test_the_time_line_is_in_order_and_thick_while_the_key_was_live():
    points = show("revoked").timeline
    assert [render_plain(point.words).split(",")[0] for point in points] == [
        "Issuing key registered to Example University",
        "Credential recorded",
        "Withdrawn by Example University",
        "This check",
    ]
    assert [point.live for point in points] == [True, True, True, False]
    assert render_plain(show("passed").timeline[-1].words) == "Credential stops counting"


def test_the_steps_of_a_path_are_one_step_away():
    """An employer who opens a check sees what decided it, not a column of hashes."""
    (path,) = (line for line in lines_of(show("tampered")) if line.id == "path")
    assert {line.label for line in path.facts if line.folded} == {"Step, left"}
    assert "Leads to" in [line.label for line in path.facts if not line.folded]
