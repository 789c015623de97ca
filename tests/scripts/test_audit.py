"""`rootseal audit`: every table, every exit code, and nothing that other people's text can do."""

import base64
import csv
import io
import json
import os
import shutil
import sqlite3
from contextlib import closing

import pytest

from protocol.credentials.credential import open_credential, parse_submission
from protocol.credentials.shapes import Canonicaliser
from protocol.credentials.status_list import decode_status_list, encode_status_list
from protocol.errors import CanonicalisationDifferenceError
from protocol.primitives import render_hex
from scripts import cli
from tests.scripts.samples import ACHIEVEMENT, ISSUE, ROSTER
from tests.scripts.shell import Shell
from verifier.audit.rendering import mark_as_text, render_csv, render_json, render_text
from verifier.audit.rows import Table

TABLES = (
    ("issuers",),
    ("issuers", "--show", "names"),
    ("issuers", "--show", "standings"),
    ("issuers", "--show", "keys"),
    ("issuers", "--show", "acts"),
    ("batches",),
    ("status",),
    ("accreditations",),
    ("gaps",),
)
MEMBERS = [
    *("rows", "answer", "network", "block", "endpoints", "storage", "chains", "findings"),
    *("unlistedFindings", "complete", "statement"),
]


def read_csv(text):
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def audit(shell, *arguments, code=0):
    return shell.run("audit", *arguments, "--json").expect(code).json


@pytest.fixture(scope="module")
def story(stages, tmp_path_factory):
    """A folder of its own that is only read: one file revoked, one suspended, one reinstated."""
    folder = tmp_path_factory.mktemp("audited") / "desk"
    shutil.copytree(stages.issued, folder)
    desk = Shell.make(folder)
    first, second, third, *_ = desk.list_files("spring")
    desk.run("revoke", first, "--reason", "misconduct").expect()
    desk.run("suspend", second, third).expect()
    desk.run("reinstate", third).expect()
    desk.run("authority", "accredit", "example.org", ACHIEVEMENT["id"]).expect()
    return desk


@pytest.fixture(scope="module")
def two(story, tmp_path_factory):
    """The story's folder beside a second institution on the same chain."""
    folder = tmp_path_factory.mktemp("two") / "desk"
    shutil.copytree(story.folder, folder)
    desk = Shell.make(folder)
    register_second(desk)
    return desk


def register_second(desk):
    """The local authority registers another institution, from a file like the first one's."""
    (path,) = desk.home.glob("registrations/*/example.org/registration.json")
    text = path.read_text().replace("example.org", "second.example")
    desk.write("second.json", text.replace("Example Institute", "Second Institute"))
    desk.run("authority", "register", "second.json").expect()


@pytest.fixture
def spring(story, tmp_path):
    """A copy of the batch folder, to be spoilt."""
    return shutil.copytree(story.folder / "spring", tmp_path / "spring")


def find_entry(file):
    status = json.loads(file.read_bytes())["credentialStatus"]
    address = status["statusListCredential"]
    return address.split("/")[-2], status["statusListIndex"]


@pytest.mark.parametrize("table", TABLES, ids=" ".join)
def test_each_table_says_the_same_as_text_json_and_csv(story, table):
    told = audit(story, *table)
    assert list(told) == MEMBERS
    assert told["complete"] is True
    assert told["findings"] == []
    assert told["chains"]
    assert all(each["entries"] == each["seen"] for each in told["chains"])
    sheet = story.run("audit", *table, "--csv").expect()
    assert len(read_csv(sheet.out)) == len(told["rows"])
    text = story.run("audit", *table).expect()
    for sentence in told["statement"]:
        assert sentence in text.out
        assert sentence in sheet.err
    assert f"block {told['block']['number']}" in text.out.lower()


def test_the_statement_names_one_block_and_whose_word_it_is(story):
    told = audit(story, "batches")
    number = told["block"]["number"]
    assert (
        f"1 anchor by 1 of 2 keys, of each the numbers from 1 to its head all seen, block {number}."
        in (told["statement"])
    )
    assert any("embedded chain" in sentence for sentence in told["statement"])
    assert told["storage"]["notProvenBecause"] is None


