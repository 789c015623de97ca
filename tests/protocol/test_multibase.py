"""Base 58 against the published package, and one text for each run of bytes."""

import base58
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.proofs.multibase import parse_base58, render_base58


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
