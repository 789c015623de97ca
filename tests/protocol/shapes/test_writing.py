"""What stands in a line for a leaf, against pyld's own functions."""

import json
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyld import jsonld, nquads

from protocol.credentials import iri
from protocol.credentials.guard import is_plain_number
from protocol.credentials.iri import is_absolute_iri
from protocol.credentials.shapes.reasons import NotProvedError, Reason
from protocol.credentials.shapes.writing import (
    make_resource_writer,
    read_scheme,
    write_address,
    write_number,
    write_text,
)
from tests.protocol.shapes.documents import ADDRESSES, NUMBERS, TEXTS, draw_number

C0_AND_C1 = [chr(code) for code in (*range(32), *range(127, 160)) if chr(code) not in "\t\n\r"]


@given(st.text(st.characters(exclude_categories=("Cs", "Cc"))) | st.sampled_from('\t\n\r\\"'))
def test_text_is_escaped_as_pyld_escapes_it(text) -> None:
    assert write_text(text) == nquads.escape(text).encode()


@pytest.mark.parametrize("mark", [*C0_AND_C1, chr(0xD800), chr(0xDFFF)], ids=ascii)
def test_text_that_the_guard_refuses_is_not_written(mark) -> None:
    with pytest.raises(NotProvedError) as caught:
        write_text(f"a{mark}b")
    assert caught.value.reason is Reason.TEXT


def test_numbers_are_written_as_json_ld_says_them() -> None:
    draw = Random(3)
    written = 0
    for number in [*NUMBERS, *(draw_number(draw) for _ in range(20_000))]:
        try:
            text = write_number(number)
        except NotProvedError:
            whole = isinstance(number, float) and number.is_integer()
            assert whole or not is_plain_number(number)
            continue
        written += 1
        value = {"@value": json.loads(json.dumps(number))}
        expected = jsonld.JsonLdProcessor()._object_to_rdf(
            value, None, [], {"processingMode": "json-ld-1.1"}
        )
        assert text.decode() == expected["value"]
    assert written > 10_000


@pytest.mark.parametrize("number", [3.0, -0.0, 1e21, 2**53, float("nan"), float("inf"), 1e-7])
def test_numbers_that_have_two_spellings_are_not_written(number) -> None:
    with pytest.raises(NotProvedError):
        write_number(number)


@pytest.mark.parametrize("text", [*ADDRESSES, *TEXTS], ids=ascii)
def test_addresses_are_written_if_the_guard_takes_them(text) -> None:
    full = is_absolute_iri(text) and not text.startswith("x-relative:")
    for write in (write_address, make_resource_writer(read_scheme(text))):
        if full:
            assert write(text) == text.encode()
            continue
        with pytest.raises(NotProvedError) as caught:
            write(text)
        assert caught.value.reason is Reason.ADDRESS


@pytest.mark.parametrize(
    ("learned", "other"),
    [("urn:a", "urn://a"), ("https://a", "https:a"), ("did:a", "DID:a"), ("a:b", "ab:b")],
)
def test_an_address_of_another_beginning_is_not_written(learned, other) -> None:
    """JSON-LD reads on by what an address begins with: a term of the contexts, or ``//``."""
    with pytest.raises(NotProvedError):
        make_resource_writer(read_scheme(learned))(other)
    with pytest.raises(NotProvedError):
        make_resource_writer(read_scheme(other))(learned)


@given(st.text(st.sampled_from("ab:/#?%.-_~@[]1é \\<>{}|^`\u200b"), max_size=12))
def test_the_sooner_pattern_of_addresses_accepts_no_more(text) -> None:
    if iri._COMMON.match(text):
        assert iri._ABSOLUTE.match(text)
        assert text.isascii()
