"""``--at``: a report about an earlier moment is the report that would have been given then."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from protocol.registry.events import StatusChange
from tests.verifier.world import Issued, World, list_failed, list_unknown
from verifier.policy import Demand, Policy
from verifier.report import Report, Verdict
from verifier.verify import FutureMomentError

POLICY = Policy("strict", accreditation=Demand.REQUIRED, evidence=Demand.OFF)
ACHIEVEMENT = "https://issuer.example/ach/1"
SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Story:
    """A credential's whole life: granted, recorded, on hold, back, ended, withdrawn, key unsafe."""

    world: World
    issued: Issued

    def ask_about(self, moment: datetime) -> Report:
        return self.world.ask(self.issued.data, policy=POLICY, at=moment)

    def ask_then(self, number: int) -> Report:
        """Ask when this was the newest block, with the clock of that time."""
        block = self.world.chain.blocks[number]
        reader = self.world.read(answers={"read_latest": block})
        return self.world.ask(self.issued.data, reader, policy=POLICY, now=block.time)


@pytest.fixture(scope="module")
def story() -> Story:
    world = World()
    own, key = world.own.issuer_id, world.own.anchors[0].address
    world.chain.accredit(own, ACHIEVEMENT)
    issued = world.issue(lambda document: document.update(validUntil="2026-03-05T00:00:00Z"))
    world.chain.wait(hours=1)
    world.set_status(StatusChange.SUSPEND, 16)
    world.chain.wait(days=1)
    world.set_status(StatusChange.REINSTATE)
    world.chain.withdraw(own, ACHIEVEMENT)
    world.chain.wait(days=4)
    world.set_status(StatusChange.REVOKE, 3)
    world.chain.revoke_batch(own, issued.root, 1)
    world.chain.change_key(key, compromised_at=world.chain.blocks[1].time)
    world.chain.endorse(world.own.anchors[1].address, issued.root)
    return Story(world, issued)


def test_each_moment_is_judged_as_it_would_have_been_then(story: Story) -> None:
    seen = set()
    recorded = story.world.chain.transactions[story.issued.transaction].block
    for block in story.world.chain.blocks[recorded:]:
        report, then = story.ask_about(block.time), story.ask_then(block.number)
        assert [(each.id, each.verdict) for each in report.checks] == [
            (each.id, each.verdict) for each in then.checks
        ]
        assert report.block is not None
        assert report.block.number == block.number
        seen.add(tuple(list_failed(report)))
    assert seen == {
        (),
        ("suspension",),
        ("validity",),
        ("revocation", "validity"),
        ("anchoring_key", "validity"),
    }


def test_the_last_block_at_or_before_the_moment_is_read(story: Story) -> None:
    for block, after in zip(
        story.world.chain.blocks[-12:-1], story.world.chain.blocks[-11:], strict=True
    ):
        for moment in (block.time, block.time + SECOND, after.time - SECOND):
            found = story.ask_about(moment).block
            assert found is not None
            assert (found.number, found.hash, found.time) == (block.number, block.hash, block.time)


def test_before_it_was_recorded_there_was_no_entry(story: Story) -> None:
    recorded = story.world.chain.transactions[story.issued.transaction].block
    for block in story.world.chain.blocks[1:recorded]:
        report = story.ask_about(block.time)
        assert "anchor" in list_failed(report)
        assert report.verdict is Verdict.FAILED


def test_now_may_be_asked_about_and_a_second_later_may_not(story: Story) -> None:
    now = story.world.now
    report = story.ask_about(now)
    assert report.block is not None
    assert report.block.number == story.world.chain.blocks[-1].number
    with pytest.raises(FutureMomentError) as caught:
        story.ask_about(now + SECOND)
    assert (caught.value.moment, caught.value.now) == (now + SECOND, now)


def test_a_moment_is_the_same_in_every_time_zone(story: Story) -> None:
    moment = story.world.chain.blocks[-3].time
    elsewhere = moment.astimezone(datetime.fromisoformat("2026-03-01T00:00:00+13:00").tzinfo)
    assert story.ask_about(elsewhere) == story.ask_about(moment)


@pytest.mark.parametrize("lost", ["read_block", "read_latest"])
def test_a_moment_whose_block_cannot_be_found_is_unknown(story: Story, lost: str) -> None:
    moment = story.world.chain.blocks[-6].time
    reader = story.world.read(silent=frozenset([lost]))
    report = story.world.ask(story.issued.data, reader, policy=POLICY, at=moment)
    assert report.block is None
    assert "network" in list_unknown(report)
    assert "anchor" in list_unknown(report)


def test_what_the_dates_say_does_not_depend_on_the_chain(story: Story) -> None:
    silent = story.world.read(silent=frozenset(range(99)))
    for text, verdict in (
        ("2026-03-05T00:00:00Z", Verdict.PASSED),
        ("2026-03-05T00:00:01Z", Verdict.FAILED),
    ):
        moment = datetime.fromisoformat(text)
        report = story.world.ask(story.issued.data, silent, policy=POLICY, at=moment)
        assert report.find("validity").verdict is verdict


def test_how_fresh_the_source_is_is_judged_by_the_clock_of_today(story: Story) -> None:
    """A source that stopped long ago might lack what was recorded before the moment, too."""
    late = story.world.chain.now + timedelta(days=2)
    moment = story.world.chain.blocks[-6].time
    report = story.world.ask(story.issued.data, policy=POLICY, at=moment, now=late)
    assert report.find("network").facts["cause"] == "behind"


def test_the_first_block_is_not_taken_for_an_answer_about_earlier_times(story: Story) -> None:
    early = story.world.chain.blocks[0].time - SECOND
    report = story.ask_about(early)
    assert report.find("network").facts["cause"] == "no_state"
    assert report.block is None
