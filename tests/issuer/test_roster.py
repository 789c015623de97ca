"""Rosters: each test spoils one thing of a good one, and asks for file, row, column and remedy."""

import json
import os
import pickle
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from issuer.errors import BadInputError
from issuer.inputs import evidence_files, roster_text
from issuer.inputs.csv_records import RECORD_LIMIT_CHARACTERS
from issuer.inputs.roster import load_roster_source
from issuer.progress import Silence
from protocol.credentials.canonical import canonicalise
from protocol.credentials.schema import find_schema_problems
from tests.issuer.inputs import (
    ACHIEVEMENT,
    DID,
    MOMENT,
    ROSTER,
    UNIVERSITY,
    change,
    draft,
    find_problems,
    load,
    load_or_list,
    write_achievement,
    write_roster,
)

HEADER, FIRST, SECOND = ROSTER.splitlines()
SAMPLE = Path(__file__).parent.parent.parent / "scripts" / "demo" / "sample"
OFTEN = settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def places(folder, *rows, header=HEADER, **settings_):
    """The row and column of every problem of a roster with these rows."""
    problems = find_problems(folder, "\n".join([header, *rows]), **settings_)
    return [(problem.row, problem.column) for problem in problems]


def only(folder, *rows, header=HEADER, **settings_):
    problems = find_problems(folder, "\n".join([header, *rows]), **settings_)
    assert len(problems) == 1, problems
    return problems[0]


def test_a_good_roster_makes_a_credential_for_each_row(tmp_path):
    source = load(tmp_path)
    assert (source.kind, source.count) == ("roster", 2)
    assert source.manifest_row(1) == {
        "row": "3",
        "name": "陳曉明",
        "email": "chen@example.org",
        "student_id": "1002",
    }


def test_every_draft_passes_schema_and_guard(tmp_path):
    source = load(tmp_path)
    for position in range(source.count):
        assert find_schema_problems(draft(source, position)) == ()
        assert canonicalise(draft(source, position)).nquads


def test_a_source_drafts_the_same_in_another_process(tmp_path):
    source = load(tmp_path)
    again = pickle.loads(pickle.dumps(source))
    assert json.dumps(draft(again, 1)) == json.dumps(draft(source, 1))
    assert again.digest == source.digest


def test_the_shipped_sample_is_good():
    source = load_roster_source(
        SAMPLE / "roster.csv", SAMPLE / "achievement.json", UNIVERSITY, Silence()
    )
    assert source.count == 120
    for position in (0, 53, 119):
        assert find_schema_problems(draft(source, position)) == ()
        assert canonicalise(draft(source, position)).nquads


# What changes a batch's key, and what does not.


def shuffle_columns(line):
    name, email, student, day, result = line.split(",")
    return ",".join([day, student, name, result, email])


@pytest.mark.parametrize(
    "roster",
    [
        "\ufeff" + ROSTER,
        ROSTER.replace("\n", "\r\n"),
        ROSTER.rstrip("\n"),
        ROSTER + "\n,,,,\n",
        "\n".join(map(shuffle_columns, ROSTER.splitlines())),
        ROSTER.replace(",", " , "),
        ROSTER.replace("aroha@example.org", '"AROHA@example.org"'),
        ROSTER.replace("ā", "a\u0304"),
        ROSTER.replace("Merit", "urn:example:merit"),
        "\n".join(line + "," for line in ROSTER.splitlines()),
    ],
    ids=["mark", "crlf", "end", "blank", "order", "space", "quotes", "nfc", "level", "unnamed"],
)
def test_how_a_roster_is_written_changes_nothing(tmp_path, roster):
    source, other = load(tmp_path), load(tmp_path, roster)
    assert other.digest == source.digest
    assert draft(other) == draft(source)


def test_how_an_achievement_is_spaced_and_files_are_called_changes_nothing(tmp_path):
    roster = write_roster(tmp_path, name="people.csv")
    spaced = json.dumps(ACHIEVEMENT, indent=7, sort_keys=True).encode()
    achievement = write_achievement(tmp_path, b"\xef\xbb\xbf" + spaced, name="badge.json")
    other = load_roster_source(roster, achievement, UNIVERSITY, Silence())
    assert other.digest == load(tmp_path).digest


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Aroha", "Aroho"),
        ("1001", "1003"),
        ("2026-11-06,Achieved", "2026-11-07,Achieved"),
        ("Merit", "Achieved"),
        (f"{FIRST}\n{SECOND}", f"{SECOND}\n{FIRST}"),
    ],
)
def test_what_a_roster_says_changes_the_key(tmp_path, old, new):
    assert old in ROSTER
    assert load(tmp_path, ROSTER.replace(old, new)).digest != load(tmp_path).digest


