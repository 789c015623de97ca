"""Words of a file steer nothing: not direction, not length, not the next line."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifier.web.presentation.links import parse_link
from verifier.web.presentation.narrative import Kind, Stress, parse_narrative, parse_runs
from verifier.web.presentation.text import (
    FOLD_CHARACTERS,
    LONGEST_PILE,
    TEXT_CHARACTERS,
    clean_line,
    clean_text,
    has_hidden,
    quote_file,
    shorten,
)

FAMILY = "👩‍👩‍👧‍👦"


@given(st.text())
def test_no_cleaned_line_turns_direction_hides_or_breaks(text):
    cleaned = clean_line(text)
    assert "\n" not in cleaned
    for character in cleaned:
        assert unicodedata.category(character) not in ("Cc", "Cs", "Co", "Cn")
        assert unicodedata.category(character) != "Cf" or character in "\u200c\u200d"
    assert clean_line(cleaned) == cleaned


@given(st.text(), st.integers(1, 80))
def test_a_shortened_text_begins_the_text_and_says_that_it_goes_on(text, limit):
    short = shorten(text, limit)
    assert text.startswith(short.removesuffix("…").rstrip()) or short == text
    assert short == text or short.endswith("…")


@given(st.text())
def test_no_narrative_loses_its_end_without_saying_so(text):
    narrative = parse_narrative(text)
    assert all(block.rows for block in narrative.shown + narrative.folded)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("\u202eevil\u202c", "evil"),
        ("a\u2066b\u2069\u200e", "ab"),
        ("\ufeffx\u200by", "xy"),
        ("a\r\n\t  b", "a b"),
        ("\x1b[31mred", "[31mred"),
        ("\U000e0041tag", "tag"),
        ("क्\u200dष", "क्\u200dष"),
        ("Ngāta ʻOkina ễ ł", "Ngāta ʻOkina ễ ł"),
    ],
)
def test_steering_goes_and_letters_stay(text, clean):
    assert clean_line(text) == clean
    assert has_hidden({"a": [text]}) == (text != clean and text.strip() != "a\r\n\t  b")


def test_a_pile_of_marks_is_no_higher_than_a_line():
    assert clean_line("Z" + "\u0301" * 300) == "Z" + "\u0301" * LONGEST_PILE


def test_graphemes_are_not_cut_in_two():
    assert shorten(FAMILY * 3, 2) == FAMILY * 2 + "…"
    assert shorten("e\u0301e\u0301", 1) == "e\u0301…"
    assert shorten("🇳🇿🇫🇷", 1) == "🇳🇿…"


def test_a_name_of_ten_thousand_letters_does_not_push_the_verdict_away():
    assert len(quote_file("W" * 10_000).text) == 61


def test_a_long_text_is_cut_and_says_how_long_it_was():
    assert clean_text("x" * 900_000).endswith("… (900,000 characters; the rest is not shown)")
    assert len(clean_text("x" * 900_000)) < TEXT_CHARACTERS + 100


def test_what_is_beyond_the_fold_is_one_step_away():
    narrative = parse_narrative("\n\n".join(["word " * 40] * 10))
    assert sum(block.length for block in narrative.shown) > FOLD_CHARACTERS
    assert len(narrative.shown) + len(narrative.folded) == 10
    assert narrative.folded


def test_markdown_that_is_known_becomes_blocks():
    lists = "1. one\n2. two\n- x"
    table = "| a | b |\n| --- | --- |\n| 1 | 2 |"
    text = f"## Head\n\nFirst *soft* and **strong**.\n\n{lists}\n\n{table}"
    kinds = [block.kind for block in parse_narrative(text).shown]
    assert kinds == [Kind.HEADING, Kind.PARAGRAPH, Kind.NUMBERED, Kind.LIST, Kind.TABLE]
    runs = parse_narrative(text).shown[1].rows[0][0]
    assert [run.stress for run in runs] == [
        *(Stress.PLAIN, Stress.SOFT, Stress.PLAIN, Stress.STRONG, Stress.PLAIN),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "[link](javascript:alert(1))",
        "![image](https://x.example/i.png)",
        "<b>x</b>",
        "`code`",
        "**",
    ],
)
def test_markdown_that_is_not_known_is_shown_as_written(text):
    assert "".join(run.text for run in parse_runs(text)) == text


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JAVASCRIPT:alert(1)",
        "data:text/html,x",
        "http://plain.example/",
        "//plain.example/",
        "https://user@evil.example/",
        "https://user:pass@evil.example/",
        "https://evil.example:8443/",
        "https://localhost/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://аpple.example/",
        "https://evil.example/ x",
        'https://evil.example/"x',
        "https://evil.example\\@good.example/",
        "https://evil.example/\n",
        "https://" + "a" * 3_000 + ".example/",
        "",
        None,
        7,
    ],
)
def test_nothing_but_plain_https_to_a_named_host_is_a_link(address):
    assert parse_link(address) is None


def test_a_host_is_shown_as_it_is_asked():
    link = parse_link("https://XN--pple-43d.example/path?q=1#f")
    assert link.host == "xn--pple-43d.example"
