import json
import re
import unicodedata
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuer.inputs import cells
from issuer.inputs.cells import CellError
from protocol.credentials.guard import check_language
from protocol.credentials.iri import is_absolute_iri
from protocol.credentials.strict_json import find_text_problem

NAUGHTY = json.loads(
    (Path(__file__).parent.parent / "vectors" / "naughty_strings" / "blns.json").read_bytes()
)
TEXT_PARSERS = (cells.parse_line, cells.parse_lines, cells.parse_name, cells.parse_identifier)
PARSERS = (*TEXT_PARSERS, cells.parse_email, cells.parse_did, cells.parse_language, cells.parse_url)
ODD = st.characters(categories=["Cc", "Cs", "Cf", "Zs", "Zl", "Zp"])
ANY_TEXT = st.text(st.one_of(st.characters(), ODD), max_size=40)


def parse_or_none(parse, raw):
    try:
        return parse(raw)
    except CellError as error:
        said = (error.reason, error.remedy)
    assert all(said)
    return None


@pytest.mark.parametrize("parse", PARSERS, ids=lambda parse: parse.__name__)
@given(raw=ANY_TEXT)
def test_the_guard_accepts_whatever_a_cell_gives(parse, raw):
    value = parse_or_none(parse, raw)
    assert value is None or find_text_problem(value) is None


@pytest.mark.parametrize("parse", PARSERS, ids=lambda parse: parse.__name__)
def test_naughty_strings_are_text_or_refused_with_a_remedy(parse):
    for raw in NAUGHTY:
        value = parse_or_none(parse, raw)
        assert value is None or (find_text_problem(value) is None and parse(value) == value)


@given(rest=st.text(st.one_of(st.characters(), ODD), max_size=20))
def test_an_address_is_a_whole_iri(rest):
    value = parse_or_none(cells.parse_url, "https://example.org/" + rest)
    assert value is None or is_absolute_iri(value)


@given(rest=st.from_regex(r"[A-Za-z0-9-]{1,20}", fullmatch=True))
def test_a_language_is_one_for_the_guard_too(rest):
    value = parse_or_none(cells.parse_language, "en-" + rest)
    assert value is None or check_language(value)


@given(rest=st.text(st.one_of(st.characters(), ODD), max_size=20))
def test_a_did_is_a_whole_iri(rest):
    value = parse_or_none(cells.parse_did, "did:example:" + rest)
    assert value is None or is_absolute_iri(value)


@pytest.mark.parametrize("parse", TEXT_PARSERS, ids=lambda parse: parse.__name__)
@pytest.mark.parametrize(
    "sign", ["\x00", "\x07", "\x08", "\x1b", "\x7f", "\x85", "\udce9", chr(0xD800)]
)
def test_a_control_character_or_half_a_character_is_refused(parse, sign):
    with pytest.raises(CellError):
        parse(f"Aroha{sign} Ngāwaka")


@pytest.mark.parametrize(
    "sign", ["\u202e", "\u202d", "\u2066", "\u200b", "\u2060", "\ufeff", "\u00ad"]
)
def test_a_name_cannot_be_made_to_look_like_another(sign):
    with pytest.raises(CellError) as caught:
        cells.parse_name(f"Aroha {sign}Ngāwaka")
    assert f"U+{ord(sign):04X}" in caught.value.reason


@pytest.mark.parametrize("sign", ["\u202e", "\u202d"])
def test_a_narrative_cannot_be_turned_around(sign):
    with pytest.raises(CellError):
        cells.parse_lines(f"passed {sign}deliaf")


@pytest.mark.parametrize(
    "name",
    [
        "Ó",
        "Sukarno",
        "Siobhán O'Hagan",
        "陳曉明",
        "نگار رضایی\u200cپور",
        "ශ්\u200dරියානි",
        "Āroha",
        "X Æ A-12",
    ],
)
def test_names_of_the_world_pass(name):
    assert cells.parse_name(name) == name


def test_text_comes_in_nfc_and_trimmed():
    assert cells.parse_name("\u3000 A\u0304roha\u00a0") == "Āroha"


@pytest.mark.parametrize("raw", ["\u0301", "\u200c", "\u200d\u200d"])
def test_a_name_has_something_to_see(raw):
    with pytest.raises(CellError):
        cells.parse_name(raw)


def test_a_text_may_have_twenty_thousand_characters_and_no_more():
    assert len(cells.parse_lines("a" * 20_000)) == 20_000
    with pytest.raises(CellError, match="at most"):
        cells.parse_lines("a" * 20_001)