def test_another_achievement_is_another_batch(tmp_path):
    other = change(ACHIEVEMENT, description="Something else.")
    assert load(tmp_path, achievement=other).digest != load(tmp_path).digest


def test_another_evidence_file_is_another_batch(tmp_path):
    roster = f"{HEADER},evidence_file\n{FIRST},essay.txt\n"
    (tmp_path / "essay.txt").write_bytes(b"one")
    first = load(tmp_path, roster)
    (tmp_path / "essay.txt").write_bytes(b"two")
    assert load(tmp_path, roster).digest != first.digest


# One bad row each.


@pytest.mark.parametrize(
    ("row", "column"),
    [
        (",x@example.org,1,2026-11-06,Merit", "name"),
        ("\u0301,x@example.org,1,2026-11-06,Merit", "name"),
        ("Tāne \x07Mahuta,x@example.org,1,2026-11-06,Merit", "name"),
        ("Tāne \u202eMahuta,x@example.org,1,2026-11-06,Merit", "name"),
        ("Tāne,,,2026-11-06,Merit", "email"),
        ("Tāne,no address,1,2026-11-06,Merit", "email"),
        ("Tāne,AROHA@example.org ,1,2026-11-06,Merit", "email"),
        ("Tāne,x@example.org,1001,2026-11-06,Merit", "student_id"),
        ("Tāne,x@example.org,1,2026-02-30,Merit", "awarded_on"),
        ("Tāne,x@example.org,1,6.11.2026,Merit", "awarded_on"),
        ("Tāne,x@example.org,1,2026-11-06,Distinction", "result"),
        ("Tāne,x@example.org,1,2026-11-06,merit", "result"),
        ("Tāne,x@example.org,1,2026-11-06", None),
        ("Mahuta, Tāne,x@example.org,1,2026-11-06,Merit", None),
        ('Tāne "T" Mahuta,x@example.org,1,2026-11-06,Merit', None),
        ('"Tāne,x@example.org,1,2026-11-06,Merit', None),
    ],
)
def test_a_bad_row_is_named_with_its_column(tmp_path, row, column):
    assert places(tmp_path, FIRST, row) == [(3, column)]


def test_a_duplicate_names_the_first_row(tmp_path):
    problem = only(tmp_path, FIRST, SECOND, FIRST.replace("1001", "1009"))
    assert (problem.row, problem.column) == (4, "email")
    assert "row 2" in problem.reason


def test_a_learner_with_the_did_of_another_is_a_duplicate(tmp_path):
    rows = ["A,did:example:1", "B,did:example:1"]
    assert places(tmp_path, *rows, header="name,did") == [(3, "did")]


def test_the_issuer_is_no_learner(tmp_path):
    assert places(tmp_path, f"A,{DID}", header="name,did") == [(2, "did")]


def test_a_did_with_a_blank_is_refused_at_issue(tmp_path):
    """JL-16: all that is said of such a learner would go unsigned."""
    problem = only(tmp_path, "A,did:example:al ice", header="name,did")
    assert (problem.row, problem.column) == (2, "did")


def test_a_narrative_of_300_kb_is_refused(tmp_path):
    row = f"{FIRST},{'x' * 300_000}"
    problem = only(tmp_path, row, header=f"{HEADER},narrative")
    assert (problem.row, problem.column) == (2, "narrative")
    assert "300,000" in problem.reason


def test_texts_that_fit_alone_are_refused_where_they_do_not_fit_together(tmp_path):
    columns = [f"evidence_{part}_{n}" for n in range(2, 60) for part in ("url", "name")]
    texts = [text for n in range(58) for text in (f"https://e.example/{n}", "界" * 6_500)]
    header, row = ",".join([HEADER, *columns]), ",".join([FIRST, *texts])
    problem = only(tmp_path, row, header=header)
    assert problem.row == 2
    assert "bytes" in problem.reason


def test_an_end_before_the_award_is_refused(tmp_path):
    row = f"{FIRST},2026-11-05"
    assert places(tmp_path, row, header=f"{HEADER},valid_until") == [(2, "valid_until")]


