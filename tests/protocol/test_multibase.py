"""Base 58 against the published package, and one text for each run of bytes."""

import base58
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.proofs.base58_lanes import join_digits, split_digits
from protocol.proofs.multibase import (
    find_fast,
    parse_base58,
    parse_plain,
    render_base58,
    render_plain,
)


@given(st.binary(max_size=200))
def test_the_package_writes_the_same(data: bytes) -> None:
    assert render_base58(data) == "z" + base58.b58encode(data).decode("ascii")


@given(st.binary(max_size=200))
def test_what_is_written_is_read(data: bytes) -> None:
    assert parse_base58(render_base58(data), 400) == data


@given(st.text(alphabet="123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz", max_size=90))
def test_every_text_that_is_read_is_the_one_that_is_written(digits: str) -> None:
    text = "z" + digits
    assert render_base58(parse_base58(text, 100)) == text


@pytest.mark.parametrize(
    "text", ["", "1", "u11", "Z11", "z0", "zO", "zI", "zl", "z1 ", "z1\n", " z1", "z１"]
)
def test_other_prefixes_and_characters_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="letter z followed by base-58"):
        parse_base58(text, 100)


def test_the_length_is_looked_at_first() -> None:
    assert parse_base58("z1111", 5) == bytes(4)
    with pytest.raises(ValueError, match="more than 5 characters"):
        parse_base58("z00000", 5)


@pytest.mark.parametrize("size", [0, 1, 22, 23, 24, 46, 47, 64, 376, 1_136, 2_985])
@pytest.mark.parametrize("first", [0, 1, 57, 58, 255])
def test_lanes_hold_at_every_length(size: int, first: int) -> None:
    """Numbers at the edge of a limb: all ones, one bit, and what lies between."""
    for rest in (bytes(size), b"\xff" * size, bytes(range(256)) * 12):
        data = bytes([first]) + rest[:size]
        text = render_base58(data)
        assert text == "z" + base58.b58encode(data).decode("ascii")
        assert parse_base58(text, 10_000) == data
        assert render_plain(int.from_bytes(data)) == text[1:].lstrip("1")


@pytest.mark.parametrize("power", [1, 2, 16, 31, 32, 33, 63, 64, 65, 127, 128, 512, 1_557])
def test_a_power_of_58_and_its_neighbours_are_right(power: int) -> None:
    for number in (58**power - 1, 58**power, 58**power + 1):
        digits = split_digits(number)
        assert sum(digit * 58**place for place, digit in enumerate(reversed(digits))) == number
        assert join_digits(digits) == number


@given(st.binary(max_size=1_500))
def test_the_optional_library_does_the_same(data: bytes) -> None:
    """The tests install it; without it the plain way is the only one."""
    fast = find_fast()
    assert fast is not None
    render, parse = fast
    number = int.from_bytes(data)
    text = render_plain(number)
    assert render(number) == text
    assert parse(text) == parse_plain(text) == number
