"""The pure rules that place a batch's status indices."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuer.batches.plan import (
    LIST_ENTRIES,
    KeyPosition,
    Ledger,
    Plan,
    StatusRange,
    Terms,
    choose_range,
    may_release,
    measure_range,
    name_list,
    order_positions,
)
from issuer.errors import BatchSizeError, ListFullError
from protocol.primitives import Address, BlockNumber, KeyIndex

SECRET = bytes(range(32))
EMPTY = Ledger(None, None, {})
PUBLISHED_ORDER = (14, 8, 6, 7, 0, 1, 9, 15, 4, 10, 3, 2, 11, 5, 13, 12)


def position(seq: int) -> KeyPosition:
    return KeyPosition(nonce=7, key_index=KeyIndex(3), seq=seq, block=BlockNumber(100))


@pytest.mark.parametrize(
    ("count", "size"),
    [(1, 16), (16, 16), (17, 32), (128, 128), (129, 256), (256, 256), (257, 512), (5000, 5120)],
)
def test_a_range_is_a_power_of_two_then_whole_words(count: int, size: int) -> None:
    assert measure_range(count) == size


@pytest.mark.parametrize("count", [0, -1, LIST_ENTRIES + 1])
def test_a_batch_that_no_list_can_hold_is_refused(count: int) -> None:
    with pytest.raises(BatchSizeError):
        measure_range(count)


def test_the_first_batch_opens_the_list_of_its_planned_sequence() -> None:
    assert choose_range(position(0), EMPTY, 5) == StatusRange(name_list(KeyIndex(3), 1), 0, 16)


def test_the_own_list_goes_on_while_nobody_else_anchored() -> None:
    own = name_list(KeyIndex(3), 1)
    ledger = Ledger(released_seq=4, released_list=own, fill_marks={own: 32})
    assert choose_range(position(4), ledger, 5) == StatusRange(own, 32, 16)


def test_a_batch_by_another_desk_opens_a_new_list() -> None:
    own = name_list(KeyIndex(3), 1)
    ledger = Ledger(released_seq=4, released_list=own, fill_marks={own: 32})
    assert choose_range(position(5), ledger, 5) == StatusRange(name_list(KeyIndex(3), 6), 0, 16)


def test_a_list_opened_by_a_dropped_plan_keeps_its_fill_mark() -> None:
    ledger = Ledger(None, None, {name_list(KeyIndex(3), 6): 48})
    assert choose_range(position(5), ledger, 5) == StatusRange(name_list(KeyIndex(3), 6), 48, 16)


def test_a_full_list_is_followed_by_a_new_one() -> None:
    own = name_list(KeyIndex(3), 1)
    ledger = Ledger(4, own, {own: LIST_ENTRIES - 16})
    assert choose_range(position(4), ledger, 16) == StatusRange(own, LIST_ENTRIES - 16, 16)
    assert choose_range(position(4), ledger, 17).list == name_list(KeyIndex(3), 5)


def test_no_room_anywhere_is_said() -> None:
    with pytest.raises(ListFullError):
        choose_range(position(4), Ledger(None, None, {name_list(KeyIndex(3), 5): 16}), LIST_ENTRIES)


@given(st.integers(1, LIST_ENTRIES), st.integers(0, LIST_ENTRIES))
def test_a_range_is_aligned_holds_the_batch_and_never_overlaps_the_fill_mark(
    count: int, mark: int
) -> None:
    own = name_list(KeyIndex(3), 1)
    chosen = choose_range(position(4), Ledger(4, own, {own: mark}), count)
    assert count <= chosen.size
    assert chosen.start % min(chosen.size, 256) == 0
    assert chosen.start + chosen.size <= LIST_ENTRIES
    assert chosen.list != own or chosen.start >= mark
    if count <= 256:
        assert chosen.start // 256 == (chosen.start + chosen.size - 1) // 256


@given(st.binary(min_size=32, max_size=32), st.integers(1, 700), st.integers(0, 200))
def test_rows_take_every_index_of_the_range_once(secret: bytes, count: int, word: int) -> None:
    chosen = StatusRange(name_list(KeyIndex(1), 1), word * 256, measure_range(count))
    order = order_positions(secret, chosen)
    assert sorted(order) == list(range(chosen.start, chosen.start + chosen.size))


def test_the_order_needs_the_secret_and_the_range() -> None:
    chosen = StatusRange(5, 0, 64)
    orders = {
        order_positions(SECRET, chosen),
        order_positions(bytes(32), chosen),
        tuple(i - 64 for i in order_positions(SECRET, StatusRange(5, 64, 64))),
        order_positions(SECRET, StatusRange(6, 0, 64)),
        tuple(range(64)),
    }
    assert len(orders) == 5


def test_the_order_is_the_one_that_was_published() -> None:
    """A home that is upgraded must find the same indices again."""
    assert order_positions(SECRET, StatusRange(4_294_967_297, 0, 16)) == PUBLISHED_ORDER


def test_the_index_does_not_follow_the_row() -> None:
    """Spearman's rank correlation over 200 ranges of 512 stays within what chance allows."""
    size, runs = 512, 200
    scale = size * (size * size - 1)
    total = 0.0
    for number in range(runs):
        order = order_positions(SECRET, StatusRange(number, 0, size))
        total += 1 - 6 * sum((row - index) ** 2 for row, index in enumerate(order)) / scale
    assert abs(total / runs) < 4 / (runs * size) ** 0.5


def test_only_the_planned_sequence_releases() -> None:
    plan = Plan(
        1,
        bytes(32),
        datetime(2026, 1, 1, tzinfo=UTC),
        Address(bytes(20)),
        7,
        5,
        StatusRange(1, 0, 16),
        Terms("https://example.org/status", "did:web:x#a", "did:web:x#b"),
    )
    assert [may_release(plan, seq) for seq in (4, 5, 6)] == [False, True, False]