def test_a_credential_may_end_on_the_day_of_its_award(tmp_path):
    row = f"{FIRST},2026-11-06"
    assert places(tmp_path, row, header=f"{HEADER},valid_until") == []


def test_an_end_that_is_past_stops_a_new_batch_and_never_one_under_way(tmp_path):
    roster = f"{HEADER},valid_until\n{FIRST},2026-11-24\n{SECOND},2026-11-25\n"
    source = load(tmp_path, roster, now=MOMENT)
    source.check_moment(datetime(2026, 11, 24, 10, 59, 59, tzinfo=UTC))
    with pytest.raises(BadInputError) as caught:
        source.check_moment(datetime(2026, 11, 24, 11, 0, 0, tzinfo=UTC))
    assert [(each.row, each.column) for each in caught.value.problems] == [(2, "valid_until")]


def test_an_end_that_is_past_is_listed_with_the_other_problems(tmp_path):
    rows = [f"{FIRST},2026-11-07", SECOND.replace("Merit", "Best") + ","]
    found = places(tmp_path, *rows, header=f"{HEADER},valid_until", now=MOMENT)
    assert found == [(2, "valid_until"), (3, "result")]


def test_all_bad_rows_are_listed_at_once(tmp_path):
    rows = [
        ",a@example.org,1,2026-11-06,Merit",
        "B,,,2026-13-06,Best",
        SECOND,
        "D,chen@example.org,4,2026-11-06",
        "E\x00,chen@example.org,5,,",
    ]
    assert places(tmp_path, *rows) == [
        (2, "name"),
        (3, "awarded_on"),
        (3, "email"),
        (3, "result"),
        (5, None),
        (6, "name"),
        (6, "email"),
    ]


def test_faults_of_roster_and_achievement_are_listed_together(tmp_path):
    bad = change(ACHIEVEMENT, description=None)
    problems = find_problems(tmp_path, f"{HEADER}\n,a@example.org,,,Merit\n", bad)
    assert [(each.file.name, each.row, each.column) for each in problems] == [
        ("achievement.json", None, "description"),
        ("roster.csv", 2, "name"),
    ]


def test_rows_count_as_a_spreadsheet_counts(tmp_path):
    rows = ['"Aroha\nNgāwaka",a@example.org,,,', "", "B,no address,,,"]
    found = places(tmp_path, *rows)
    assert found == [(2, "name"), (4, "email")]


def test_a_message_names_file_row_column_reason_and_remedy(tmp_path):
    with pytest.raises(BadInputError) as caught:
        load(tmp_path, ROSTER.replace("Merit", "Merits"))
    line = str(caught.value).splitlines()[1]
    assert line == (
        f"{tmp_path / 'roster.csv'}, row 3, result: “Merits” is no level of the achievement's "
        "rubrics. Did you mean “Merit”."
    )


# Headers.


@pytest.mark.parametrize(
    ("header", "column", "hint"),
    [
        ("Name,email", "Name", "did you mean name"),
        ("name,e-mail", "e-mail", "did you mean email"),
        ("name,email,birthday", "birthday", "remove"),
        ("name,email,evidence_urls", "evidence_urls", "did you mean evidence_url"),
        ("name,email,evidence_url_1", "evidence_url_1", "did you mean evidence_url"),
        ("name,email,email", "email", "keep one"),
        ("name,email,na\x00me", "na\x00me", "remove"),
    ],
)
def test_a_column_that_is_none_is_named_with_what_was_meant(tmp_path, header, column, hint):
    row = ",".join(["x@example.org"] * (header.count(",") + 1))
    problems = find_problems(tmp_path, f"{header}\n{row}\n")
    found = [each for each in problems if each.column == column]
    assert [each.row for each in found] == [1]
    assert hint in found[0].remedy


@pytest.mark.parametrize(("header", "column"), [("email", "name"), ("name,result", None)])
def test_a_column_that_is_missing_is_named(tmp_path, header, column):
    row = {"email": "x@example.org", "name,result": "A,Merit"}[header]
    assert places(tmp_path, row, header=header) == [(1, column)]


def test_rows_are_checked_below_a_bad_header_too(tmp_path):
    found = places(tmp_path, "A,no address,x", header="name,email,birthday")
    assert found == [(1, "birthday"), (2, "email")]


