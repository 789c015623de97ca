"""ST: status and dates. The chain's own bits, both ends of every interval."""

import json
from datetime import datetime, timedelta

import pytest

from protocol.registry.events import StatusChange
from tests.protocol.credentials import STATUS
from tests.verifier.world import INDEX, LIST, MASK, WORD, World, list_failed, list_unknown
from verifier import questions
from verifier.policy import Demand, Policy
from verifier.report import Verdict

POLICY = Policy("quiet", accreditation=Demand.OFF, evidence=Demand.OFF)
SECOND = timedelta(seconds=1)


@pytest.fixture
def world() -> World:
    return World()


def set_entry(**members: object):
    return lambda document: document["credentialStatus"].update(members)


@pytest.mark.parametrize(
    "index",
    ["-1", "131072", "05", "٥", "5.0", 5.0, 5, True, "5abc", "", " 5", "5\n", "+5", "0x5", "5e0"],
)
def test_st_09_an_index_has_one_spelling(world: World, index: object) -> None:
    issued = world.issue()
    issued.document["credentialStatus"]["statusListIndex"] = index
    issued.document["credentialStatus"]["id"] = f"{STATUS}#{index}"
    try:
        report = world.ask(issued.data, policy=POLICY)
    except ValueError:
        pytest.fail("an index is refused in a report")
    assert list_failed(report) == ["format"]


@pytest.mark.parametrize("position", [0, 5, 255, 256, 131_071])
def test_st_10_an_index_finds_its_own_bit_and_no_neighbours(world: World, position: int) -> None:
    """Only the bit of this index, left-most first, withdraws the credential."""

    def edit(document: dict) -> None:
        document["credentialStatus"] |= {
            "statusListIndex": str(position),
            "id": f"{STATUS}#{position}",
        }

    issued, own = world.issue(edit), world.own.issuer_id
    word, bit = LIST * 512 + position // 256, 1 << (255 - position % 256)
    world.chain.set_status(own, word, (2**256 - 1) ^ bit, StatusChange.REVOKE)
    assert world.ask(issued.data, policy=POLICY).verdict is Verdict.PASSED
    world.chain.set_status(own, word, bit, StatusChange.REVOKE)
    assert list_failed(world.ask(issued.data, policy=POLICY)) == ["revocation"]


def test_st_11_a_status_of_unknown_type_or_doubled_is_refused(world: World) -> None:
    for spoiled in (
        {"type": "StatusList2021Entry"},
        {"statusPurpose": "suspension"},
        {"statusPurpose": ["revocation"]},
        {"statusMessage": "fine"},
    ):
        issued = world.issue()
        issued.document["credentialStatus"] |= spoiled
        assert list_failed(world.ask(issued.data, policy=POLICY)) == ["format"]
    issued = world.issue()
    entry = issued.document["credentialStatus"]
    issued.document["credentialStatus"] = [entry, {**entry, "statusListIndex": "6"}]
    report = world.ask(issued.data, policy=POLICY)
    assert report.verdict is Verdict.FAILED


def test_st_11_without_an_entry_only_the_batch_can_be_withdrawn(world: World) -> None:
    issued = world.issue(lambda document: document.pop("credentialStatus"))
    report = world.ask(issued.data, policy=POLICY)
    assert report.find("revocation").verdict is Verdict.NOT_APPLICABLE
    assert report.find("suspension").verdict is Verdict.NOT_APPLICABLE
    world.chain.revoke_batch(world.own.issuer_id, issued.root, 1)
    assert list_failed(world.ask(issued.data, policy=POLICY)) == ["revocation"]


def parse(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("offset", "verdict"),
    [(-1, Verdict.PASSED), (0, Verdict.PASSED), (1, Verdict.FAILED)],
)
def test_st_13_valid_until_includes_its_own_second(
    world: World, offset: int, verdict: Verdict
) -> None:
    until = "2026-03-02T12:00:00Z"
    issued = world.issue(lambda document: document.update(validUntil=until))
    world.chain.wait(days=2)
    moment = parse(until) + timedelta(seconds=offset)
    report = world.ask(issued.data, policy=POLICY, at=moment)
    assert report.find("validity").verdict is verdict
    assert report.verdict is verdict


def test_st_13_a_clock_that_the_chain_contradicts_leaves_the_dates_open(world: World) -> None:
    """By our clock it is valid, by the newest block it ended: one of the two is wrong."""
    issued = world.issue(lambda document: document.update(validUntil="2026-03-02T12:00:00Z"))
    world.chain.wait(days=2)
    slow = parse("2026-03-02T11:00:00Z")
    report = world.ask(issued.data, policy=POLICY, now=slow)
    assert list_unknown(report) == ["validity"]
    assert "clock" in report.find("validity").reason


def test_st_13_a_skew_that_changes_nothing_does_not_matter(world: World) -> None:
    issued = world.issue()
    slow = world.chain.now - timedelta(minutes=10)
    assert world.ask(issued.data, policy=POLICY, now=slow).verdict is Verdict.PASSED


@pytest.mark.parametrize(
    ("skew", "verdict"), [(300, Verdict.PASSED), (301, Verdict.UNKNOWN)], ids=["5:00", "5:01"]
)
def test_st_13_five_minutes_of_skew_are_borne(world: World, skew: int, verdict: Verdict) -> None:
    issued = world.issue(lambda document: document.update(validUntil="2026-03-02T12:00:00Z"))
    world.chain._mine(parse("2026-03-02T12:00:01Z"))
    clock = world.chain.now - timedelta(seconds=skew)
    assert world.ask(issued.data, policy=POLICY, now=clock).find("validity").verdict is verdict