def test_an_institution_may_be_named_by_domain_did_or_number(story):
    by = [
        audit(story, "status", "--issuer", name)["rows"]
        for name in ("example.org", "did:web:example.org", "1")
    ]
    assert by[0] == by[1] == by[2]
    assert len(by[0]) == 3
    for name in ("elsewhere.org", "7", "0", "not a domain", "99999999999999"):
        assert "--issuer" in story.run("audit", "status", "--issuer", name).expect(64).err


def test_an_entry_is_told_with_block_moment_reason_and_sender(story):
    first, second, third, fourth, _ = story.list_files("spring")
    for file, revoked, suspended, changes in (
        (first, True, False, ["revoked"]),
        (second, False, True, ["suspended"]),
        (third, False, False, ["reinstated", "suspended"]),
        (fourth, False, False, []),
    ):
        list_, index = find_entry(file)
        where = ("--issuer", "example.org", "--list", list_, "--index", index)
        told = audit(story, "status", *where)
        answer = told["answer"]
        assert (answer["revoked"], answer["suspended"]) == (revoked, suspended)
        assert [row["change"] for row in told["rows"]] == changes
        assert (answer["revoked_reason"], answer["suspended_reason"]) == (
            "misconduct" if revoked else None,
            "unspecified" if suspended else None,
        )
        if revoked or suspended:
            newest = told["rows"][0]
            what = newest["change"]
            assert answer[f"{what}_block"] == newest["block"]
            before = audit(story, "status", *where, "--at-block", newest["block"] - 1)
            assert (before["answer"]["revoked"], before["answer"]["suspended"]) == (False, False)


def test_an_entry_s_answer_names_the_batches_that_were_revoked_whole(desk):
    """No record says which entries a batch has: "not revoked" is true of the entry alone."""
    (row,) = audit(desk, "batches")["rows"]
    list_, index = find_entry(desk.list_files("spring")[0])
    where = ("status", "--issuer", "example.org", "--list", list_, "--index", index)
    text = desk.run("audit", *where).expect().out
    assert "No batch of this institution was revoked whole." in text
    desk.run("revoke", "--batch", row["root"], "--reason", "misconduct", "--yes").expect()
    answer = audit(desk, *where)["answer"]
    assert (answer["revoked"], answer["told_of"]) == (False, "the entry alone")
    assert (answer["batches_revoked_whole"], answer["revoked_roots"]) == (1, [row["root"]])
    text = desk.run("audit", *where).expect().out
    assert "Revoked, as an entry: no\n" in text
    assert f"1 batch of this institution was revoked whole (root {row['root']})." in text


def test_an_index_needs_its_list_and_institution(story):
    for given in (("--index", 5), ("--list", 1, "--index", 5), ("--index", 5, "--issuer", "1")):
        story.run("audit", "status", *given).expect(64)
    story.run("audit", "status", "--issuer", "1", "--list", 1, "--index", 131_072).expect(64)


def test_accreditation_is_told_for_a_moment(story):
    told = audit(story, "accreditations", "--issuer", "example.org")
    assert told["complete"]
    assert told["rows"]
    later = story.run("audit", "accreditations", "--at", "2999-01-01T00:00:00Z").expect(64)
    assert "later than the block" in later.err
    early = audit(story, "accreditations", "--at", "2020-01-01T00:00:00Z")
    assert not any(row["decides"] for row in early["rows"])


def test_a_block_before_the_registry_or_after_the_newest_cannot_be_determined(story):
    assert "code" in story.run("audit", "gaps", "--at-block", 0).expect(2).err
    told = story.run("audit", "gaps", "--at-block", 10_000_000).expect(2)
    assert "has no block 10,000,000 yet" in told.err
    assert told.out == ""


def test_a_key_or_root_that_is_none_is_refused(story):
    story.run("audit", "batches", "--key", "0x1").expect(64)
    story.run("audit", "batches", "--key", "0x" + "11" * 20).expect(64)
    story.run("audit", "batches", "--root", "0x12").expect(64)
    story.run("audit", "gaps", "--json", "--csv").expect(64)


def test_a_key_s_batches_alone(story):
    (row,) = audit(story, "batches")["rows"]
    assert audit(story, "batches", "--key", row["key"])["rows"] == [row]
    assert audit(story, "batches", "--root", row["root"])["rows"] == [row]
    assert audit(story, "batches", "--root", "0x" + "11" * 32)["rows"] == []
    assert audit(story, "batches", "--after-compromise")["rows"] == []