def test_a_comma_in_a_name_never_shifts_the_cells_unseen(tmp_path):
    """The row ends in an empty cell, so that all that is written would still fit."""
    header = "name,student_id,narrative"
    assert places(tmp_path, "Ngāwaka, Aroha,1001,", header=header) == [(2, None)]


def test_a_cell_without_heading_is_a_fault(tmp_path):
    found = places(tmp_path, "A,a@example.org,x", header="name,email,")
    assert found == [(2, None)]


@pytest.mark.parametrize("sign", [";", "\t", "|"])
def test_another_separator_is_named_once(tmp_path, sign):
    problem = find_problems(tmp_path, ROSTER.replace(",", sign))
    assert [(each.row, each.column) for each in problem] == [(1, None)]
    assert "commas" in problem[0].reason


# Files that are something else.


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (ROSTER.encode("utf-16"), "UTF-16"),
        (ROSTER.encode("utf-16-le"), "UTF-16"),
        (ROSTER.encode("utf-16-be"), "UTF-16"),
        (ROSTER.encode("utf-32"), "UTF-32"),
        (ROSTER.encode("utf-32-le"), "UTF-32"),
        (b"PK\x03\x04\x14\x00\x06\x00", "spreadsheet"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Excel"),
        (b"%PDF-1.7\n", "PDF"),
        (b"<!DOCTYPE html><html></html>", "web page"),
        (b'{"name": "Aroha"}', "JSON"),
        (b'[{"name": "Aroha"}]', "JSON"),
        (bytes(range(256)) * 4, "no text"),
        (b"", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b" \r\n \n", "empty"),
    ],
)
def test_what_is_no_csv_file_is_called_what_it_is(tmp_path, data, word):
    problems = find_problems(tmp_path, data)
    assert [(each.row, each.column) for each in problems] == [(None, None)]
    assert word in problems[0].reason


def test_prose_is_no_roster(tmp_path):
    problems = find_problems(tmp_path, "Dear colleague,\nplease find attached\n")
    assert [(each.row, each.column) for each in problems] == [(1, None)]


def test_a_header_alone_is_no_roster(tmp_path):
    problems = find_problems(tmp_path, HEADER + "\n,,,,\n")
    assert [each.reason for each in problems] == ["has a header and no learners"]


def test_latin_1_is_named_once_with_the_first_place_and_what_it_would_be(tmp_path):
    rows = [FIRST.replace("ā", "a"), "Zoë,z@example.org,2,,", "André,a@example.org,3,,Best"]
    problems = find_problems(tmp_path, "\n".join([HEADER, *rows]).encode("latin-1"))
    assert [(each.row, each.column) for each in problems] == [(3, "name"), (4, "result")]
    assert "“Zoë”" in problems[0].reason
    assert "Latin-1" in problems[0].reason
    assert "1 more" in problems[0].reason
    assert "UTF-8" in problems[0].remedy


def test_a_single_damaged_byte_is_a_fault_of_its_cell(tmp_path):
    data = ROSTER.encode().replace(b"Aroha", b"Aroh\xe9")
    problems = find_problems(tmp_path, data)
    assert [(each.row, each.column) for each in problems] == [(2, "name")]
    assert "0xE9" in problems[0].reason


@pytest.mark.parametrize("name", ["missing.csv", "."])
def test_a_file_that_is_not_there_is_named(tmp_path, name):
    with pytest.raises(BadInputError) as caught:
        load_roster_source(tmp_path / name, write_achievement(tmp_path), UNIVERSITY, Silence())
    assert [each.file for each in caught.value.problems] == [tmp_path / name]


@OFTEN
@given(data=st.one_of(st.binary(max_size=300), st.text(max_size=100).map(str.encode)))
@example(data=b'"')
@example(data=b"name,email\n\xff\n")
@example(data=b"\xff\xfe")
@example(data=b",\n")
def test_no_bytes_make_more_than_a_list_of_problems(tmp_path, data):
    assert find_problems(tmp_path, data)


@OFTEN
@given(
    rows=st.lists(st.binary(max_size=60), max_size=5),
    columns=st.lists(
        st.sampled_from(
            ["name", "email", "did", "result", "valid_until", "evidence_file", "x", ""]
        ),
        min_size=1,
        max_size=5,
    ),
)
def test_no_rows_make_more_than_a_list_of_problems(tmp_path, rows, columns):
    data = b"\n".join([",".join(columns).encode(), *rows])
    found = load_or_list(tmp_path, data)
    assert isinstance(found, tuple) or found.count


