"""Packed entries say what was put in; two that are equal are found without keeping all."""

import os
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuer.journal.entry_table import build_table, find_doubled, pack_id, unpack_id
from issuer.journal.records import Entry
from protocol.primitives import Leaf


def make(position: int, *, signed: bool = True) -> Entry:
    return Entry(
        position,
        uuid4().urn,
        3 * position,
        Leaf(os.urandom(32)),
        os.urandom(64) if signed else None,
    )


@pytest.mark.parametrize("signed", [True, False])
def test_entries_come_out_as_they_went_in(signed: bool) -> None:
    given = [make(position, signed=signed) for position in range(5)]
    table = build_table(given, len(given))
    assert list(table) == given
    assert table[3] == given[3]
    assert table[1:3] == given[1:3]
    assert [table.find_leaf(at) for at in range(5)] == [entry.leaf for entry in given]
    assert (len(table), table.is_signed) == (5, signed)


def test_half_signed_is_not_signed() -> None:
    assert not build_table([make(0), make(1, signed=False)], 2).is_signed


@given(st.uuids().map(lambda value: value.bytes))
def test_an_id_has_one_form(raw: bytes) -> None:
    text = unpack_id(raw)
    assert text == UUID(bytes=raw).urn
    assert pack_id(text) == raw


@pytest.mark.parametrize(
    "text",
    [
        "urn:uuid:6F0B1A52-9a4e-4d0c-8b15-0f5f6f0f9a01",
        "urn:uuid:6f0b1a529a4e4d0c8b150f5f6f0f9a01",
        "urn:uuid:{6f0b1a52-9a4e-4d0c-8b15-0f5f6f0f9a01}",
        "6f0b1a52-9a4e-4d0c-8b15-0f5f6f0f9a01",
        "https://example.org/1",
    ],
)
def test_other_ids_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"uuid|UUID"):
        pack_id(text)


@given(st.lists(st.binary(min_size=9, max_size=9), max_size=30))
def test_two_equal_items_are_found_and_no_others(items: list[bytes]) -> None:
    found = find_doubled(b"".join(items), 9)
    if len(set(items)) == len(items):
        assert found is None
    else:
        first, second = found
        assert first < second
        assert items[first] == items[second]


def test_items_that_only_begin_alike_are_not_equal() -> None:
    assert find_doubled(b"12345678a12345678b", 9) is None
