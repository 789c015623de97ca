"""`rootseal issue`: once, again, elsewhere, otherwise."""

import json

from tests.scripts.samples import ACHIEVEMENT, ISSUE, ROSTER


def read_all(shell, out):
    return {path.name: path.read_bytes() for path in (shell.folder / out).glob("*.json")}


def test_every_row_becomes_one_file_and_the_rest_stays_in_batch(desk):
    out = desk.folder / "spring"
    assert len(list(out.glob("*.json"))) == 5
    assert {path.name for path in out.iterdir() if path.suffix != ".json"} == {"batch"}
    assert {path.name for path in (out / "batch").iterdir()} == {
        *("batch.json", "manifest.csv", "evidence.json")
    }
    assert [event.leaves for event in desk.list_anchored()] == [0]


def test_the_names_in_the_files_are_the_rosters(desk):
    told = [json.loads(path.read_bytes()) for path in desk.list_files("spring")]
    names = [each["credentialSubject"]["identifier"][0]["identityHash"] for each in told]
    assert names == ["Aroha Ngāwaka", "陳曉明", "O'Hagan-Reyes, Siobhán", "ليلى الحسيني", "Sukarno"]


def test_the_same_command_again_says_that_it_is_done(desk):
    before = read_all(desk, "spring")
    again = desk.run(*ISSUE, "--out", "spring", "--json").expect()
    assert again.json["progress"] == "done already"
    assert read_all(desk, "spring") == before
    assert len(desk.list_anchored()) == 1


def test_a_new_folder_gets_the_same_files_and_nothing_is_anchored(desk):
    desk.run(*ISSUE, "--out", "copy").expect()
    assert read_all(desk, "copy") == read_all(desk, "spring")
    assert len(desk.list_anchored()) == 1


def test_what_was_revoked_since_is_written_again_all_the_same(desk):
    revoked, suspended, *_ = desk.list_files("spring")
    desk.run("revoke", revoked).expect()
    desk.run("suspend", suspended).expect()
    desk.run(*ISSUE, "--out", "copy").expect()
    assert read_all(desk, "copy") == read_all(desk, "spring")


def test_a_file_that_was_lost_is_written_again(desk):
    before = read_all(desk, "spring")
    desk.list_files("spring")[2].unlink()
    desk.run(*ISSUE, "--out", "spring").expect()
    assert read_all(desk, "spring") == before
    assert len(desk.list_anchored()) == 1


def test_a_changed_input_into_a_used_folder_is_refused(desk):
    before = read_all(desk, "spring")
    desk.write("people.csv", ROSTER.replace("Sukarno", "Soekarno"))
    refused = desk.run(*ISSUE, "--out", "spring").expect(65)
    assert "Choose another --out" in refused.err
    assert read_all(desk, "spring") == before
    assert len(desk.list_anchored()) == 1


def test_a_folder_with_something_else_in_it_is_refused(new_desk):
    new_desk.write("spring/notes.txt", "mine")
    assert "spring" in new_desk.run(*ISSUE, "--out", "spring").expect(65).err
    assert new_desk.list_anchored() == []


def test_another_spelling_of_the_same_input_is_the_same_batch(desk):
    desk.write("people.csv", "\ufeff" + ROSTER.replace("\n", "\r\n"))
    desk.write("achievement.json", json.dumps(ACHIEVEMENT, indent=3))
    again = desk.run(*ISSUE, "--out", "spring", "--json").expect()
    assert again.json["progress"] == "done already"


def test_the_same_input_is_knowingly_issued_again(desk):
    desk.run(*ISSUE, "--out", "second", "--new-batch").expect()
    assert not set(read_all(desk, "second")) & set(read_all(desk, "spring"))
    first, second = desk.list_anchored()
    assert first.root != second.root
    desk.run("verify", *desk.list_files("second"), *desk.list_files("spring")).expect()


def test_a_dry_run_shows_count_fee_and_first_credential_and_does_nothing(new_desk):
    shown = new_desk.run(*ISSUE, "--out", "spring", "--dry-run", "--json").expect().json
    assert shown["count"] == 5
    assert shown["fee_wei"] > 0
    subject = shown["first"]["credentialSubject"]
    assert subject["identifier"][0]["identityHash"] == "Aroha Ngāwaka"
    assert "proof" not in shown["first"]
    assert not (new_desk.folder / "spring").exists()
    assert new_desk.list_anchored() == []


def test_a_dry_run_of_what_was_issued_says_so(desk):
    shown = desk.run(*ISSUE, "--out", "spring", "--dry-run").expect()
    assert "done already" in shown.out


def test_ready_made_credentials_are_issued(new_desk):
    first = new_desk.run(*ISSUE, "--out", "x", "--dry-run", "--json").expect().json["first"]
    for number in (1, 2):
        draft = {
            member: value
            for member, value in first.items()
            if member not in ("id", "validFrom", "credentialStatus", "proof")
        }
        subject = dict(draft["credentialSubject"], narrative=f"Number {number}")
        new_desk.write(f"drafts/{number}.json", draft | {"credentialSubject": subject})
    new_desk.run("issue", "--credentials", "drafts", "--out", "ready").expect()
    files = list((new_desk.folder / "ready").glob("*.json"))
    told = {json.loads(each.read_bytes())["credentialSubject"]["narrative"] for each in files}
    assert told == {"Number 1", "Number 2"}
    new_desk.run("verify", *files).expect()
    again = new_desk.run("issue", "--credentials", "drafts", "--out", "ready", "--json").expect()
    assert again.json["progress"] == "done already"
    assert len(new_desk.list_anchored()) == 1


