"""The verdict is monotone: taking an answer away never makes a yes, nor a no (ATTACKS 7.2).

Every question that a verification asks is left unanswered in turn, for good credentials and for
each kind of bad one.
"""

from collections.abc import Callable

import pytest

from protocol.errors import ChainError
from tests.verifier.scenes import ERRORS, EVERY_SCENE, POLICY, SCENES, build_scene, compare, genuine
from tests.verifier.world import Issued, World
from verifier.report import Verdict

NEEDED_BY = {
    "read_code_hash": {"contract"},
    "read_final": {"finality"},
    "read_status": {"revocation", "suspension"},
    "read_authority": {"accreditation"},
    "read_accreditation": {"accreditation"},
}
"""Which checks need the answer to a question that is asked once."""


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("build", EVERY_SCENE, ids=lambda build: build.__name__)
def test_a_missing_answer_never_makes_a_yes_or_a_no(
    build: Callable[[World], Issued], error: ChainError
) -> None:
    scene = build_scene(build)
    assert len(scene.questions) > 5
    for number, question in enumerate(scene.questions):
        less = scene.silence(frozenset([number]), error)
        compare(scene.full, less, f"without answer {number}, {question}")


@pytest.mark.parametrize("question", NEEDED_BY)
def test_a_missing_answer_is_unknown_for_exactly_the_checks_that_needed_it(question: str) -> None:
    world = World()
    issued = genuine(world)
    silent = world.read(silent=frozenset([question]))
    report = world.ask(issued.data, silent, policy=POLICY)
    unknown = {outcome.id for outcome in report.checks if outcome.verdict is Verdict.UNKNOWN}
    assert unknown - {"evidence"} == NEEDED_BY[question]
    assert report.verdict is Verdict.UNKNOWN


def test_every_question_of_a_genuine_credential_is_needed_by_some_check() -> None:
    """A verification that lost an answer is never simply passed."""
    world = World()
    issued = genuine(world)
    reader = world.read()
    world.ask(issued.data, reader, policy=POLICY)
    for number in range(len(reader.asked)):
        silent = world.read(silent=frozenset([number]))
        report = world.ask(issued.data, silent, policy=POLICY)
        if report.verdict is Verdict.PASSED:
            assert reader.asked[number] in ("read_names", "read_issuer_id"), number


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
def test_a_missing_copy_of_a_document_never_makes_a_no(scene: Callable[[World], Issued]) -> None:
    world = World()
    issued = scene(world)
    full = world.ask(issued.data, policy=POLICY)
    world.documents.copies.clear()
    less = world.ask(issued.data, policy=POLICY)
    compare(full, less, "without documents")