def test_a_batch_after_its_key_s_compromise_is_told_apart(desk):
    (row,) = audit(desk, "batches")["rows"]
    desk.run("issuer", "compromised", "--yes", "--key", "anchor", "--since", row["time"]).expect()
    (after,) = audit(desk, "batches", "--after-compromise")["rows"]
    assert after["key_compromised_at"] == row["time"]
    assert after["root"] == row["root"]
    text = desk.run("audit", "batches", "--after-compromise").expect().out
    for cell in ("key", "transaction", "root"):
        assert row[cell] in text
    assert "endorsed_by" in text


def test_names_can_neither_run_in_a_spreadsheet_nor_steer_a_terminal(shell):
    """AU-01: a name that is a formula, with an escape, and turned about."""
    name = '=HYPERLINK("https://evil.example","x") \u202e\x1b[31m'
    shell.run("issuer", "init", "--name", "=1+1", "--domain", "example.org", "--yes").expect()
    sheet = read_csv(shell.run("audit", "issuers", "--csv").expect().out)
    assert [row["name"] for row in sheet] == ["'=1+1"]
    assert mark_as_text(name).startswith("'=")
    for harmless in ("Example", "'t Hooft", "did:web:a.example", "0x12", ""):
        assert mark_as_text(harmless) == harmless
    table = Table(("name",), ("name",), [{"name": name}])
    lines = render_text(table, dict, lambda: pytest.skip("never reached"))
    shown = next(lines) + next(lines)
    assert "\x1b" not in shown
    assert "\u202e" not in shown


@pytest.mark.parametrize("mark", ["\u200b", "\ufeff", "\u2060", "'\u200b", "\xad", "\u202e"])
def test_a_formula_behind_a_mark_that_is_not_seen_is_text(mark):
    assert mark_as_text(mark + "=1+1") == "'" + mark + "=1+1"
    table = Table(("name",), ("name",), [{"name": mark + "=1+1"}])
    *_, line = render_csv(table)
    assert line.startswith("'")


def test_csv_and_json_hold_nothing_that_steers_a_terminal():
    name = "a\x1b[31m\u202eb\x9b" + "x" * 600
    table = Table(("name",), ("name",), [{"name": name}])
    *_, line = render_csv(table)
    assert line == "a [31m b " + "x" * 600 + "\r\n"
    pieces = render_json(table, dict, lambda: pytest.skip("never reached"))
    shown = next(pieces) + next(pieces)
    assert shown.isascii()
    assert shown.isprintable()


def test_an_argument_that_is_no_text_is_refused(story):
    broken = os.fsdecode(b"did:web:\xff.example")
    assert "--issuer" in story.run("audit", "status", "--issuer", broken).expect(64).err
    told = story.run("audit", "accreditations", "--achievement", broken).expect(64)
    assert "no text (UTF-8)" in told.err


# Published lists.


@pytest.fixture(scope="module")
def published(story):
    story.run("status", "publish", "--out", "published").expect()
    return story.folder / "published"


@pytest.fixture
def lists(published, tmp_path):
    """A copy of the published lists, to be spoilt."""
    return shutil.copytree(published, tmp_path / "lists")


def compare(shell, folder, code=0):
    told = audit(shell, "status", "--published", folder, code=code)
    return told, list_sentences(told)


def find_list(lists, name):
    (path,) = lists.glob(f"example.org/*/{name}")
    return path


def test_published_lists_equal_the_registry_in_each_form(story, lists):
    told, sentences = compare(story, lists)
    assert sentences == []
    assert told["answer"]["compared_files"] == len(list(lists.glob("example.org/*/*")))
    assert len(told["rows"]) == 3
    assert "The signatures of the published lists are not checked." in told["statement"]


