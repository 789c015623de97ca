import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from issuer.inputs.csv_records import (
    OPEN_QUOTE,
    RECORD_LIMIT_CHARACTERS,
    STRAY_QUOTE,
    TEXT_AFTER_QUOTE,
    TOO_LONG,
    split_records,
    stream_records,
)

CELL = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
ROWS = st.lists(st.lists(CELL, min_size=1, max_size=4), min_size=1, max_size=6)


@given(rows=ROWS, ending=st.sampled_from(["\r\n", "\n", "\r"]))
def test_what_a_spreadsheet_writes_is_read_back(rows, ending):
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator=ending).writerows(rows)
    assert [list(record.cells) for record in split_records(text.getvalue())] == rows


@given(text=st.text(st.characters(), max_size=60))
def test_any_text_is_cut_into_records_numbered_from_one(text):
    records = list(split_records(text))
    assert [record.number for record in records] == list(range(1, len(records) + 1))
    assert all(record.cells for record in records)


CSV_TEXT = st.text(st.sampled_from('ab",\r\né '), max_size=40)


@given(text=CSV_TEXT, size=st.integers(1, 9))
def test_where_a_text_is_cut_into_pieces_changes_nothing(text, size):
    pieces = (text[at : at + size] for at in range(0, len(text), size))
    assert list(stream_records(pieces)) == list(split_records(text))


def test_no_more_is_kept_than_a_record_may_take():
    """An open quotation mark would otherwise read the whole file into memory."""
    taken = []

    def give_pieces():
        for piece in ['a,b\n"c', *["x\n" * 100_000] * 1_000]:
            taken.append(piece)
            yield piece

    first, second = stream_records(give_pieces())
    assert (first.cells, first.fault) == (("a", "b"), None)
    assert (second.number, second.fault) == (2, TOO_LONG)
    assert sum(map(len, taken)) < RECORD_LIMIT_CHARACTERS + 300_000


def test_a_doubled_quotation_mark_closes_no_cell():
    first, second = split_records('a\n"b ""c\nd')
    assert first.cells == ("a",)
    assert second.fault == OPEN_QUOTE


def test_a_line_of_any_length_is_cut_into_its_cells():
    cells = tuple(str(number) for number in range(5_000))
    [record] = split_records(",".join(cells) + "\r\n")
    assert record.cells == cells


def test_a_cell_with_lines_is_one_row():
    numbers = [(record.number, record.cells) for record in split_records('a,"b\nc"\nd,e\n')]
    assert numbers == [(1, ("a", "b\nc")), (2, ("d", "e"))]


def test_the_last_line_end_makes_no_row():
    assert len(list(split_records("a\nb\n"))) == len(list(split_records("a\nb"))) == 2


def test_a_faulty_row_leaves_the_next_one_whole():
    first, second = split_records('a"b,c\nd,e')
    assert first.fault == STRAY_QUOTE
    assert (second.cells, second.fault) == (("d", "e"), None)


def test_text_after_a_closing_quotation_mark_is_a_fault():
    first, second = split_records('"a"b,c\nd')
    assert first.fault == TEXT_AFTER_QUOTE
    assert second.cells == ("d",)


def test_an_open_quotation_mark_takes_the_rest():
    first, second = split_records('a\n"b\nc\nd')
    assert first.fault is None
    assert second.fault == OPEN_QUOTE


def test_rows_of_blanks_are_blank():
    assert [record.is_blank() for record in split_records("a\n, ,\u00a0\n\n")] == [
        False,
        True,
        True,
    ]
