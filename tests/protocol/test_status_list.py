"""Status lists as others read them: bits, both spellings, and hostile lists."""

import base64
import gzip
import random
import zlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.credentials.canonical import canonicalise
from protocol.credentials.contexts import BLOCKCERTS_LIST_CONTEXTS, LIST_CONTEXTS
from protocol.credentials.status_index import LIST_ENTRIES, locate
from protocol.credentials.status_list import (
    DECODED_LIMIT_BYTES,
    ENCODED_LIMIT_CHARACTERS,
    LIST_BYTES,
    LIST_WORDS,
    PURPOSES,
    ListForm,
    StatusList,
    assemble_bits,
    build_status_list,
    decode_status_list,
    encode_status_list,
    is_set,
)
from protocol.errors import GuardError, StatusListError

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
EMPTY_BY_ANOTHER = (
    "H4sIAAAAAAAAA-3OQQ0AAAgEIJ_GsH9KY5ybkIAqAD6bdADgl04HAAAAAAAAAAAAAAAAgLsWQFhQ2QBAAAA"
)
"""From Blockcerts' published suspension list: bits that another encoder packed."""


def describe(bits: bytes = bytes(LIST_BYTES), purpose: str = "revocation") -> StatusList:
    return StatusList(
        issuer="did:web:issuer.example.org",
        address=f"https://issuer.example.org/status/issuer.example.org/4294967297/{purpose}",
        purpose=purpose,
        bits=bits,
        valid_from=NOW,
        valid_until=NOW + timedelta(days=7),
    )


def pack(data: bytes) -> str:
    return "u" + base64.urlsafe_b64encode(data).decode().rstrip("=")


@given(st.sets(st.integers(0, LIST_ENTRIES - 1), max_size=60))
def test_what_the_registry_has_set_and_nothing_else_is_set_in_the_list(indices: set[int]) -> None:
    words: dict[int, int] = {}
    for index in indices:
        word, mask = locate(5, index)
        words[word - 5 * LIST_WORDS] = words.get(word - 5 * LIST_WORDS, 0) | mask
    bits = decode_status_list(encode_status_list(assemble_bits(words)))
    assert {index for index in range(LIST_ENTRIES) if is_set(bits, index)} == indices


@given(st.integers(0, 1 << 64), st.sampled_from(["u", ""]))
def test_a_list_is_read_as_it_was_written_in_either_spelling(seed: int, prefix: str) -> None:
    bits = random.Random(seed).randbytes(LIST_BYTES)
    text = encode_status_list(bits, prefix=prefix)
    assert text.startswith(f"{prefix}H4sI")
    assert decode_status_list(text) == bits


def test_index_0_is_the_left_most_bit() -> None:
    """ST-10."""
    _, mask = locate(0, 0)
    assert assemble_bits({0: mask})[:2] == b"\x80\x00"
    _, mask = locate(0, LIST_ENTRIES - 1)
    assert assemble_bits({LIST_WORDS - 1: mask})[-2:] == b"\x00\x01"


def test_equal_bits_give_equal_texts() -> None:
    bits = random.Random(1).randbytes(LIST_BYTES)
    assert encode_status_list(bits) == encode_status_list(bytes(bytearray(bits)))


def test_a_list_that_another_encoder_packed_is_read() -> None:
    bits = decode_status_list(EMPTY_BY_ANOTHER)
    assert len(bits) == LIST_BYTES


def test_no_word_outside_a_list_is_taken() -> None:
    with pytest.raises(ValueError, match="0 to 511"):
        assemble_bits({LIST_WORDS: 1})


@pytest.mark.parametrize("index", [-1, LIST_ENTRIES])
def test_no_entry_outside_the_list_is_read(index: int) -> None:
    with pytest.raises(ValueError, match="no entry"):
        is_set(bytes(LIST_BYTES), index)


GOOD = gzip.compress(bytes(LIST_BYTES), mtime=0)


