"""The pure rules that place a batch's status indices."""

import hmac
import tracemalloc
from datetime import UTC, datetime
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuer.batch import LEAF_LIMIT
from issuer.batches.plan import (
    KeyPosition,
    Ledger,
    Plan,
    StatusRange,
    Terms,
    choose_range,
    may_release,
    measure_range,
    order_positions,
)
from issuer.batches.shuffling import Tag, order_by_tag
from issuer.errors import BatchSizeError, ListFullError, SequenceLimitError
from protocol.credentials.status_index import LIST_ENTRIES, SUB_LISTS, find_spans, name_list
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


@pytest.mark.parametrize("count", [0, -1, LEAF_LIMIT + 1])
def test_a_batch_that_no_tree_can_hold_is_refused(count: int) -> None:
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


FRESH = name_list(KeyIndex(3), 5)
"""What a batch planned at `position(4)` opens."""
PLACES = SUB_LISTS * LIST_ENTRIES


def test_a_batch_beyond_one_list_begins_a_new_one_and_fills_it() -> None:
    own = name_list(KeyIndex(3), 1)
    ledger = Ledger(4, own, {own: 16})
    assert choose_range(position(4), ledger, LIST_ENTRIES + 1) == StatusRange(FRESH, 0, 131_328)
    filled = Ledger(5, FRESH, {FRESH: 131_328})
    assert choose_range(position(5), filled, 5).list == name_list(KeyIndex(3), 6)


@pytest.mark.parametrize(
    ("mark", "count", "start"),
    [
        (16, LIST_ENTRIES, LIST_ENTRIES),
        (16, LIST_ENTRIES + 1, LIST_ENTRIES),
        (131_328, 1_000_000, 2 * LIST_ENTRIES),
        (131_328, 5, 131_328),
        (LIST_ENTRIES - 16, 17, LIST_ENTRIES),
        (PLACES - 16, 16, PLACES - 16),
    ],
)
def test_a_list_opened_by_dropped_plans_goes_on_in_its_sub_lists(
    mark: int, count: int, start: int
) -> None:
    """A large batch of which one credential was refused can be issued at once when it is mended."""
    ledger = Ledger(None, None, {FRESH: mark})
    assert choose_range(position(4), ledger, count) == StatusRange(
        FRESH, start, measure_range(count)
    )


@pytest.mark.parametrize(("mark", "count"), [(PLACES, 1), (PLACES - 16, 17), (PLACES - 256, 300)])
def test_no_room_anywhere_is_said(mark: int, count: int) -> None:
    with pytest.raises(ListFullError):
        choose_range(position(4), Ledger(None, None, {FRESH: mark}), count)


def test_no_list_is_opened_for_a_sequence_that_none_can_be_named_after() -> None:
    last = 2**24 - 1
    assert choose_range(position(last - 1), EMPTY, 5).list == name_list(KeyIndex(3), last)
    with pytest.raises(SequenceLimitError, match="16,777,215 batches"):
        choose_range(position(last), EMPTY, 5)
    own = name_list(KeyIndex(3), last)
    assert choose_range(position(last), Ledger(last, own, {own: 16}), 5).start == 16


COUNTS = st.one_of(
    st.integers(1, 300), st.integers(1, LIST_ENTRIES), st.integers(LIST_ENTRIES, LEAF_LIMIT)
)


@given(COUNTS, st.integers(0, LIST_ENTRIES), st.integers(0, 2 * LEAF_LIMIT))
def test_a_range_is_aligned_holds_the_batch_and_never_overlaps_the_fill_mark(
    count: int, own_mark: int, fresh_mark: int
) -> None:
    own = name_list(KeyIndex(3), 1)
    marks = {own: own_mark, FRESH: fresh_mark}
    chosen = choose_range(position(4), Ledger(4, own, marks), count)
    assert count <= chosen.size
    assert chosen.start % min(chosen.size, 256) == 0
    assert chosen.start >= marks[chosen.list]
    assert chosen.list == FRESH or chosen.start + chosen.size <= LIST_ENTRIES
    if count <= 256:
        assert chosen.start // 256 == (chosen.start + chosen.size - 1) // 256
    if chosen.size <= LIST_ENTRIES:
        assert len(find_spans(chosen.list, chosen.start, chosen.size)) == 1
    else:
        assert chosen.start % LIST_ENTRIES == 0


@given(st.binary(min_size=32, max_size=32), st.integers(1, 700), st.integers(0, 200))
def test_rows_take_every_index_of_the_range_once(secret: bytes, count: int, word: int) -> None:
    chosen = StatusRange(name_list(KeyIndex(1), 1), word * 256, measure_range(count))
    order = order_positions(secret, chosen)
    assert sorted(order) == list(range(chosen.start, chosen.start + chosen.size))


def test_the_order_needs_the_secret_and_the_range() -> None:
    chosen = StatusRange(5, 0, 64)
    orders = {
        tuple(order_positions(SECRET, chosen)),
        tuple(order_positions(bytes(32), chosen)),
        tuple(i - 64 for i in order_positions(SECRET, StatusRange(5, 64, 64))),
        tuple(order_positions(SECRET, StatusRange(6, 0, 64))),
        tuple(range(64)),
    }
    assert len(orders) == 5


def test_the_order_is_the_one_that_was_published() -> None:
    """A home that is upgraded must find the same indices again."""
    order = order_positions(SECRET, StatusRange(4_294_967_297, 0, 16))
    assert tuple(order) == PUBLISHED_ORDER


def sort_plainly(secret: bytes, chosen: StatusRange) -> list[int]:
    """Rule 6 as it is written in docs/contract.md."""
    key = hmac.digest(secret, f"{chosen.list}:{chosen.start}".encode(), "sha256")
    places = range(chosen.start, chosen.start + chosen.size)
    return sorted(places, key=lambda place: hmac.digest(key, str(place).encode(), "sha256"))


@pytest.mark.parametrize(
    "chosen",
    [
        StatusRange(FRESH, 0, 16),
        StatusRange(FRESH, 4_096, 256),
        StatusRange(FRESH, 130_560, 512),
        StatusRange(FRESH, 2 * LIST_ENTRIES, LIST_ENTRIES + 256),
    ],
)
def test_the_order_is_that_of_the_keyed_hashes(chosen: StatusRange) -> None:
    assert list(order_positions(SECRET, chosen)) == sort_plainly(SECRET, chosen)


@given(st.integers(1, 400), st.integers(0, 1_000), st.integers(1, 3), st.binary(max_size=7))
def test_tags_that_begin_alike_are_told_apart_by_the_rest(
    size: int, start: int, varied: int, begin: bytes
) -> None:
    """Tags of our own making: HMAC's begin alike too seldom to be met in a test."""

    def compute(number: int) -> bytes:
        tail = sha256(b"%d" % number).digest()[:varied]
        return ((begin + bytes([number % 3])).ljust(8, b"\xff") + tail).ljust(32, b"\0")

    wanted = sorted(range(start, start + size), key=compute)
    assert list(order_by_tag(start, size, compute)) == wanted


@given(st.binary(max_size=64), st.integers(0, 2**32))
def test_a_tag_is_hmac(key: bytes, number: int) -> None:
    assert Tag(key).compute(number) == hmac.digest(key, str(number).encode(), "sha256")


def test_an_order_takes_little_memory() -> None:
    """A million places are ordered by the process that also holds a million leaves."""
    chosen = StatusRange(FRESH, 0, 50_176)
    tracemalloc.start()
    try:
        order_positions(SECRET, chosen)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 24 * chosen.size


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
