"""How verdicts combine: no truth value, no yes by absence of a no."""

from datetime import UTC, datetime
from itertools import product

import pytest

from verifier.report import Outcome, Report, Verdict, render_time

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def build(*outcomes: tuple[Verdict, bool]) -> Report:
    checks = tuple(
        Outcome(f"check{number}", number, required, verdict, "A sentence.")
        for number, (verdict, required) in enumerate(outcomes)
    )
    return Report(None, checks, None, "default", NOW)


@pytest.mark.parametrize(("first", "second"), list(product(Verdict, Verdict)))
def test_the_worst_required_verdict_wins(first: Verdict, second: Verdict) -> None:
    found = build((first, True), (second, True), (Verdict.PASSED, True)).verdict
    both = {first, second}
    if Verdict.FAILED in both:
        assert found is Verdict.FAILED
    elif both & {Verdict.UNKNOWN, Verdict.SKIPPED}:
        assert found is Verdict.UNKNOWN
    else:
        assert found is Verdict.PASSED


@pytest.mark.parametrize("verdict", list(Verdict))
def test_what_is_only_reported_does_not_count(verdict: Verdict) -> None:
    assert build((Verdict.PASSED, True), (verdict, False)).verdict is Verdict.PASSED


@pytest.mark.parametrize("outcomes", [(), ((Verdict.PASSED, False),)])
def test_nothing_required_is_never_a_yes(outcomes: tuple[tuple[Verdict, bool], ...]) -> None:
    assert build(*outcomes).verdict is Verdict.UNKNOWN


def test_neither_report_nor_outcome_has_a_truth_value_of_its_own() -> None:
    assert "__bool__" not in vars(Report)
    assert "__bool__" not in vars(Outcome)


def test_a_check_that_is_not_there_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        build((Verdict.PASSED, True)).find("absent")


def test_times_are_written_in_utc() -> None:
    moment = datetime.fromisoformat("2026-03-01T13:00:00.5+13:00")
    assert render_time(moment) == "2026-03-01T00:00:00Z"