HOSTILE = {
    "empty": ("", "not base64url"),
    "a prefix alone": ("u", "not base64url"),
    "another prefix": ("z" + pack(GOOD)[1:-1], "not packed"),
    "padding": (pack(GOOD) + "=", "not base64url"),
    "a line end": (pack(GOOD) + "\n", "not base64url"),
    "a Greek letter": (pack(GOOD).replace("A", "\u0391", 1), "not base64url"),
    "plain base 64": ("u" + base64.b64encode(b"\xfb\xff" + GOOD).decode(), "not base64url"),
    "plain bits": (pack(b"plain bits"), "not packed"),
    "zlib": (pack(zlib.compress(bytes(LIST_BYTES))), "not packed"),
    "no last byte": (pack(GOOD[:-1]), "cut off"),
    "another checksum": (pack(GOOD[:-8] + bytes(8)), "not packed"),
    "a byte more": (pack(GOOD + b"\0"), "something follows"),
    "a second member": (pack(GOOD + gzip.compress(b"\xff", mtime=0)), "something follows"),
    "a byte short": (pack(gzip.compress(bytes(LIST_BYTES - 1), mtime=0)), "fewer than"),
    "no bits": (pack(gzip.compress(b"", mtime=0)), "fewer than"),
    "too many": (pack(gzip.compress(bytes(DECODED_LIMIT_BYTES + 1), mtime=0)), "more than"),
    "too long": ("u" + "A" * ENCODED_LIMIT_CHARACTERS, "more than"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_list_is_refused_with_its_reason(name: str) -> None:
    """ST-07, ST-08."""
    text, reason = HOSTILE[name]
    with pytest.raises(StatusListError, match=reason):
        decode_status_list(text)


def test_spare_bits_of_the_last_character_are_refused() -> None:
    lists = (
        random.Random(count).randbytes(count) + bytes(LIST_BYTES - count) for count in range(9)
    )
    packed = (gzip.compress(bits, mtime=0) for bits in lists)
    data = next(each for each in packed if len(each) % 3 == 1)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    text = pack(data)
    changed = text[:-1] + alphabet[alphabet.index(text[-1]) + 1]
    with pytest.raises(StatusListError, match="last character"):
        decode_status_list(changed)


def test_a_bomb_is_refused_before_it_goes_off() -> None:
    """ST-06."""
    bomb = zlib.compressobj(9, zlib.DEFLATED, 31)
    packed = b"".join(bomb.compress(bytes(1 << 20)) for _ in range(300)) + bomb.flush()
    assert len(packed) < 400_000
    with pytest.raises(StatusListError, match="more than"):
        decode_status_list(pack(packed))


def test_the_largest_list_that_is_read_is_read() -> None:
    bits = random.Random(2).randbytes(DECODED_LIMIT_BYTES)
    assert decode_status_list(encode_status_list(bits)) == bits


@pytest.mark.parametrize("purpose", PURPOSES)
@pytest.mark.parametrize(
    ("form", "contexts"),
    [
        (ListForm.STANDARD, LIST_CONTEXTS),
        (ListForm.JWT, LIST_CONTEXTS),
        (ListForm.BLOCKCERTS, BLOCKCERTS_LIST_CONTEXTS),
    ],
)
def test_every_member_of_a_list_is_signed(
    purpose: str, form: ListForm, contexts: tuple[str, ...]
) -> None:
    document = build_status_list(describe(purpose=purpose), form)
    nquads = canonicalise(document, contexts).nquads.decode()
    subject = document["credentialSubject"]
    assert isinstance(subject, dict)
    for text in (document["id"], document["issuer"], document["validFrom"], document["validUntil"]):
        assert str(text) in nquads
    for text in (subject["id"], purpose, subject["encodedList"]):
        assert str(text) in nquads
    assert "BitstringStatusListCredential" in nquads


def test_both_signed_forms_have_the_same_statements_but_for_the_prefix() -> None:
    standard, blockcerts = (
        canonicalise(build_status_list(describe(), form), contexts).nquads
        for form, contexts in (
            (ListForm.STANDARD, LIST_CONTEXTS),
            (ListForm.BLOCKCERTS, BLOCKCERTS_LIST_CONTEXTS),
        )
    )
    assert standard.replace(b'"uH4sI', b'"H4sI') == blockcerts


def test_a_list_is_not_signed_under_other_contexts() -> None:
    document = build_status_list(describe(), ListForm.BLOCKCERTS)
    with pytest.raises(GuardError, match="G1"):
        canonicalise(document, LIST_CONTEXTS)


def test_no_member_slips_in_unsigned() -> None:
    document = build_status_list(describe(), ListForm.STANDARD) | {"ttl": 300_000}
    with pytest.raises(GuardError, match="G6"):
        canonicalise(document, LIST_CONTEXTS)
