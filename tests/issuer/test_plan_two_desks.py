"""Desks that share one key: random histories in which no status index is given out twice.

Homes draft, send directly or through a relayed signature, are cloned, backed up, restored and
lost, and the anchoring account is used by strangers. With all rules no index is ever doubled; a
history that doubles one is found as soon as one rule is switched off, so the simulation can fail.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from random import Random

import pytest

from issuer.batches.plan import (
    KeyPosition,
    Ledger,
    Plan,
    StatusRange,
    Terms,
    choose_range,
    may_release,
)
from protocol.credentials.status_index import find_spans
from protocol.primitives import Address, BlockNumber, KeyIndex

MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
KEY = Address(bytes(20))
TERMS = Terms("https://example.org/status", "did:web:x#a", "did:web:x#b")
COUNTS = ((1, 40), (100_000, 131_072), (131_073, 1_000_000))
"""Small batches, those that fill a list, and those that go on in sub-lists."""
FIRST_KEY = KeyIndex(1)


@dataclass(frozen=True)
class Rules:
    one_mined_block: bool = True
    """1: nonce and sequence are the chain's, not a count of this home's own."""
    new_list_when_the_chain_moved: bool = True
    """2: the own list goes on only while the sequence is the own one."""
    open_lists_keep_their_mark: bool = True
    """2, the exception."""
    taken_nonce_redraws: bool = True
    """4."""
    only_the_planned_sequence_is_released: bool = True
    """5."""


@dataclass
class Chain:
    nonce: int = 0
    seq: int = 0

    def anchor_directly(self) -> int:
        self.nonce += 1
        self.seq += 1
        return self.seq

    def anchor_relayed(self, seq: int) -> bool:
        """A relayed signature names the sequence it is for."""
        if seq != self.seq + 1:
            return False
        self.seq += 1
        return True


@dataclass(frozen=True)
class Home:
    """One journal: what it remembers, and its batches under way."""

    ledger: Ledger = field(default_factory=lambda: Ledger(None, None, {}))
    plans: tuple[Plan, ...] = ()
    own_nonce: int = 0
    own_seq: int = 0


@dataclass
class World:
    rules: Rules
    random: Random
    relays: bool
    key: KeyIndex
    chain: Chain = field(default_factory=Chain)
    homes: list[Home] = field(default_factory=lambda: [Home(), Home()])
    backups: list[Home] = field(default_factory=list)
    released: dict[int, list[range]] = field(default_factory=dict)
    """For each status list the indices that were handed out, batch by batch."""
    doubled: bool = False

    def draft(self, at: int) -> None:
        home = self.homes[at]
        nonce, seq = self.chain.nonce, self.chain.seq
        if not self.rules.one_mined_block:
            nonce, seq = home.own_nonce, home.own_seq
        ledger = home.ledger
        if not self.rules.new_list_when_the_chain_moved and ledger.released_list is not None:
            ledger = replace(ledger, released_seq=seq)
        count = self.random.randint(*self.random.choices(COUNTS, (18, 1, 1))[0])
        chosen = choose_range(KeyPosition(nonce, self.key, seq, BlockNumber(0)), ledger, count)
        if not self.rules.open_lists_keep_their_mark and chosen.list != ledger.released_list:
            chosen = replace(chosen, start=0)
        marks = {**home.ledger.fill_marks, chosen.list: chosen.start + chosen.size}
        plan = Plan(1, bytes(32), MOMENT, KEY, nonce, seq + 1, chosen, TERMS)
        self.homes[at] = replace(
            home, ledger=replace(home.ledger, fill_marks=marks), plans=(*home.plans[-2:], plan)
        )

    def take_plan(self, at: int) -> Plan | None:
        home = self.homes[at]
        if not home.plans:
            return None
        plan = self.random.choice(home.plans)
        self.homes[at] = replace(home, plans=tuple(p for p in home.plans if p is not plan))
        return plan

    def send(self, at: int) -> None:
        plan = self.take_plan(at)
        if plan is None:
            return
        if plan.nonce == self.chain.nonce or not self.rules.one_mined_block:
            self.settle(at, plan, self.chain.anchor_directly())
        elif not self.rules.taken_nonce_redraws:
            self.settle(at, replace(plan, seq=self.chain.seq + 1), self.chain.anchor_directly())

    def relay(self, at: int) -> None:
        if not self.relays:
            return
        plan = self.take_plan(at)
        if plan is not None and self.chain.anchor_relayed(plan.seq):
            self.settle(at, plan, plan.seq)

    def settle(self, at: int, plan: Plan, seq: int) -> None:
        home = replace(self.homes[at], own_nonce=plan.nonce + 1, own_seq=plan.seq)
        strict = self.rules.only_the_planned_sequence_is_released and self.rules.one_mined_block
        if not strict or may_release(plan, seq):
            self.release(plan.range)
            home = replace(
                home, ledger=replace(home.ledger, released_seq=seq, released_list=plan.range.list)
            )
        self.homes[at] = home

    def release(self, chosen: StatusRange) -> None:
        for number, indices in find_spans(chosen.list, chosen.start, chosen.size).items():
            others = self.released.setdefault(number, [])
            self.doubled = self.doubled or any(map(partial(overlap, indices), others))
            others.append(indices)

    def clone(self, at: int) -> None:
        if len(self.homes) < 4:
            self.homes.append(self.homes[at])

    def back_up(self, at: int) -> None:
        self.backups.append(self.homes[at])

    def restore(self, at: int) -> None:
        if self.backups:
            self.homes[at] = self.random.choice(self.backups)

    def lose(self, at: int) -> None:
        self.homes[at] = Home()

    def use_account_otherwise(self, at: int) -> None:
        self.chain.nonce += 1


ACTIONS: tuple[tuple[Callable[[World, int], None], int], ...] = (
    (World.draft, 12),
    (World.send, 8),
    (World.relay, 4),
    (World.clone, 1),
    (World.back_up, 2),
    (World.restore, 2),
    (World.lose, 1),
    (World.use_account_otherwise, 1),
)
FUNCTIONS = [action for action, _ in ACTIONS]
WEIGHTS = [weight for _, weight in ACTIONS]


def overlap(one: range, other: range) -> bool:
    return one.start < other.stop and other.start < one.stop


def run_history(seed: int, rules: Rules, *, relays: bool, key: KeyIndex = FIRST_KEY) -> World:
    random = Random(seed)
    world = World(rules, random, relays, key)
    for action in random.choices(FUNCTIONS, WEIGHTS, k=80):
        action(world, random.randrange(len(world.homes)))
        if world.doubled:
            break
    return world


def count_doubled(rules: Rules, *, relays: bool, histories: int = 400) -> int:
    return sum(run_history(seed, rules, relays=relays).doubled for seed in range(histories))


@pytest.mark.parametrize("relays", [False, True])
def test_two_desks_never_give_one_index_to_two_credentials(relays: bool) -> None:
    assert count_doubled(Rules(), relays=relays, histories=2_000) == 0


def test_the_histories_do_release_batches() -> None:
    worlds = [run_history(seed, Rules(), relays=True) for seed in range(50)]
    released = [sum(map(len, world.released.values())) for world in worlds]
    assert min(released) > 0
    assert sum(released) / len(released) > 5
    further = sum(number >> 24 & 0xFF != 0 for world in worlds for number in world.released)
    assert further > 20, "sub-lists too"


def test_batches_of_two_keys_never_share_a_list() -> None:
    one, two = (
        run_history(7, Rules(), relays=False, key=KeyIndex(number)).released for number in (1, 2)
    )
    assert one.keys()
    assert not one.keys() & two.keys()


@pytest.mark.parametrize(
    ("rules", "relays"),
    [
        (Rules(one_mined_block=False), False),
        (Rules(new_list_when_the_chain_moved=False), False),
        (Rules(open_lists_keep_their_mark=False), False),
        (Rules(taken_nonce_redraws=False), False),
        (Rules(only_the_planned_sequence_is_released=False), True),
    ],
    ids=["1", "2", "2-exception", "4", "5"],
)
def test_each_rule_is_needed(rules: Rules, relays: bool) -> None:
    assert count_doubled(rules, relays=relays) > 0
