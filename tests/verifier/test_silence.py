"""Any part of the chain may be silent: then less is known, and nothing else is (ATTACKS 7.2).

`test_monotone.py` leaves one question at a time unanswered; here any of them are, together, also in
worlds where a wrong guess in place of an answer would accuse a genuine credential.
"""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.errors import ChainError
from tests.verifier.scenes import (
    ERRORS,
    EVERY_SCENE,
    POLICY,
    TRAPS,
    build_scene,
    compare,
    genuine,
)
from tests.verifier.world import Issued, World, list_failed
from verifier.checks import CHECKS
from verifier.report import Verdict

METHODS = (
    *("read_chain_id", "read_genesis", "read_latest", "read_final", "read_block"),
    *("read_code_hash", "read_transaction", "read_anchor", "read_key", "read_issuer_id"),
    *("read_issuer", "read_names", "read_status", "read_accreditation", "read_authority"),
    "read_events",
)
NEEDLESS = {"read_names", "read_events"}
"""Questions whose answers tell more about a genuine credential, but decide nothing."""


@pytest.mark.parametrize("build", TRAPS, ids=lambda build: build.__name__)
def test_the_traps_harm_nothing_while_the_chain_answers(build: Callable[[World], Issued]) -> None:
    scene = build_scene(build)
    assert scene.full.verdict is Verdict.PASSED
    assert scene.full.checks == scene.world.ask(scene.data, policy=POLICY).checks


@pytest.mark.parametrize("question", METHODS)
@pytest.mark.parametrize("build", EVERY_SCENE, ids=lambda build: build.__name__)
def test_one_kind_of_question_without_answers_makes_no_yes_and_no_no(
    build: Callable[[World], Issued], question: str
) -> None:
    scene = build_scene(build)
    compare(scene.full, scene.silence(frozenset([question])), f"without {question}")


@given(
    build=st.sampled_from(EVERY_SCENE),
    numbers=st.frozensets(st.integers(0, 30), max_size=20),
    names=st.frozensets(st.sampled_from(METHODS), max_size=4),
    error=st.sampled_from(ERRORS),
)
@settings(max_examples=400, deadline=None)
def test_any_missing_answers_make_no_yes_and_no_no(
    build: Callable[[World], Issued],
    numbers: frozenset[int],
    names: frozenset[str],
    error: ChainError,
) -> None:
    scene = build_scene(build)
    less = scene.silence(numbers | names, error)
    compare(scene.full, less, f"without {sorted(numbers)}, {sorted(names)}")


@given(
    build=st.sampled_from(EVERY_SCENE),
    some=st.frozensets(st.sampled_from(METHODS)),
    more=st.frozensets(st.sampled_from(METHODS)),
)
@settings(max_examples=400, deadline=None)
def test_the_fewer_answers_the_less_is_said(
    build: Callable[[World], Issued], some: frozenset[str], more: frozenset[str]
) -> None:
    """Between any two degrees of silence too, not only against the full answer."""
    scene = build_scene(build)
    quiet, quieter = scene.silence(some), scene.silence(some | more)
    compare(quiet, quieter, f"without {sorted(some)}, then {sorted(more)} too")


@pytest.mark.parametrize("question", sorted(set(METHODS) - NEEDLESS))
def test_a_required_answer_that_is_missing_is_never_passed(question: str) -> None:
    less = build_scene(genuine).silence(frozenset([question]))
    assert less.verdict is Verdict.UNKNOWN
    assert not list_failed(less)
    assert [outcome.id for outcome in less.checks] == [check.id for check in CHECKS]
