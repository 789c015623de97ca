"""Several processes on one home, and processes that are killed at any moment."""

import json
import random
import time

import pytest

from tests.scripts.samples import ACHIEVEMENT, ISSUE, ROSTER
from tests.scripts.shell import finish
from tests.scripts.verdicts import list_verdicts

STARTED_SECONDS, DONE_SECONDS = 0.6, 4.0
"""Between these a command imports what it needs, then does its work on a busy machine."""


def kill_at_random(shell, seed, *arguments):
    """Start the command and kill it, over and over at other moments."""
    moments = random.Random(seed)
    for _ in range(2):
        process = shell.start(*arguments)
        time.sleep(moments.uniform(STARTED_SECONDS, DONE_SECONDS))
        process.kill()
        process.communicate()


@pytest.mark.parametrize("seed", [1, 2])
def test_an_issue_killed_at_random_moments_anchors_once_and_every_file_verifies(new_desk, seed):
    kill_at_random(new_desk, seed, *ISSUE, "--out", "spring")
    new_desk.run(*ISSUE, "--out", "spring").expect()
    files = new_desk.list_files("spring")
    (anchored,) = new_desk.list_anchored()
    batch = json.loads((new_desk.folder / "spring/batch/batch.json").read_bytes())
    assert batch["root"] == "0x" + anchored.root.hex()
    assert len(files) == len(list((new_desk.folder / "spring").glob("*.json"))) == 5
    assert list_verdicts(new_desk, files) == ["passed"] * 5


def test_an_institution_killed_while_it_is_made_is_made_once(shell):
    init = ("issuer", "init", "--name", "Example Institute", "--domain", "example.org", "--yes")
    kill_at_random(shell, 4, *init)
    shell.run(*init).expect()
    rows = shell.run("keys", "list", "--json").expect().json["keys"]
    duties = sorted(row["duty"].partition(" ")[0] for row in rows if row["duty"])
    assert duties == ["admin", "anchor", "signing", "status"]
    shell.write("people.csv", ROSTER)
    shell.write("achievement.json", ACHIEVEMENT)
    shell.run(*ISSUE, "--out", "spring").expect()
    assert list_verdicts(shell, shell.list_files("spring")) == ["passed"] * 5


def test_a_revocation_killed_at_random_moments_is_done_once(desk):
    files = desk.list_files("spring")
    kill_at_random(desk, 5, "revoke", *files[:2])
    done = desk.run("revoke", *files[:2], "--json").expect().json
    assert len(done["changed"]) + len(done["unchanged"]) == 2
    assert list_verdicts(desk, files) == ["failed"] * 2 + ["passed"] * 3


def test_two_processes_with_one_input_anchor_it_once(new_desk):
    pair = [new_desk.start(*ISSUE, "--out", "spring", "--json") for _ in range(2)]
    answers = [finish(each).expect().json for each in pair]
    assert sorted(each["progress"] for each in answers) == ["done already", "issued"]
    assert len({each["root"] for each in answers}) == 1
    assert len(new_desk.list_anchored()) == 1
    assert list_verdicts(new_desk, new_desk.list_files("spring")) == ["passed"] * 5


def test_two_processes_with_two_inputs_give_out_no_index_twice(new_desk):
    new_desk.write("others.csv", ROSTER.replace("example.org", "other.example"))
    others = ("issue", "--roster", "others.csv", "--achievement", "achievement.json")
    pair = [
        new_desk.start(*ISSUE, "--out", "spring"),
        new_desk.start(*others, "--out", "autumn"),
    ]
    for each in pair:
        finish(each).expect()
    files = [*new_desk.list_files("spring"), *new_desk.list_files("autumn")]
    places = {json.dumps(json.loads(each.read_bytes())["credentialStatus"]) for each in files}
    assert len(places) == 10
    assert len(new_desk.list_anchored()) == 2
    assert list_verdicts(new_desk, files) == ["passed"] * 10


def test_a_checker_beside_an_issuer_is_not_disturbed(desk):
    """A reader sees a whole block or none of it while another process writes."""
    files = desk.list_files("spring")
    busy = desk.start(*ISSUE, "--out", "second", "--new-batch")
    while busy.poll() is None:
        assert list_verdicts(desk, files) == ["passed"] * 5
    finish(busy).expect()
    assert list_verdicts(desk, desk.list_files("second")) == ["passed"] * 5