def test_lines_end_alike():
    assert cells.parse_lines("a\r\nb\rc\td") == "a\nb\nc\td"


def test_an_email_is_trimmed_and_in_lower_case():
    assert cells.parse_email(" Aroha.N@Example.ORG ") == "aroha.n@example.org"


@pytest.mark.parametrize(
    "raw",
    [
        "aroha",
        "aroha@",
        "@example.org",
        "a b@example.org",
        "Aroha <a@example.org>",
        "a@b",
        "a@b..c",
    ],
)
def test_what_is_no_email_is_refused(raw):
    with pytest.raises(CellError):
        cells.parse_email(raw)


def test_a_student_number_keeps_its_capitals_and_zeros():
    assert cells.parse_identifier(" 00A7b ") == "00A7b"


@pytest.mark.parametrize(
    "raw", ["did:example:al ice", "did:example:", "did:key:z6Mk#key", "z6Mk", "did:web:a/b"]
)
def test_what_is_no_did_is_refused(raw):
    with pytest.raises(CellError):
        cells.parse_did(raw)


@pytest.mark.parametrize(
    "raw",
    [
        "2026-02-30",
        "06/11/2026",
        "2026-11-6",
        "20261106",
        "2026-11-06T00:00",
        "1899-12-31",
        "9999-12-31",
        "soon",
    ],
)
def test_an_impossible_date_is_refused(raw):
    with pytest.raises(CellError):
        cells.parse_day(raw)


def test_a_leap_day_is_a_day():
    assert cells.parse_day("2028-02-29") == date(2028, 2, 29)


def test_a_day_ends_where_the_issuer_is():
    end = cells.find_end_of_day(date(2026, 12, 31), ZoneInfo("Pacific/Auckland"))
    assert end == datetime(2026, 12, 31, 10, 59, 59, tzinfo=UTC)


def test_a_day_of_25_hours_ends_at_its_second_midnight():
    end = cells.find_end_of_day(date(2026, 10, 25), ZoneInfo("Europe/Berlin"))
    assert end == datetime(2026, 10, 25, 22, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("raw", "spelled"), [("MI", "mi"), ("en-nz", "en-NZ"), ("ZH-hant-tw", "zh-Hant-TW")]
)
def test_languages_get_their_customary_capitals(raw, spelled):
    assert cells.parse_language(raw) == spelled


@pytest.mark.parametrize("raw", ["en_NZ", "e", "en-", "en--NZ", "1n", "abcd-efg"])
def test_what_is_no_language_tag_is_refused(raw):
    with pytest.raises(CellError):
        cells.parse_language(raw)


@pytest.mark.parametrize(
    "raw",
    [
        "example.org",
        "//example.org",
        "ftp://example.org",
        "javascript:alert(1)",
        "https://",
        "https:///path",
        "https://exa mple.org",
        "https://user:secret@example.org",
        "https://example.org:99999",
        "https://example.org/a\u202eb",
        "https://example.org/<script>",
        "https://example.org/\u200b",
        "https://[::1",
    ],
)
def test_what_is_no_web_address_is_refused(raw):
    with pytest.raises(CellError):
        cells.parse_url(raw)


@pytest.mark.parametrize(
    "raw", ["https://example.org/ā?q=1#x", "http://127.0.0.1:8000/", "HTTPS://Example.org/%20"]
)
def test_a_web_address_passes_unchanged(raw):
    assert cells.parse_url(raw) == raw


def test_no_printable_character_is_one_that_a_text_may_not_have():
    """So a text that is printable as a whole needs no further look."""
    every = "".join(map(chr, range(0x110000)))
    refused = {
        sign
        for pattern in (cells._CONTROL, cells._OVERRIDE, cells._FORCED, cells._INVISIBLE)
        for sign in pattern.findall(every)
    }
    refused |= {sign for sign in every if unicodedata.category(sign) == "Cf"}
    assert len(refused) > 2_000
    assert not any(map(str.isprintable, refused))
    assert not any(map(str.isprintable, "\n\r\t"))


@given(raw=st.from_regex(cells._COMMON_URL, fullmatch=True))
def test_what_is_found_sooner_is_an_address_anyway(raw):
    sooner = parse_or_none(cells.parse_url, raw)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(cells, "_COMMON_URL", re.compile(r"(?!)"))
        assert parse_or_none(cells.parse_url, raw) == sooner
