"""`rootseal demo`: five files, five answers, and nothing of anybody else's touched."""

import json
import shlex
import shutil
import subprocess

import pytest

from scripts.demo import command
from tests.scripts.samples import ACHIEVEMENT, ISSUE, ROSTER
from tests.scripts.shell import Shell
from tests.scripts.verdicts import find_checks, find_failed, list_verdicts

FAILED = {
    "genuine": [],
    "tampered": ["signature", "path"],
    "revoked": ["revocation"],
    "suspended": ["suspension"],
    "stranger": ["signature", "anchoring_key"],
}
FILES = [f"rootseal-demo/{name}.json" for name in FAILED]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder in which the whole demo ran in a process of its own; tests only read it."""
    shell = Shell.make(tmp_path_factory.mktemp("demo") / "desk")
    return shell, shell.call("demo", "--no-serve").expect()


@pytest.fixture
def short(monkeypatch, tmp_path):
    """The same demo with the first of its learners only, for those who run it again."""
    folder = tmp_path / "sample"
    shutil.copytree(command.SAMPLE, folder)
    lines = (folder / "roster.csv").read_text("utf-8").splitlines(keepends=True)
    (folder / "roster.csv").write_text("".join(lines[:7]), encoding="utf-8")
    monkeypatch.setattr(command, "SAMPLE", folder)


def check_story(shell, folder="rootseal-demo"):
    for name, failed in FAILED.items():
        assert find_failed(shell, f"{folder}/{name}.json") == failed


def test_each_of_the_five_files_fails_in_what_is_wrong_with_it(made):
    check_story(made[0])


def test_the_five_reports_are_printed_in_order(made):
    out = made[1].out
    places = [out.index(f"rootseal-demo/{name}.json\n") for name in FAILED]
    assert places == sorted(places)
    assert out.rstrip().endswith("rootseal verify rootseal-demo/genuine.json")


def test_the_command_it_ends_with_works_as_printed(shell, short):
    """Without a PATH to the program, and for a home and a folder that need quoting."""
    home = shell.folder / "my home"
    shell.variables["PATH"] = "/usr/bin:/bin"
    made = shell.call("demo", "--no-serve", "--home", home, "--out", "my demo").expect()
    command = shlex.split(made.out.splitlines()[-1])
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
    assert subprocess.run(command, cwd=shell.folder, env=environment, check=False).returncode == 0


def test_another_process_verifies_the_genuine_file(made):
    shell = made[0]
    report = shell.call("verify", "--json", FILES[0]).expect(0).json
    assert report["verdict"] == "passed"
    assert {each["verdict"] for each in report["checks"]} <= {"passed", "not_applicable"}
    shell.call("verify", *FILES).expect(1)


def test_the_revoked_file_says_why_and_when(made):
    check = find_checks(made[0], FILES[2])["revocation"]
    assert "issued in error" in check["reason"]
    assert check["facts"]["withdrawn_at"] in check["reason"]


def test_the_suspended_file_says_that_it_may_be_reinstated(made):
    assert "may be reinstated" in find_checks(made[0], FILES[3])["suspension"]["reason"]


def test_the_stranger_s_file_says_whose_key_it_was(made):
    checks = find_checks(made[0], FILES[4])
    for name in ("signature", "anchoring_key"):
        assert "Northgate College" in checks[name]["reason"]
        assert checks[name]["facts"]["key_of"]["registered_name"] == "Northgate College"
    document = json.loads((made[0].folder / FILES[4]).read_bytes())
    issuer = document["issuer"]
    assert (issuer if isinstance(issuer, str) else issuer["id"]) == "did:web:harakeke.example"


def test_the_cohort_is_the_untouched_output_of_an_issue(made):
    shell = made[0]
    cohort = shell.list_files("rootseal-demo/cohort")
    assert len(cohort) == 120
    verdicts = list_verdicts(shell, cohort)
    assert verdicts == ["passed", "failed", "failed", *["passed"] * 117]
    names = [each["credentialSubject"]["identifier"][0] for each in map(read, cohort)]
    assert "Aroha Ngāwaka" in str(names)
    assert any("\u4e00" <= letter <= "\u9fff" for letter in str(names))
    assert any("\u0600" <= letter <= "\u06ff" for letter in str(names))


def read(path):
    return json.loads(path.read_bytes())


def test_the_demo_s_institutions_never_count_as_the_home_s_own(made, tmp_path):
    """The three lines work where the demo ran; without an own institution it says so."""
    shell = Shell.make(tmp_path / "desk")
    shutil.copytree(made[0].folder, shell.folder, dirs_exist_ok=True)
    shell.write("people.csv", ROSTER)
    shell.write("achievement.json", ACHIEVEMENT)
    assert "issuer init" in shell.run(*ISSUE, "--out", "spring").expect(64).err
    named = ("--name", "Example Institute", "--domain", "example.org", "--yes")
    shell.run("issuer", "init", *named).expect()
    shell.run(*ISSUE, "--out", "spring").expect()
    assert list_verdicts(shell, shell.list_files("spring")) == ["passed"] * 5
    assert list_verdicts(shell, FILES) == ["passed"] + ["failed"] * 4


def test_again_it_replaces_its_folder_and_tells_the_same_story(shell, short):
    """Home and folder old, then a new folder, then a new home."""
    shell.run("demo", "--no-serve").expect()
    shell.write("rootseal-demo/mine.txt", "kept")
    again = shell.run("demo", "--no-serve").expect()
    check_story(shell)
    assert (shell.folder / "rootseal-demo/mine.txt").read_text() == "kept"
    shell.run("demo", "--no-serve", "--out", "elsewhere").expect()
    check_story(shell, "elsewhere")
    assert len(shell.list_anchored()) == 4, "one cohort, and a stranger's each time"
    shutil.rmtree(shell.home)
    shell.run("demo", "--no-serve").expect()
    check_story(shell)
    assert again.out.count("Did not pass") == 4


def test_another_s_folder_is_refused_before_anything_is_made(shell):
    shell.write("rootseal-demo/thesis.txt", "mine")
    refused = shell.run("demo", "--no-serve").expect(65)
    assert "rootseal-demo" in refused.err
    assert (shell.folder / "rootseal-demo/thesis.txt").read_text() == "mine"
    assert not shell.home.exists()


def test_the_home_s_own_institution_stays_as_it_is(desk, short):
    files = desk.list_files("spring")
    before = desk.run("keys", "list", "--json").expect().json["keys"]
    desk.run("demo", "--no-serve").expect()
    check_story(desk)
    assert desk.run("keys", "list", "--json").expect().json["keys"] == before
    assert list_verdicts(desk, files) == ["passed"] * 5
    assert desk.run(*ISSUE, "--out", "spring", "--json").expect().json["progress"] == "done already"
