"""`rootseal revoke`, `suspend` and `reinstate`, and what a checker sees of them."""

import pytest

from tests.scripts.samples import ISSUE
from tests.scripts.verdicts import find_checks, find_failed, list_verdicts


@pytest.fixture
def files(desk):
    return desk.list_files("spring")


def test_a_revoked_credential_fails_with_reason_and_time_and_the_others_stand(desk, files):
    desk.run("revoke", files[1], "--reason", "issued-in-error").expect()
    assert list_verdicts(desk, files) == ["passed", "failed", "passed", "passed", "passed"]
    checks = find_checks(desk, files[1])
    assert find_failed(desk, files[1]) == ["revocation"]
    assert checks["revocation"]["facts"]["reason_code"] == 1
    assert checks["revocation"]["facts"]["withdrawn_at"] in checks["revocation"]["reason"]
    assert "issued in error" in checks["revocation"]["reason"]


def test_many_files_take_one_transaction(desk, files):
    done = desk.run("revoke", *files[:3], "--json").expect().json
    assert done["changed"] == [str(path) for path in files[:3]]
    assert len(done["transactions"]) == 1
    assert list_verdicts(desk, files) == ["failed"] * 3 + ["passed"] * 2


def test_a_revoked_credential_is_left_as_it_is(desk, files):
    desk.run("revoke", files[0], "--reason", "misconduct").expect()
    again = desk.run("revoke", files[0], "--reason", "superseded", "--json").expect().json
    assert (again["changed"], again["transactions"]) == ([], [])
    assert "revoked already" in again["unchanged"][0]["why"]
    assert find_checks(desk, files[0])["revocation"]["facts"]["reason_code"] == 2
    said = desk.run("revoke", files[0]).expect().out
    assert "left as it is" in said
    assert "Nothing changed" in said


def test_a_suspended_credential_may_be_reinstated_and_verifies_again(desk, files):
    desk.run("suspend", files[2], "--reason", "investigation").expect()
    checks = find_checks(desk, files[2])
    assert find_failed(desk, files[2]) == ["suspension"]
    assert "may be reinstated" in checks["suspension"]["reason"]
    desk.run("reinstate", files[2]).expect()
    assert list_verdicts(desk, files) == ["passed"] * 5


def test_reinstating_does_not_undo_a_revocation(desk, files):
    desk.run("revoke", files[0]).expect()
    done = desk.run("reinstate", files[0], "--json").expect().json
    assert (done["changed"], done["transactions"]) == ([], [])
    assert list_verdicts(desk, files)[0] == "failed"


def write_filtered(desk, rows, name="filtered.csv", reasons=()):
    """Write a manifest with some of its rows only, and perhaps a reason for each."""
    lines = (desk.folder / "spring/batch/manifest.csv").read_text("utf-8-sig").splitlines()
    chosen = [lines[0], *(lines[row] for row in rows)]
    if reasons:
        chosen = [f"{line},{more}" for line, more in zip(chosen, ("reason", *reasons), strict=True)]
    return desk.write(name, "\n".join(chosen) + "\n")


def test_a_filtered_manifest_names_who_is_revoked_each_with_a_reason(desk, files):
    filtered = write_filtered(desk, (1, 4), reasons=("misconduct", "superseded"))
    desk.run("revoke", "--csv", filtered, "--yes").expect()
    assert list_verdicts(desk, files) == ["failed", "passed", "passed", "failed", "passed"]
    codes = [find_checks(desk, files[at])["revocation"]["facts"]["reason_code"] for at in (0, 3)]
    assert codes == [2, 3]


def test_the_manifest_in_its_place_names_the_files_above_it(desk, files):
    desk.run("suspend", "--csv", "spring/batch/manifest.csv", "--yes").expect()
    assert list_verdicts(desk, files) == ["failed"] * 5


def test_a_bulk_change_says_what_it_would_do_and_does_nothing_unasked(desk, files):
    refused = desk.run("revoke", "--csv", write_filtered(desk, (1, 2))).expect(64)
    assert "2 credentials" in refused.err
    assert "--yes" in refused.err
    assert list_verdicts(desk, files) == ["passed"] * 5


def test_a_whole_batch_is_revoked_by_its_root(desk, files):
    done = desk.run(*ISSUE, "--out", "spring", "--json").expect().json
    desk.run("revoke", "--batch", done["root"]).expect(64)
    answer = desk.run("revoke", "--batch", done["root"], "--reason", "key-compromise", "--yes")
    assert done["root"] in answer.expect().out
    checks = find_checks(desk, files[3])
    assert checks["revocation"]["verdict"] == "failed"
    assert checks["revocation"]["facts"]["whole_batch"] is True
    assert list_verdicts(desk, files) == ["failed"] * 5
    again = desk.run("revoke", "--batch", done["root"], "--yes", "--json").expect().json
    assert again["transactions"] == []


def test_a_changed_file_hits_nobody_and_every_unusable_file_is_named(desk, files):
    spoilt = [desk.write(f"{at}.json", files[at].read_bytes()) for at in (0, 1)]
    for path in spoilt:
        path.write_bytes(path.read_bytes().replace(b"Achieved", b"Excelled"))
    spoilt.append(desk.write("x.json", "no JSON"))
    refused = desk.run("revoke", *spoilt, files[4]).expect(65)
    assert all(str(path) in refused.err for path in spoilt)
    assert str(files[4]) not in refused.err
    assert list_verdicts(desk, files) == ["passed"] * 5


def test_every_bad_row_of_a_csv_is_listed(desk, files):
    bad = desk.write("bad.csv", "credential_id,reason\nurn:uuid:nobody,misconduct\n,\nx,because\n")
    refused = desk.run("revoke", "--csv", bad, "--yes").expect(65)
    assert "row 2" in refused.err
    assert "row 4" in refused.err


@pytest.mark.parametrize("command", ["revoke", "suspend", "reinstate"])
def test_nothing_named_is_refused(desk, command):
    assert "--csv" in desk.run(command).expect(64).err


def test_a_root_that_is_none_is_refused(desk):
    assert "--batch" in desk.run("revoke", "--batch", "0x12", "--yes").expect(64).err
    desk.run("revoke", "--batch", "0x" + "12" * 32, "--yes").expect(65)