@pytest.mark.parametrize("name", ["revocation.json", "suspension.json", "revocation.jwt"])
def test_a_bit_that_differs_is_named_by_its_index(story, lists, name):
    path = find_list(lists, name)
    is_jwt = path.suffix == ".jwt"
    parts = path.read_text().strip().split(".") if is_jwt else []
    data = base64.urlsafe_b64decode(parts[1] + "==") if is_jwt else path.read_bytes()
    document = json.loads(data)
    bits = bytearray(decode_status_list(document["credentialSubject"]["encodedList"]))
    bits[70 // 8] ^= 0x80 >> 70 % 8
    document["credentialSubject"]["encodedList"] = encode_status_list(bytes(bits))
    spoilt = json.dumps(document).encode()
    if is_jwt:
        parts[1] = base64.urlsafe_b64encode(spoilt).decode().rstrip("=")
        spoilt = ".".join(parts).encode()
    path.write_bytes(spoilt)
    (sentence,) = compare(story, lists, 1)[1]
    assert "entry 70 set, which the registry has not" in sentence
    assert name in sentence


def test_a_folder_without_lists_is_nothing_to_compare(story, published, tmp_path):
    told, (sentence,) = compare(story, tmp_path, 2)
    assert "nothing to compare" in sentence
    assert told["complete"] is False
    story.run("audit", "status", "--published", published).expect()


def test_a_list_from_before_a_change_lacks_it(story, lists):
    """What was published once is old after the next revocation, until it is published again."""
    first, *_ = story.list_files("spring")
    path = find_list(lists, "revocation.json")
    document = json.loads(path.read_bytes())
    document["credentialSubject"]["encodedList"] = encode_status_list(bytes(131_072 // 8))
    path.write_text(json.dumps(document))
    (sentence,) = compare(story, lists, 1)[1]
    assert f"lacks entry {find_entry(first)[1]}, set in the registry" in sentence


def change_list(path, **members):
    document = json.loads(path.read_bytes()) | members
    path.write_text(json.dumps(document))


def test_a_list_newer_than_the_block_read_is_not_compared(story, lists):
    block = audit(story, "status")["rows"][-1]["block"]
    told = audit(story, "status", "--published", lists, "--at-block", block - 1, code=2)
    sentences = list_sentences(told)
    assert len(sentences) == told["answer"]["compared_files"]
    assert all(f"newer than the block read ({block - 1:,}" in each for each in sentences)


@pytest.mark.parametrize(
    ("member", "value", "words"),
    [
        ("issuer", "did:web:other.example", "by its issuer, not of did:web:example.org"),
        ("id", "https://example.org/status/1/revocation", "must end in"),
        ("validUntil", "2020-01-01T00:00:00Z", "has ended"),
        ("validFrom", "yesterday", "its validFrom is no time"),
        ("validUntil", None, "its validUntil is no time"),
    ],
)
def test_each_member_of_a_list_that_differs_is_named(story, lists, member, value, words):
    change_list(find_list(lists, "revocation.json"), **{member: value})
    (sentence,) = compare(story, lists, 1)[1]
    assert words in sentence


def test_a_form_that_is_missing_is_named(story, lists):
    find_list(lists, "suspension.jwt").unlink()
    (sentence,) = compare(story, lists, 1)[1]
    assert "lacks suspension.jwt" in sentence


def test_lists_that_the_institution_named_has_not_published_are_missing(story, tmp_path):
    told = audit(story, "status", "--published", tmp_path, "--issuer", "example.org", code=1)
    missing = [each for each in told["findings"] if each["kind"] == "difference"]
    assert len(missing) == 2
    assert all("no lists of did:web:example.org" in each["sentence"] for each in missing)


def test_unfinished_folders_and_pipes_are_not_read(story, lists):
    """Such a folder is there while lists are written; a pipe would never end."""
    (lists / ".unfinished-x1").mkdir()
    (lists / os.fsdecode(b"not-\xff-text")).mkdir()
    assert compare(story, lists)[1] == []
    path = find_list(lists, "revocation.json")
    path.unlink()
    os.mkfifo(path)
    (sentence,) = compare(story, lists, 1)[1]
    assert "it is no regular file" in sentence


def test_a_list_that_was_not_published_or_is_no_list_is_named(story, lists):
    for path in list(lists.glob("example.org/*/suspension*")):
        path.unlink()
    find_list(lists, "revocation.json").write_text("{}")
    (lists / "elsewhere.example" / "1").mkdir(parents=True)
    sentences = compare(story, lists, 1)[1]
    assert len(sentences) == 3
    for words in ("has not published", "cannot be read", "no registered institution"):
        assert sum(words in sentence for sentence in sentences) == 1


# Reconciling.


def reconcile(shell, path, code=0, *more):
    return audit(shell, "reconcile", path, *more, code=code)


def list_sentences(told):
    return [finding["sentence"] for finding in told["findings"]]


def edit(spring, **members):
    path = spring / "batch" / "batch.json"
    document = json.loads(path.read_bytes()) | members
    path.write_text(json.dumps(document))
    return document


def test_a_batch_as_it_was_issued_agrees(story):
    told = reconcile(story, "spring")
    assert (told["complete"], told["answer"]["anchored"]) == (True, True)
    assert [(row["revoked"], row["suspended"]) for row in told["rows"]].count((True, False)) == 1
    listed = {(str(row["list"]), str(row["index"])): row["file"] for row in told["rows"]}
    for file in story.list_files("spring")[:2]:
        assert listed[find_entry(file)] == file.name
    assert len(listed) == 2


def test_the_leaves_alone_are_enough_and_hold_nothing_personal(story):
    batch = story.folder / "spring" / "batch" / "batch.json"
    leaves = json.loads(batch.read_bytes())["leaves"]
    for name, lines in (("a.txt", leaves), ("b.txt", [each[2:].upper() for each in leaves])):
        told = reconcile(story, story.write(name, "\r\n".join(lines) + "\n\n"))
        assert told["answer"]["anchored"] is True
        assert told["rows"] == []
    alone = reconcile(story, batch)
    assert [row["file"] for row in alone["rows"]] == [None, None]
    moved = story.folder / "moved"
    moved.mkdir()
    shutil.copy(batch, moved)
    assert reconcile(story, "moved")["complete"] is True


def test_leaves_in_another_order_or_number_are_no_batch_s(story):
    batch = story.folder / "spring" / "batch" / "batch.json"
    leaves = json.loads(batch.read_bytes())["leaves"]
    for lines in (leaves[::-1], leaves[:-1]):
        (sentence,) = list_sentences(reconcile(story, story.write("a.txt", "\n".join(lines)), 1))
        assert "No institution has anchored" in sentence
    doubled = list_sentences(
        reconcile(story, story.write("a.txt", "\n".join([*leaves, leaves[0]])), 1)
    )
    assert "Leaves 1 and 6 are the same" in doubled[0]
    (named,) = list_sentences(
        reconcile(story, story.write("a.txt", "\n".join(leaves[:-1])), 1, "--issuer", "example.org")
    )
    assert "has not anchored" in named


OTHER = "0x" + "ab" * 32


@pytest.mark.parametrize(
    ("member", "value", "words"),
    [
        ("root", OTHER, ("root", "leaves lead to", "has not anchored", "receipt")),
        ("count", 6, ("count",)),
        ("seq", 2, ("number in its key's chain",)),
        ("block", 1, ("block",)),
        ("block_time", "2020-01-01T00:00:00Z", ("block's time",)),
        ("block_hash", OTHER, ("block's hash",)),
        ("transaction", OTHER, ("transaction", "receipt")),
        ("key", "0x" + "ab" * 20, ("key",)),
        ("contract", "0x" + "ab" * 20, ("contract",)),
        ("chain_id", 7, ("chain",)),
        ("issuer", "did:web:elsewhere.example", ("No institution is registered",)),
        ("status_start", 131_056, ("outside the batch's range",)),
        ("status_list", 1, ("outside the batch's range",)),
    ],
)
def test_each_member_of_batch_json_that_differs_is_named(story, spring, member, value, words):
    """And nothing else is."""
    edit(spring, **{member: value})
    told = reconcile(story, spring, 1)
    sentences = list_sentences(told)
    assert {finding["kind"] for finding in told["findings"]} == {"difference"}
    assert all(any(word in sentence for word in words) for sentence in sentences), sentences
    assert all(any(word in sentence for sentence in sentences) for word in words), sentences


@pytest.fixture(scope="module")
def far(stages, tmp_path_factory):
    """A folder whose batch `far` lies in a sub-list, one of it revoked: its list was full."""
    folder = tmp_path_factory.mktemp("far") / "desk"
    shutil.copytree(stages.institution, folder)
    desk = Shell.make(folder)
    desk.write("people.csv", ROSTER)
    desk.run(*ISSUE, "--out", "near").expect()
    with closing(sqlite3.connect(desk.home / "journal.sqlite3")) as journal, journal:
        journal.execute("UPDATE fill_mark SET fill = 131072")
        journal.execute(
            "INSERT INTO fill_mark SELECT scope, account, list + 1, fill FROM fill_mark"
        )
    desk.write("more.csv", ROSTER.replace("100", "200"))
    desk.run(*ISSUE[:2], "more.csv", *ISSUE[3:], "--out", "far").expect()
    desk.run("revoke", desk.list_files("far")[3]).expect()
    return desk


FAR_LIST = (1 << 32) + (1 << 24) + 2


def test_a_batch_in_a_sub_list_is_verified_listed_and_reconciled(far):
    files = far.list_files("far")
    assert {find_entry(file)[0] for file in files} == {str(FAR_LIST)}
    far.run("verify", *files[:3]).expect()
    far.run("verify", files[3]).expect(1)
    index = int(find_entry(files[3])[1])
    for path in ("far", "far/batch/batch.json"):
        told = reconcile(far, path)
        assert [(row["list"], row["index"]) for row in told["rows"]] == [(FAR_LIST, index)]
    named = ("--issuer", "example.org", "--list", FAR_LIST, "--index", index)
    assert audit(far, "status", *named)["answer"]["revoked"] is True
    far.run("status", "publish", "--out", "lists").expect()
    assert compare(far, far.folder / "lists")[1] == []


def test_a_range_that_goes_on_in_sub_lists_is_reconciled_list_by_list(far, tmp_path):
    """Spread over the list before too: the files agree, and what is revoked is found."""
    batch = shutil.copytree(far.folder / "far", tmp_path / "far")
    edit(batch, status_list=FAR_LIST - (1 << 24), status_size=131_072 + 256)
    told = reconcile(far, batch)
    assert told["complete"] is True
    file = far.list_files("far")[3]
    index = int(find_entry(file)[1])
    assert [(row["list"], row["index"], row["file"]) for row in told["rows"]] == [
        (FAR_LIST, index, file.name)
    ]


def test_each_list_of_a_range_is_named_where_a_file_lies_in_none_of_them(far, tmp_path):
    batch = shutil.copytree(far.folder / "far", tmp_path / "far")
    edit(batch, status_list=FAR_LIST + (1 << 24), status_size=131_072 + 256)
    sentences = list_sentences(reconcile(far, batch, 1))
    wanted = (
        f"(0 to 131071 of list {FAR_LIST + (1 << 24)}, 0 to 255 of list {FAR_LIST + (2 << 24)})."
    )
    assert sum(sentence.endswith(wanted) for sentence in sentences) == 5


@pytest.mark.parametrize(
    ("number", "start", "size"),
    [
        (FAR_LIST, 16, 131_072),
        (FAR_LIST, 131_072, 16),
        (FAR_LIST, 0, 1_000_193),
        (FAR_LIST | 255 << 24, 0, 131_073),
        (1 << 48, 0, 16),
        (FAR_LIST, 0, -1),
    ],
)
def test_a_range_that_no_batch_can_have_is_bad_input(far, tmp_path, number, start, size):
    batch = shutil.copytree(far.folder / "far", tmp_path / "far")
    edit(batch, status_list=number, status_start=start, status_size=size)
    assert "it is no batch.json" in far.run("audit", "reconcile", batch).expect(65).err


@pytest.mark.parametrize("path", ["spring", "spring/batch/batch.json"])
def test_a_batch_of_another_institution_than_the_one_named_is_a_difference(two, path):
    assert reconcile(two, path, 0, "--issuer", "example.org")["complete"] is True
    (sentence,) = list_sentences(reconcile(two, path, 1, "--issuer", "second.example"))
    assert "'did:web:example.org' (institution 1)" in sentence
    assert "institution 2 ('did:web:second.example')" in sentence


def test_only_the_lists_of_the_institution_that_is_named_are_compared(two):
    two.run("status", "publish", "--out", "two").expect()
    for path in (two.folder / "two").glob("example.org/*/revocation.json"):
        path.write_text("{}")
    audit(two, "status", "--published", "two", "--issuer", "example.org", code=1)
    told = audit(two, "status", "--published", "two", "--issuer", "second.example", code=2)
    (sentence,) = list_sentences(told)
    assert "no published list of did:web:second.example is in the folder" in sentence


def test_a_batch_newer_than_the_block_read_is_no_difference(story):
    """Audited as of before it was anchored: said to be newer, and nothing to be wrong."""
    block = reconcile(story, "spring")["answer"]["block"]
    told = audit(story, "reconcile", "spring", "--at-block", block - 1, code=2)
    (sentence,) = list_sentences(told)
    assert f"at block {block - 1:,}. By batch.json" in sentence
    assert "newer than that" in sentence
    leaves = json.loads((story.folder / "spring" / "batch" / "batch.json").read_bytes())["leaves"]
    path = story.write("early.txt", "\n".join(leaves))
    told = audit(story, "reconcile", path, "--at-block", block - 1, code=1)
    assert f"in this order, at block {block - 1:,}." in list_sentences(told)[0]


def test_what_was_not_compared_and_whose_word_the_range_is_are_said(story):
    batch = story.folder / "spring" / "batch" / "batch.json"
    whole, alone = reconcile(story, "spring"), reconcile(story, batch)
    for told in (whole, alone):
        assert any("`rootseal verify`" in sentence for sentence in told["statement"])
    assert whole["answer"]["status_range"] == "as in every credential"
    assert "by the word of batch.json" in alone["answer"]["status_range"]


def test_a_pipe_in_a_folder_is_named_and_not_waited_for(story, spring):
    os.mkfifo(spring / "pipe.json")
    (sentence,) = list_sentences(reconcile(story, spring, 2))
    assert sentence == "pipe.json cannot be read (it is no regular file)."
    assert "no regular file" in story.run("audit", "reconcile", spring / "pipe.json").expect(65).err


def test_a_list_may_have_a_byte_order_mark_or_form_feeds_and_is_no_utf_16(story):
    batch = story.folder / "spring" / "batch" / "batch.json"
    text = "\n".join(json.loads(batch.read_bytes())["leaves"])
    for name, data in (("a", b"\xef\xbb\xbf" + text.encode()), ("b", text.encode() + b"\n\x0c")):
        (story.folder / name).write_bytes(data)
        assert reconcile(story, name)["answer"]["anchored"] is True
    (story.folder / "c").write_bytes(text.encode("utf-16"))
    assert "UTF-16" in story.run("audit", "reconcile", "c").expect(65).err
    (story.folder / "d").write_bytes(b"\n" * 2_000_001)
    assert "2,000,000 lines" in story.run("audit", "reconcile", "d").expect(65).err


def test_leaves_swapped_in_batch_json_lead_elsewhere(story, spring):
    first, second, *rest = edit(spring)["leaves"]
    edit(spring, leaves=[second, first, *rest])
    (sentence,) = list_sentences(reconcile(story, spring, 1))
    assert "its leaves lead to" in sentence


def test_an_altered_extra_or_doubled_file_is_named_once_and_a_missing_one_counted(story, spring):
    altered, missing, doubled, *_ = sorted(spring.glob("*.json"))
    document = json.loads(altered.read_bytes())
    document["validFrom"] = "2020-01-01T00:00:00Z"
    altered.write_text(json.dumps(document))
    missing.unlink()
    shutil.copy(doubled, doubled.with_name("copy.json"))
    (spring / "extra.json").write_text("{}")
    told = reconcile(story, spring, 1)
    sentences = list_sentences(told)
    assert len(sentences) == 3
    for file, words in (
        (altered.name, "was altered"),
        (doubled.name, "are the same credential"),
        ("extra.json", "is not the file that was issued"),
    ):
        assert sum(file in each and words in each for each in sentences) == 1
    # The altered file's leaf has a file, though not the one that was issued.
    assert told["answer"]["leaves_without_file"] == len(told["answer"]["which_leaves"]) == 1


def test_a_shape_that_gives_other_bytes_is_told_and_used_no_more(story, spring, monkeypatch):
    """JSON-LD proper is asked instead: all files are what they are."""

    def find_difference(_canonicaliser, _nquads, document):
        raise CanonicalisationDifferenceError(document["id"])

    first = min(spring.glob("*.json"))
    for name in ("a.json", "b.json"):
        shutil.copy(first, first.with_name(name))
    monkeypatch.setattr(Canonicaliser, "_recheck", find_difference)
    findings = reconcile(story, spring, 1)["findings"]
    (doubt,) = (each["sentence"] for each in findings if each["kind"] == "undetermined")
    assert "gave other bytes than JSON-LD" in doubt
    others = [each["sentence"] for each in findings if each["kind"] != "undetermined"]
    assert len(others) == 2
    assert all("are the same credential" in each for each in others)


def test_a_file_that_was_deleted_on_purpose_is_no_difference(story, spring):
    """A learner's file is gone; the leaves are whole, and say which."""
    leaves = edit(spring)["leaves"]
    file = sorted(spring.glob("*.json"))[1]
    leaf = open_credential(parse_submission(file.read_bytes())).leaf
    file.unlink()
    told = reconcile(story, spring)
    assert told["complete"] is True
    assert told["answer"]["which_leaves"] == [leaves.index(render_hex(leaf)) + 1]
    assert "1 of 5 leaves has no file here" in story.run("audit", "reconcile", spring).expect().out


@pytest.fixture
def shards(spring):
    """The same batch in shards only: two, of three and two lines."""
    files = sorted(spring.glob("*.json"))
    lines = [file.read_bytes().rstrip(b"\n") + b"\n" for file in files]
    assert all(line.count(b"\n") == 1 for line in lines)
    (spring / "shards").mkdir()
    for number, piece in enumerate((lines[:3], lines[3:]), start=1):
        (spring / "shards" / f"credentials-{number:05}.ndjson").write_bytes(b"".join(piece))
    return spring


def drop_files(folder):
    for file in folder.glob("*.json"):
        file.unlink()


def test_shards_beside_the_files_or_alone_agree(story, shards):
    assert reconcile(story, shards)["answer"]["leaves_without_file"] == 0
    drop_files(shards)
    told = reconcile(story, shards)
    assert told["answer"]["leaves_without_file"] == 0
    assert len(told["rows"]) == 2
    assert all(row["file"].startswith("shards/credentials-0000") for row in told["rows"])


def test_a_line_of_a_shard_that_was_altered_is_named(story, shards):
    drop_files(shards)
    path = shards / "shards" / "credentials-00002.ndjson"
    first, second = path.read_bytes().splitlines(keepends=True)
    document = json.loads(second) | {"validFrom": "2020-01-01T00:00:00Z"}
    path.write_bytes(first + json.dumps(document).encode())
    (sentence,) = list_sentences(reconcile(story, shards, 1))
    assert sentence.startswith("shards/credentials-00002.ndjson:2 was altered")


def test_no_difference_tells_anything_of_a_learner(story, spring):
    """Not even where a file is refused for what it says."""
    for file in spring.glob("*.json"):
        document = json.loads(file.read_bytes())
        document["credentialSubject"]["surprise"] = "Aroha Ngāwaka, 1001"
        file.write_text(json.dumps(document))
    answer = story.run("audit", "reconcile", spring).expect(1)
    text = answer.out + answer.err
    assert text.count("is not the file that was issued") == 5
    for personal in ("Aroha", "Ngāwaka", "1001", "surprise", "aroha@example.org", "陳曉明"):
        assert personal not in text


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n\n",
        b"0x12\n",
        b"rubbish",
        b"\xff\xfe",
        b"{}",
        b'{"leaves": []}',
        b'{"leaves": [1]}',
        b'{"leaves": ["0x12"]}',
        b"{" * 1000,
        b'{"a": 1, "a": 2}',
    ],
)
def test_rubbish_is_bad_input(story, data):
    answer = story.run("audit", "reconcile", story.write("x", data)).expect(65)
    assert len(answer.err.splitlines()) == 1
    assert answer.out == ""


def test_a_folder_without_a_batch_is_bad_input(story):
    (story.folder / "empty").mkdir()
    assert "batch/batch.json" in story.run("audit", "reconcile", "empty").expect(65).err
    story.run("audit", "reconcile", "nowhere").expect(64)


def test_every_command_of_the_audit_has_its_example_s_options():
    group = cli.cli.get_command(None, "audit")
    assert set(group.commands) == {
        *("issuers", "batches", "status", "accreditations", "gaps", "reconcile"),
    }