@OFTEN
@given(name=st.text(st.one_of(st.characters(), st.characters(categories=["Cc", "Cf", "Cs"]))))
def test_a_name_is_listed_as_a_problem_or_can_be_hashed(tmp_path, name):
    quoted = '"' + name.replace('"', '""') + '"'
    data = f"name,did\n{quoted},did:example:1\n".encode(errors="surrogatepass")
    found = load_or_list(tmp_path, data)
    assert isinstance(found, tuple) or canonicalise(draft(found)).nquads


# However a file is read.


@OFTEN
@given(
    rows=st.lists(st.binary(max_size=60), max_size=5),
    size=st.integers(3, 20),
)
@example(rows=[b"Zo\xeb,z@example.org,,,", b"\xc4\x81,a@example.org,,,"], size=3)
@example(rows=[b"\xc4\x81,a@example.org,,,", b"Zo\xeb,z@example.org,,,"], size=3)
@example(rows=[b"Zo\xeb,z@example.org,,,", b"\xc4"], size=3)
def test_where_a_file_is_cut_into_pieces_changes_nothing(tmp_path, rows, size):
    data = b"\n".join([b"\xef\xbb\xbf" + HEADER.encode(), *rows, SECOND.encode()])
    whole = load_or_list(tmp_path, data)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(roster_text, "PIECE_BYTES", size)
        pieces = load_or_list(tmp_path, data)
    if isinstance(whole, tuple):
        assert pieces == whole
    else:
        assert (pieces.digest, pieces.learners) == (whole.digest, whole.learners)


