"""Any part of the chain may be silent: then less is known, and nothing else is (ATTACKS 7.2).

`test_monotone.py` leaves one question at a time unanswered; here any of them are, together, also in
worlds where a wrong guess in place of an answer would accuse a genuine credential.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.chain import Standing
from protocol.errors import ChainError
from protocol.events import StatusChange
from tests.verifier.fake_chain import FakeReader
from tests.verifier.test_monotone import ERRORS, POLICY, SCENES, compare, genuine
from tests.verifier.world import MASK, WORD, Directory, Issued, World, encode, list_failed
from verifier.checks import CHECKS, run_checks
from verifier.evidence import Evidence
from verifier.gather import Sources, gather_evidence
from verifier.reading import read_submission
from verifier.report import Report, Verdict

METHODS = (
    *("read_chain_id", "read_genesis", "read_latest", "read_final", "read_block"),
    *("read_code_hash", "read_transaction", "read_anchor", "read_key", "read_issuer_id"),
    *("read_issuer", "read_names", "read_status", "read_accreditation", "read_authority"),
    "read_events",
)
NEEDLESS = {"read_names", "read_events"}
"""Questions whose answers tell more about a genuine credential, but decide nothing."""


def name_moved_and_reused(world: World) -> Issued:
    """The first institution closed; the new holder of its name withdrew the same entry."""
    issued = genuine(world)
    world.chain.change_issuer(world.own.issuer_id, standing=Standing.CLOSED)
    world.chain.rebind(world.own.did, world.other.issuer_id)
    for change in (StatusChange.REVOKE, StatusChange.SUSPEND):
        world.chain.set_status(world.other.issuer_id, WORD, MASK, change)
    return issued


def name_moved_and_keys_renamed(world: World) -> Issued:
    """The new holder of the name registered other keys under the same method names."""
    issued = name_moved_and_reused(world)
    document = world.own.build_document()
    own, other = (encode(each.public).encode() for each in (world.own, world.other))
    assert own in document
    digest = world.documents.add(document.replace(own, other))
    world.chain.change_issuer(world.other.issuer_id, document_digest=digest)
    return issued


def shared_transaction(world: World) -> Issued:
    """Somebody else recorded the same root in the same transaction, first, and withdrew it."""
    issued = genuine(world)
    sent = world.chain.transactions[issued.transaction]
    copied = world.chain.anchor(world.other.anchors[0].address, issued.root)
    (own,) = sent.events
    (others,) = world.chain.transactions[copied].events
    place = replace(others.position, transaction=sent.hash)
    events = (replace(others, position=place), own)
    world.chain.transactions[issued.transaction] = replace(sent, events=events)
    world.chain.revoke_batch(world.other.issuer_id, issued.root, 1)
    return issued


TRAPS = (name_moved_and_reused, name_moved_and_keys_renamed, shared_transaction)
EVERY_SCENE = (*SCENES, *TRAPS)


class Scene:
    """A world after its scene, and the file in it, read once: only the chain's answers differ."""

    def __init__(self, build: Callable[[World], Issued]) -> None:
        self.world = World()
        self.data = build(self.world).data
        self.bare = Evidence(read_submission(self.data), POLICY, self.world.now, None, None)
        reader = self.world.read()
        self.full = self.ask(reader)
        self.questions = len(reader.asked)

    def ask(self, reader: FakeReader) -> Report:
        sources = Sources(Directory((reader,)), self.world.documents)
        outcomes = run_checks(gather_evidence(self.bare, sources))
        return Report(None, outcomes, None, POLICY.name, self.bare.checked_at)

    def silence(self, silent: frozenset[int | str], error: ChainError = ERRORS[0]) -> Report:
        return self.ask(self.world.read(silent=silent, error=error))


build_scene = cache(Scene)


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


@pytest.mark.parametrize("build", TRAPS, ids=lambda build: build.__name__)
def test_one_question_without_an_answer_springs_no_trap(build: Callable[[World], Issued]) -> None:
    scene = build_scene(build)
    for number in range(scene.questions):
        compare(scene.full, scene.silence(frozenset([number])), f"without answer {number}")


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
