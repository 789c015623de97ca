"""ST-09, ST-11 and the bit order: one form of entry, and the registry's place for each."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.credentials.status_index import (
    LIST_ENTRIES,
    SUB_LISTS,
    StatusEntry,
    find_entry,
    find_key_index,
    find_spans,
    locate,
    name_list,
    parse_status,
    render_status,
)
from protocol.errors import GuardError

BASE = "https://issuer.example.org/status/issuer.example.org"
GOOD = render_status(BASE, 4_294_967_297, 131_071)


def refuse(member: object, reason: str) -> None:
    with pytest.raises(GuardError, match=reason) as caught:
        parse_status(member)
    assert caught.value.rule == "G7"


def test_an_entry_has_exactly_these_members() -> None:
    address = f"{BASE}/4294967297/revocation"
    assert render_status(BASE, 4_294_967_297, 131_071) == {
        "id": f"{address}#131071",
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": "131071",
        "statusListCredential": address,
    }
    assert parse_status(GOOD) == StatusEntry(4_294_967_297, 131_071, address, "revocation")


@given(st.integers(0, 2**48 - 1), st.integers(0, LIST_ENTRIES - 1))
def test_what_is_written_is_read(number: int, index: int) -> None:
    entry = parse_status(render_status(BASE, number, index))
    assert (entry.list, entry.index) == (number, index)


INDICES = ["-1", "05", "5.0", "5abc", "٥", " 5", "5 ", "+5", "1e3", "0x5", "", "131072", "9" * 30]


@pytest.mark.parametrize("index", [*INDICES, 5, 5.0, True, None, ["5"]])
def test_st_09_an_index_has_one_spelling(index: object) -> None:
    refuse(GOOD | {"statusListIndex": index}, r"statusListIndex: expected a decimal number")


@pytest.mark.parametrize("number", ["-1", "05", "٥", "281474976710656", "9" * 30, "1.0"])
def test_st_09_a_list_number_has_one_spelling(number: str) -> None:
    refuse(GOOD | {"statusListCredential": f"{BASE}/{number}/revocation"}, "statusListCredential")


@pytest.mark.parametrize(
    "address",
    [
        BASE,
        f"{BASE}/1/suspension",
        f"{BASE}/1/revocation/",
        f"{BASE}/1/revocation?x",
        f"{BASE}/1/revocation\n",
        "file:///etc/1/revocation",
        "/1/revocation",
        7,
        None,
    ],
)
def test_an_address_ends_in_list_and_purpose(address: object) -> None:
    refuse(GOOD | {"statusListCredential": address}, "not an address ending in")


def test_the_entrys_id_names_the_same_list_and_index() -> None:
    refuse(GOOD | {"id": f"{GOOD['statusListCredential']}#7"}, "does not name this list and index")


@pytest.mark.parametrize("member", sorted(GOOD))
def test_st_11_an_entry_with_a_member_missing_is_refused(member: str) -> None:
    refuse({key: value for key, value in GOOD.items() if key != member}, "and no other")


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("type", "StatusList2021Entry"),
        ("type", ["BitstringStatusListEntry"]),
        ("statusPurpose", "suspension"),
        ("statusPurpose", "message"),
    ],
)
def test_st_11_an_unknown_type_or_purpose_is_refused(member: str, value: object) -> None:
    refuse(GOOD | {member: value}, f"{member}: only .* is known")


@pytest.mark.parametrize("member", [None, [], [GOOD], [GOOD, GOOD], "x", GOOD | {"statusSize": 1}])
def test_st_11_anything_but_one_entry_is_refused(member: object) -> None:
    refuse(member, "and no other")


def test_index_0_is_the_left_most_bit() -> None:
    assert locate(0, 0) == (0, 1 << 255)
    assert locate(0, 255) == (0, 1)
    assert locate(0, 256) == (1, 1 << 255)
    assert locate(3, 131_071) == (3 * 512 + 511, 1)


def test_the_bit_is_the_one_of_the_standards_bitstring() -> None:
    """A word of the registry, as bytes, is a stretch of the list's bitstring."""
    for index in (0, 7, 8, 300, 131_071):
        word, mask = locate(9, index)
        bits = bytearray(LIST_ENTRIES // 8)
        place = (word - 9 * 512) * 32
        bits[place : place + 32] = mask.to_bytes(32, "big")
        assert bits[index // 8] == 0x80 >> index % 8


def test_words_of_the_largest_list_fit_the_registrys_numbers() -> None:
    word, _ = locate(*find_entry(name_list(65_535, 2**24 - 1), SUB_LISTS * LIST_ENTRIES - 1))
    assert word < 2**57 < 2**64


KEYS = st.integers(0, 65_535)
SEQUENCES = st.integers(0, 2**24 - 1)
PLACES = st.integers(0, SUB_LISTS * LIST_ENTRIES - 1)


@given(KEYS, SEQUENCES, PLACES)
def test_key_sequence_and_place_can_be_read_off_list_and_index(
    key: int, sequence: int, place: int
) -> None:
    """So no two of them have the same list and index."""
    number, index = find_entry(name_list(key, sequence), place)
    assert index in range(LIST_ENTRIES)
    assert number < 2**48
    assert find_key_index(number) == key
    assert number % 2**24 == sequence
    assert number // 2**24 % 2**8 * LIST_ENTRIES + index == place
    assert locate(number, index)[0] < 2**57


@given(KEYS, SEQUENCES, PLACES, PLACES)
def test_a_place_may_be_counted_from_a_sub_list_too(
    key: int, sequence: int, place: int, further: int
) -> None:
    number, index = find_entry(name_list(key, sequence), place)
    if place + further < SUB_LISTS * LIST_ENTRIES:
        wanted = find_entry(name_list(key, sequence), place + further)
        assert find_entry(number, index + further) == wanted
    else:
        with pytest.raises(ValueError, match="there is no place"):
            find_entry(number, index + further)


def test_the_first_places_are_the_indices_of_the_list_itself() -> None:
    first = name_list(1, 1)
    assert first == 4_294_967_297
    assert find_entry(first, 131_071) == (first, 131_071)
    assert find_entry(first, 131_072) == (first + 2**24, 0)
    assert find_entry(first, SUB_LISTS * LIST_ENTRIES - 1) == (first + 255 * 2**24, 131_071)


@given(SEQUENCES, st.integers(0, 700_000), st.integers(0, 700_000))
def test_spans_are_the_places_of_a_range_list_by_list(seq: int, start: int, size: int) -> None:
    first = name_list(7, seq)
    spans = find_spans(first, start, size)
    assert sum(map(len, spans.values())) == size
    if size:
        ends = [(number, span[at]) for number, span in spans.items() for at in (0, -1)]
        assert ends[0] == find_entry(first, start)
        assert ends[-1] == find_entry(first, start + size - 1)
        assert all(span[0] == 0 for span in [*spans.values()][1:])
        assert all(span[-1] == LIST_ENTRIES - 1 for span in [*spans.values()][:-1])


@pytest.mark.parametrize(("key", "seq"), [(65_536, 0), (-1, 0), (1, -1), (1, 2**24)])
def test_no_list_for_what_would_be_another_keys_or_a_sub_list(key: int, seq: int) -> None:
    with pytest.raises(ValueError, match="there is no list"):
        name_list(key, seq)


@pytest.mark.parametrize("place", [-1, SUB_LISTS * LIST_ENTRIES])
def test_no_entry_for_a_place_that_cannot_be(place: int) -> None:
    with pytest.raises(ValueError, match="there is no place"):
        find_entry(name_list(1, 1), place)


@pytest.mark.parametrize(("number", "index"), [(-1, 0), (2**48, 0), (0, -1), (0, LIST_ENTRIES)])
def test_no_word_for_what_cannot_be(number: int, index: int) -> None:
    with pytest.raises(ValueError, match="there is no index"):
        locate(number, index)
