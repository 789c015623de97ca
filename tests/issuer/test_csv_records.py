import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from issuer.inputs.csv_records import OPEN_QUOTE, STRAY_QUOTE, TEXT_AFTER_QUOTE, split_records

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
