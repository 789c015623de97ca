"""`rootseal audit`: what it says where there is little to say, and how it looks on a terminal."""

import os
import pty
import re
from collections.abc import Iterator

import click
import pytest

from scripts import auditing
from scripts.terminal import TerminalProgress
from tests.scripts.test_audit import audit, read_csv, reconcile, story

__all__ = ["story"]
ELSE = "0x" + "11" * 32


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (("batches", "--root", ELSE), "Nobody anchored this root."),
        (("batches", "--root", ELSE, "--issuer", "1"), "This institution has not anchored this"),
        (("batches", "--after-compromise"), "Nobody anchored anything, from its key's compromise"),
        (("accreditations", "--achievement", "urn:x"), "No grant of this id is on record."),
        (("accreditations", "--achievement", "urn:x", "--issuer", "1"), "for this institution."),
        (("status", "--root", ELSE), "No batch with this root was revoked or endorsed as a whole."),
        (("status", "--root", ELSE), "entries changed singly are not among them"),
        (("status", "--list", "7"), "No entry of this list was changed."),
    ],
)
def test_nothing_found_is_answered_in_the_question_s_words(story, asked, words):
    assert words in story.run("audit", *asked).expect().out


def test_a_word_that_is_no_address_is_told_what_one_is(story):
    told = story.run("audit", "batches", "--key", "0x1234").expect(64).err
    assert "0x1234 is no address: 0x and 40 hexadecimal digits" in told


def test_what_a_pipe_reads_has_hashes_in_full_and_names(story):
    (row,) = audit(story, "batches")["rows"]
    text = story.run("audit", "batches").expect().out
    assert row["root"] in text
    assert row["identifier"] in text


def test_a_terminal_s_bar_makes_way_for_rows(monkeypatch):
    """In a terminal of its own: what follows an unfinished bar first takes it off its line."""
    ours, theirs = pty.openpty()

    def read() -> Iterator[str]:
        progress = click.get_current_context().meta[auditing._PROGRESS]
        progress.report("Reading", 1, 2)
        yield "the row\n"

    with os.fdopen(ours, "rb", buffering=0) as screen, os.fdopen(theirs, "w") as terminal:
        monkeypatch.setattr("sys.stdout", terminal)
        monkeypatch.setattr("sys.stderr", terminal)
        with click.Context(click.Command("audit")) as context:
            context.meta[auditing._PROGRESS] = TerminalProgress()
            auditing._write(read())
        terminal.flush()
        shown = screen.read(4_096).decode()
    assert re.search(r"1/2\x1b\[K\r\x1b\[Kthe row\r\n$", shown)


def test_a_terminal_has_bars_whole_lines_and_short_hashes(story):
    shown = story.run_in_terminal("audit", "batches")
    assert re.search(r"\d+/\d+\x1b\[K", shown)
    assert re.search(r"0x[0-9a-f]{10}…", shown)


def test_a_home_s_own_chain_s_hash_is_not_to_be_confirmed_elsewhere(story):
    statement = audit(story, "batches")["statement"]
    assert any("proven against that block's hash." in sentence for sentence in statement)
    assert not any("elsewhere" in sentence for sentence in statement)


def test_a_sheet_of_reconciled_entries_names_root_key_and_block(story):
    told = reconcile(story, "spring")
    sheet = story.run("audit", "reconcile", "spring", "--csv").expect()
    assert len(read_csv(sheet.out)) == 2
    for row in read_csv(sheet.out):
        for cell in ("root", "key", "block"):
            assert row[cell] == str(told["answer"][cell])
    assert f"Transaction: {told['answer']['transaction']}" in sheet.err