@pytest.mark.parametrize(
    ("offset", "verdict"),
    [(-1, Verdict.FAILED), (0, Verdict.PASSED), (1, Verdict.PASSED)],
)
def test_st_14_valid_from_includes_its_own_second(
    world: World, offset: int, verdict: Verdict
) -> None:
    start = "2026-03-03T12:00:00Z"
    issued = world.issue(lambda document: document.update(validFrom=start))
    world.chain.wait(days=4)
    moment = parse(start) + timedelta(seconds=offset)
    report = world.ask(issued.data, policy=POLICY, at=moment)
    assert report.find("validity").verdict is verdict
    if verdict is Verdict.FAILED:
        assert "starts on" in report.find("validity").reason


def test_st_16_suspended_fails_and_may_come_back(world: World) -> None:
    issued = world.issue()
    world.set_status(StatusChange.SUSPEND, 16)
    report = world.ask(issued.data, policy=POLICY)
    assert list_failed(report) == ["suspension"]
    outcome = report.find("suspension")
    assert "may be reinstated" in outcome.reason
    assert outcome.facts["reason_code"] == 16
    assert outcome.facts["reason_text"] == "under investigation"
    assert outcome.facts["held_at"] == world.chain.now.isoformat().replace("+00:00", "Z")
    world.set_status(StatusChange.REINSTATE)
    assert world.ask(issued.data, policy=POLICY).verdict is Verdict.PASSED


def test_st_16_revoked_after_a_suspension_fails_in_both(world: World) -> None:
    issued = world.issue()
    world.set_status(StatusChange.SUSPEND, 16)
    world.set_status(StatusChange.REVOKE, 2)
    world.chain.set_status(world.own.issuer_id, WORD, MASK << 1, StatusChange.REVOKE, 1)
    report = world.ask(issued.data, policy=POLICY)
    assert list_failed(report) == ["revocation", "suspension"]
    assert report.find("revocation").facts["reason_text"] == "misconduct"


def test_st_16_the_latest_suspension_is_told(world: World) -> None:
    issued = world.issue()
    world.set_status(StatusChange.SUSPEND, 16)
    world.set_status(StatusChange.REINSTATE)
    world.set_status(StatusChange.SUSPEND, 17)
    facts = world.ask(issued.data, policy=POLICY).find("suspension").facts
    assert facts["reason_code"] == 17


def test_st_16_a_whole_batch_is_withdrawn_with_reason_and_time(world: World) -> None:
    issued = world.issue()
    world.chain.revoke_batch(world.own.issuer_id, issued.root, 1)
    report = world.ask(issued.data, policy=POLICY)
    assert list_failed(report) == ["revocation"]
    facts = report.find("revocation").facts
    assert facts["whole_batch"] is True
    assert facts["reason_text"] == "issued in error"
    assert facts["withdrawn_at"] == world.chain.now.isoformat().replace("+00:00", "Z")


def test_st_16_another_institutions_bit_withdraws_nothing(world: World) -> None:
    issued = world.issue()
    world.chain.set_status(world.other.issuer_id, WORD, MASK, StatusChange.REVOKE)
    world.chain.set_status(world.other.issuer_id, WORD, MASK, StatusChange.SUSPEND)
    assert world.ask(issued.data, policy=POLICY).verdict is Verdict.PASSED


@pytest.mark.parametrize("limit", [3, 4])
def test_st_16_a_withdrawal_too_far_back_fails_without_its_date(
    world: World, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    """The walk is bounded; the bit stands whether or not the log was read so far."""
    issued = world.issue()
    world.set_status(StatusChange.REVOKE, 2)
    for _ in range(3):
        world.chain.set_status(world.own.issuer_id, WORD + 1, 1, StatusChange.SUSPEND)
    monkeypatch.setattr(questions, "WALK_LIMIT_BLOCKS", limit)
    outcome = world.ask(issued.data, policy=POLICY).find("revocation")
    assert outcome.verdict is Verdict.FAILED
    assert (outcome.facts["withdrawn_at"] is None) is (limit == 3)


def test_st_16_a_gap_in_the_log_costs_the_date_only(world: World) -> None:
    issued = world.issue()
    world.set_status(StatusChange.REVOKE, 2)
    reader = world.read(answers={"read_events": ()})
    outcome = world.ask(issued.data, reader, policy=POLICY).find("revocation")
    assert outcome.verdict is Verdict.FAILED
    assert "missing" in str(outcome.facts["time_unknown_because"])


def test_st_17_what_changes_after_the_pinned_block_does_not_count(world: World) -> None:
    issued = world.issue()
    pinned = world.chain.blocks[-1]
    world.set_status(StatusChange.REVOKE)
    reader = world.read(answers={"read_latest": pinned})
    report = world.ask(issued.data, reader, policy=POLICY)
    assert report.verdict is Verdict.PASSED
    assert report.block is not None
    assert report.block.number == pinned.number


def test_st_18_nothing_is_remembered_between_two_verifications(world: World) -> None:
    issued = world.issue()
    assert world.ask(issued.data, policy=POLICY).verdict is Verdict.PASSED
    world.set_status(StatusChange.REVOKE)
    assert world.ask(issued.data, policy=POLICY).verdict is Verdict.FAILED


def test_the_entry_is_told_as_the_register_keeps_it(world: World) -> None:
    facts = world.ask(world.issue().data, policy=POLICY).find("revocation").facts
    assert (facts["list"], facts["index"], facts["word"]) == (LIST, INDEX, WORD)
    assert json.dumps(facts)