def test_one_character_of_utf_8_late_in_a_file_tells_its_encoding(tmp_path):
    """Before it, a byte that is not UTF-8 looks like one of an older encoding."""
    rows = [f"Learner {n},l{n}@example.org,{n},," for n in range(2 * roster_text.PIECE_BYTES // 25)]
    rows[0] = rows[0].replace("Learner", "Zo\udceb")
    data = "\n".join([HEADER, *rows]).encode("utf-8", "surrogateescape")
    assert "Latin-1" in find_problems(tmp_path, data)[0].reason
    [problem] = find_problems(tmp_path, data + "\nZoë,z@example.org,z,,\n".encode())
    assert (problem.row, problem.column) == (2, "name")
    assert "0xEB" in problem.reason


def test_a_roster_may_come_through_a_pipe(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor() as pool:
        pool.submit(pipe.write_text, ROSTER)
        source = load_roster_source(pipe, write_achievement(tmp_path), UNIVERSITY, Silence())
    assert source.digest == load(tmp_path).digest


def test_a_roster_that_is_too_large_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(roster_text, "ROSTER_LIMIT_BYTES", len(ROSTER.encode()))
    assert load(tmp_path).count == 2
    [problem] = find_problems(tmp_path, ROSTER + " ")
    assert problem.reason.startswith("is larger than")


def test_an_open_quotation_mark_is_named_however_much_follows(tmp_path):
    rows = [FIRST, '"' + SECOND, *["x" * 99] * (RECORD_LIMIT_CHARACTERS // 100 + 1)]
    problem = only(tmp_path, *rows)
    assert problem.row == 3
    assert "quotation mark" in problem.reason
    assert "quotation mark" in problem.remedy


def test_a_file_of_ones_own_for_each_row_is_hashed_for_each(tmp_path, monkeypatch):
    monkeypatch.setattr(evidence_files, "REMEMBERED_FILES", 2)
    names = ["a", "b", "c", "a", "c", "b"]
    for name in names:
        (tmp_path / name).write_text(f"essay {name}")
    rows = [f"L {n},l{n}@example.org,{n},,,{name}" for n, name in enumerate(names)]
    source = load(tmp_path, "\n".join([f"{HEADER},evidence_file", *rows]))
    digests = [learner.evidence[0].file_digest for learner in source.learners]
    assert digests == [sha256(f"essay {name}".encode()).digest() for name in names]


# Evidence.


def test_evidence_comes_in_the_order_of_its_numbers(tmp_path):
    header = f"{HEADER},evidence_url_10,evidence_url_2,evidence_url"
    roster = f"{header}\n{FIRST},https://e.example/10,https://e.example/2,https://e.example/1\n"
    ids = [item["id"] for item in draft(load(tmp_path, roster))["evidence"]]
    assert ids == ["https://e.example/1", "https://e.example/2", "https://e.example/10"]


def test_the_digest_of_a_file_is_signed_with_the_evidence(tmp_path):
    (tmp_path / "essay.pdf").write_bytes(b"%PDF")
    roster = f"{HEADER},evidence_file,evidence_genre\n{FIRST},essay.pdf,Research essay\n"
    credential = draft(load(tmp_path, roster))
    [item] = credential["evidence"]
    assert item["genre"] == "Research essay"
    assert item["digestMultibase"].encode() in canonicalise(credential).nquads
    assert find_schema_problems(credential) == ()


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        (",,An essay,", "evidence_name"),
        (",,,Essay", "evidence_genre"),
        ("essay,,,", "evidence_url"),
        (",missing.pdf,,", "evidence_file"),
        (",empty.pdf,,", "evidence_file"),
        (",../roster.csv,,", "evidence_file"),
        (",/etc/passwd,,", "evidence_file"),
        (",C:\\essay.pdf,,", "evidence_file"),
        (",.,,", "evidence_file"),
        (f",{'e' * 300}.pdf,,", "evidence_file"),
        (",essay.pdf/page1,,", "evidence_file"),
    ],
)
def test_evidence_that_cannot_be_used_is_named(tmp_path, cells, column):
    (tmp_path / "empty.pdf").write_bytes(b"")
    (tmp_path / "essay.pdf").write_bytes(b"%PDF")
    header = f"{HEADER},evidence_url,evidence_file,evidence_name,evidence_genre"
    assert places(tmp_path, f"{FIRST},{cells}", header=header) == [(2, column)]


def test_the_same_evidence_twice_in_a_row_is_refused(tmp_path):
    row = f"{FIRST},https://e.example/1,https://e.example/1"
    found = places(tmp_path, row, header=f"{HEADER},evidence_url,evidence_url_2")
    assert found == [(2, "evidence_url_2")]


@pytest.mark.parametrize("name", [ACHIEVEMENT["id"], "https://uni.example.org/creator"])
def test_evidence_cannot_describe_the_achievement(tmp_path, name):
    """JL-21: a learner's link would add statements about what the institution says."""
    creator = {"id": "https://uni.example.org/creator", "type": ["Profile"], "name": "Faculty"}
    found = places(
        tmp_path,
        f"{FIRST},{name}",
        header=f"{HEADER},evidence_url",
        achievement=change(ACHIEVEMENT, creator=creator),
    )
    assert found == [(2, "evidence_url")]


# Progress and size.


def test_reading_tells_how_far_it_is(tmp_path):
    told = []

    class Listener(Silence):
        def report(self, stage, done, total):
            told.append((done, total))

    rows = [f"Learner {n},l{n}@example.org,{n},," for n in range(250)]
    roster = write_roster(tmp_path, "\n".join([HEADER, *rows]))
    load_roster_source(roster, write_achievement(tmp_path), UNIVERSITY, Listener())
    assert told == [(100, 250), (200, 250), (250, 250)]


def test_dates_follow_the_time_zone_of_the_institution(tmp_path):
    roster = write_roster(tmp_path, f"{HEADER},valid_until\n{FIRST},2027-01-31\n")
    credential = draft(
        load_roster_source(roster, write_achievement(tmp_path), UNIVERSITY, Silence())
    )
    assert credential["awardedDate"] == "2026-11-06T00:00:00+13:00"
    assert credential["validUntil"] == "2027-01-31T10:59:59Z"
    elsewhere = replace(UNIVERSITY, time_zone=type(UNIVERSITY.time_zone)("America/Lima"))
    credential = draft(
        load_roster_source(roster, write_achievement(tmp_path), elsewhere, Silence())
    )
    assert credential["awardedDate"] == "2026-11-06T00:00:00-05:00"
    assert credential["validUntil"] == "2027-02-01T04:59:59Z"


def test_the_digest_is_stable_from_release_to_release(tmp_path):
    """A new version of the program must find its batches again."""
    roster = "name,did\nA,did:example:1\n"
    line = json.dumps(["A", None, None, "did:example:1", *[None] * 5, []], separators=(",", ":"))
    achievement = json.dumps(ACHIEVEMENT, sort_keys=True, separators=(",", ":")).encode()
    content = sha256(achievement).digest() + sha256(line.encode()).digest()
    expected = sha256(b"rootseal/roster/1\x00" + content).digest()
    assert load(tmp_path, roster).digest == expected
