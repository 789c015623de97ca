"""Which check is skipped after which, and what a report comes to: exactly DESIGN's tables.

The checks themselves are replaced here by ones that say what they are told to; the runner is ours.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verifier import checks
from verifier.checks.finding import Finding
from verifier.evidence import Evidence, Foreign
from verifier.policy import DEFAULT_POLICY, Demand, Policy
from verifier.report import Outcome, Report, Verdict

NOW = datetime(2026, 3, 1, tzinfo=UTC)
CHECKS = checks.CHECKS
IDS = tuple(check.id for check in CHECKS)
PROCEDURE = (
    *((1, "format"), (2, "contexts"), (3, "schema"), (4, "signature"), (5, "path")),
    *((6, "network"), (7, "contract"), (8, "anchor"), (9, "finality"), (10, "anchoring_key")),
    *((11, "issuer"), (12, "accreditation"), (13, "revocation"), (13, "suspension")),
    *((14, "validity"), (15, "evidence"), (15, "endorsements"), (16, "recipient")),
)
SKIPPED_AFTER = {"path": (8, 14), "contract": (8, 13), "anchor": (9, 13)}
SKIPPED_AFTER |= {"anchoring_key": (12, 13), "issuer": (12, 13)}
REQUIRED = {
    *("format", "contexts", "schema", "path", "network", "contract", "anchor", "finality"),
    *("anchoring_key", "issuer", "revocation", "suspension", "validity"),
}
OPTIONAL = {"accreditation", "evidence", "endorsements"}
FOUND = st.dictionaries(
    st.sampled_from(IDS), st.sampled_from([each for each in Verdict if each != "skipped"])
)


def run(
    found: Mapping[str, Verdict], policy: Policy = DEFAULT_POLICY, recipient: str | None = None
) -> Report:
    """Return the report where these checks find this, and all others pass."""

    def say(verdict: Verdict):
        return lambda evidence: Finding(verdict, "A sentence.")

    told = tuple(
        replace(check, function=say(found.get(check.id, Verdict.PASSED))) for check in CHECKS
    )
    evidence = Evidence(Foreign(()), policy, NOW, None, recipient)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checks, "CHECKS", told)
        outcomes = checks.run_checks(evidence)
    return Report(None, outcomes, None, policy.name, NOW)


def list_after(first: int, last: int) -> set[str]:
    return {check.id for check in CHECKS if first <= check.step <= last}


def list_skipped(report: Report) -> set[str]:
    return {each.id for each in report.checks if each.verdict is Verdict.SKIPPED}


def expect_skipped(found: Mapping[str, Verdict]) -> set[str]:
    """Say DESIGN 8 again, in other words than the code does."""
    not_passed = [id_ for id_ in ("format", "contexts") if found.get(id_, "passed") != "passed"]
    if not_passed:
        return set(IDS[IDS.index(not_passed[0]) + 1 :])
    skipped: set[str] = set()
    for id_, (first, last) in SKIPPED_AFTER.items():
        if id_ not in skipped and found.get(id_) is Verdict.FAILED:
            skipped |= list_after(first, last)
    return skipped


def test_the_procedure_is_the_one_that_was_agreed() -> None:
    assert tuple((check.step, check.id) for check in CHECKS) == PROCEDURE


@pytest.mark.parametrize("verdict", [Verdict.FAILED, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE])
@pytest.mark.parametrize("form", ["format", "contexts"])
def test_unless_the_form_passed_everything_after_it_is_skipped(form: str, verdict: Verdict) -> None:
    report = run({form: verdict})
    assert list_skipped(report) == set(IDS[IDS.index(form) + 1 :])
    assert all(each.facts == {"because": form} for each in report.checks if each.facts)


@pytest.mark.parametrize("id_", IDS[2:])
def test_a_failure_skips_what_the_table_says_and_nothing_else(id_: str) -> None:
    expected = list_after(*SKIPPED_AFTER[id_]) if id_ in SKIPPED_AFTER else set()
    assert list_skipped(run({id_: Verdict.FAILED})) == expected


@pytest.mark.parametrize("check", [4, 6, 7])
def test_signature_network_and_register_are_looked_at_although_the_path_failed(check: int) -> None:
    report = run({"path": Verdict.FAILED})
    assert [each.verdict for each in report.checks if each.step == check] == [Verdict.PASSED]


@pytest.mark.parametrize("verdict", [Verdict.UNKNOWN, Verdict.NOT_APPLICABLE])
@pytest.mark.parametrize("id_", IDS[2:])
def test_a_missing_answer_skips_nothing(id_: str, verdict: Verdict) -> None:
    assert not list_skipped(run({id_: verdict}))


@pytest.mark.parametrize(("first", "second"), list(combinations(IDS, 2)))
def test_two_failures_skip_what_each_of_them_does(first: str, second: str) -> None:
    found = {first: Verdict.FAILED, second: Verdict.FAILED}
    assert list_skipped(run(found)) == expect_skipped(found)


@settings(deadline=None)
@given(FOUND)
def test_any_findings_skip_what_the_table_says(found: dict[str, Verdict]) -> None:
    assert list_skipped(run(found)) == expect_skipped(found)


def list_required(report: Report) -> set[str]:
    return {each.id for each in report.checks if each.required}


def test_what_is_required_by_default() -> None:
    assert list_required(run({})) == REQUIRED


def test_a_recipient_is_required_where_one_is_named() -> None:
    assert list_required(run({}, recipient="Mere")) == REQUIRED | {"recipient"}
    assert list_required(run({}, recipient="")) == REQUIRED | {"recipient"}


@pytest.mark.parametrize("id_", sorted(OPTIONAL))
@pytest.mark.parametrize("demand", list(Demand))
def test_what_a_policy_decides(id_: str, demand: Demand) -> None:
    report = run({id_: Verdict.FAILED}, replace(DEFAULT_POLICY, **{id_: demand}))
    assert list_required(report) == REQUIRED | ({id_} if demand is Demand.REQUIRED else set())
    verdict = Verdict.FAILED if demand is Demand.REQUIRED else Verdict.PASSED
    assert report.verdict is verdict
    if demand is Demand.OFF:
        assert report.find(id_).verdict is Verdict.NOT_APPLICABLE


def test_a_failed_signature_counts_whatever_else_passed() -> None:
    report = run({"signature": Verdict.FAILED})
    assert list_required(report) == REQUIRED | {"signature"}
    assert report.verdict is Verdict.FAILED


def test_an_unknown_signature_does_not_count_where_the_anchor_holds() -> None:
    report = run({"signature": Verdict.UNKNOWN})
    assert list_required(report) == REQUIRED
    assert report.verdict is Verdict.PASSED


@pytest.mark.parametrize("verdict", [Verdict.FAILED, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE])
@pytest.mark.parametrize("step", range(5, 12))
def test_a_signature_counts_where_any_step_of_the_anchor_did_not_pass(
    step: int, verdict: Verdict
) -> None:
    (id_,) = (check.id for check in CHECKS if check.step == step)
    report = run({id_: verdict, "signature": Verdict.UNKNOWN})
    assert report.find("signature").required
    assert report.verdict is (Verdict.FAILED if verdict is Verdict.FAILED else Verdict.UNKNOWN)


def combine(outcomes: tuple[Outcome, ...]) -> Verdict:
    counted = [each.verdict for each in outcomes if each.required]
    if "failed" in counted:
        return Verdict.FAILED
    return Verdict.UNKNOWN if {"unknown", "skipped"} & set(counted) else Verdict.PASSED


@settings(deadline=None)
@given(FOUND, st.sampled_from(Demand), st.sampled_from([None, "Mere"]))
def test_the_worst_required_outcome_is_the_verdict(
    found: dict[str, Verdict], demand: Demand, recipient: str | None
) -> None:
    report = run(found, replace(DEFAULT_POLICY, accreditation=demand), recipient)
    assert report.verdict is combine(report.checks)
    assert [each.id for each in report.checks] == list(IDS)


@settings(deadline=None)
@given(FOUND, st.sampled_from(IDS))
def test_knowing_less_never_turns_a_verdict_round(found: dict[str, Verdict], id_: str) -> None:
    """Unknown in place of a yes or a no: what failed may be unknown then, or fail still."""
    full, less = run(found), run(found | {id_: Verdict.UNKNOWN})
    if less.verdict is Verdict.FAILED:
        assert full.verdict is Verdict.FAILED