def test_every_fault_of_ready_made_credentials_is_listed_by_file_and_member(new_desk):
    new_desk.write("drafts/a.json", {"@context": [], "type": ["VerifiableCredential"]})
    new_desk.write("drafts/b.json", "no JSON")
    told = new_desk.run("issue", "--credentials", "drafts", "--out", "ready").expect(65).err
    assert "a.json" in told
    assert "b.json" in told


BAD_ROWS = (
    "name,email,student_id,awarded_on,result,narrative\n"
    ",aroha@example.org,1001,2026-11-06,Achieved,\n"
    "Bo,bo@example.org,1002,2026-02-30,Achieved,\n"
    "Cy,bo@example.org,1003,2026-11-06,Achieved,\n"
    "Di,di@example.org,1004,2026-11-06,Excellent,\n"
    "Ed,ed@example.org,1005,2026-11-06,Achieved,bell\a\n"
    f"Fe,fe@example.org,1006,2026-11-06,Achieved,{'long ' * 60_000}\n"
    "Gu,,,2026-11-06,Achieved,\n"
)


def test_every_bad_row_is_listed_with_row_column_and_remedy_and_nothing_is_anchored(new_desk):
    new_desk.write("people.csv", BAD_ROWS)
    told = new_desk.run(*ISSUE, "--out", "spring").expect(65).err.splitlines()
    for row, column in {
        2: "name",
        3: "awarded_on",
        4: "email",
        5: "result",
        6: "narrative",
        7: "narrative",
        8: "email",
    }.items():
        (line,) = [each for each in told if f"row {row}" in each and column in each]
        assert line.endswith(".")
        assert line.count(". ") >= 1, f"no remedy: {line}"
    assert max(len(line) for line in told) < 400
    assert not (new_desk.folder / "spring").exists()
    assert new_desk.list_anchored() == []


def test_an_unknown_column_is_refused(new_desk):
    new_desk.write("people.csv", ROSTER.replace("email", "e-mail"))
    told = new_desk.run(*ISSUE, "--out", "spring").expect(65).err
    assert "e-mail" in told
    assert "email" in told.replace("e-mail", "")


def test_another_encoding_is_named(new_desk):
    new_desk.write("people.csv", ROSTER.splitlines()[0].encode() + b"\nZo\xeb,z@example.org,1,,\n")
    assert "UTF-8" in new_desk.run(*ISSUE, "--out", "spring").expect(65).err


def test_both_kinds_of_input_at_once_are_refused(new_desk):
    new_desk.run(*ISSUE, "--credentials", ".", "--out", "spring").expect(64)
    new_desk.run("issue", "--roster", "people.csv", "--out", "spring").expect(64)


def test_shards_are_verified_line_by_line_and_revoked_by_manifest(desk):
    desk.run(*ISSUE, "--out", "cohort", "--shards", "only").expect()
    out = desk.folder / "cohort"
    assert {path.name for path in out.iterdir()} == {"batch", "shards"}
    shard = "cohort/shards/credentials-00001.ndjson"
    reports = desk.run("verify", shard, "--json").expect().json["reports"]
    assert [each["source"] for each in reports] == [f"{shard}:{line}" for line in range(1, 6)]
    assert {each["verdict"] for each in reports} == {"passed"}
    lines = (desk.folder / shard).read_bytes().splitlines(keepends=True)
    assert sorted(lines) == sorted(read_all(desk, "spring").values())
    desk.run("revoke", "--csv", "cohort/batch/manifest.csv", "--yes").expect()
    desk.run("verify", shard).expect(1)


def test_what_share_fell_back_is_told(new_desk):
    told = new_desk.run(*ISSUE, "--out", "spring", "--json").expect().json["canonicalised"]
    assert told["count"] == 10, "five drafts, and five files read again"
    assert told["by_shape"] + sum(told["fell_back"].values()) == told["count"]
    again = new_desk.run(*ISSUE, "--out", "copy").expect()
    assert "fell back to JSON-LD proper" in again.out


def list_spools(shell):
    return [path.name for path in (shell.home / "rosters").iterdir()]


def test_no_learner_is_left_in_the_home(new_desk):
    new_desk.run(*ISSUE, "--out", "spring", "--dry-run").expect()
    assert list_spools(new_desk) == []
    new_desk.write("bad.csv", ROSTER.replace("Merit", "Best"))
    given = ("--roster", "bad.csv", "--achievement", "achievement.json")
    new_desk.run("issue", *given, "--out", "spring").expect(65)
    assert list_spools(new_desk) == []
    new_desk.run(*ISSUE, "--out", "spring").expect()
    assert list_spools(new_desk) == []


def test_what_a_killed_command_left_is_deleted_by_the_next_of_another_kind(desk):
    desk.write(".rootseal/rosters/77-abandoned.jsonl", "[2,null,[]]\n")
    desk.run("revoke", desk.list_files("spring")[0]).expect()
    assert list_spools(desk) == []
