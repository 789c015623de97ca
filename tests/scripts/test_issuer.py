"""`rootseal issuer`: made once, and its keys changed."""

import json
import time
from datetime import UTC, datetime

import pytest

from tests.scripts.samples import ISSUE
from tests.scripts.shell import Shell
from tests.scripts.verdicts import find_checks, find_failed, list_verdicts

INIT = ("issuer", "init", "--name", "Example Institute", "--domain", "example.org", "--yes")


def read_now():
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def test_making_it_again_changes_nothing(new_desk):
    before = new_desk.run("keys", "list", "--json").json
    again = new_desk.run(*INIT, "--json").expect().json
    assert again["fresh"] is False
    assert new_desk.run("keys", "list", "--json").json["keys"] == before["keys"]


def test_what_it_writes_can_be_put_on_a_server(new_desk):
    made = new_desk.run(*INIT, "--json").expect().json
    document = new_desk.folder / made["did_document"]
    assert json.loads(document.read_bytes())["id"] == made["did"] == "did:web:example.org"
    copies = [path.read_bytes() for path in (new_desk.home / "issuers").iterdir()]
    assert document.read_bytes() in copies
    profile = json.loads((new_desk.home / "web/example.org/profile.json").read_bytes())
    assert profile["name"] == "Example Institute"


def test_without_yes_nothing_is_made_unasked(shell):
    refused = shell.run(*INIT[:-1])
    assert refused.code in (64, 130)
    assert not (shell.home / "institutions").exists()


@pytest.mark.parametrize(
    "spoilt",
    [
        ("--domain", "exa mple.org"),
        ("--domain", "https://example.org/"),
        ("--name", ""),
        ("--time-zone", "Atlantis/Capital"),
        ("--status-base", "status"),
    ],
)
def test_a_word_that_cannot_be_used_is_named(shell, spoilt):
    refused = shell.run(*INIT, *spoilt).expect(64)
    assert spoilt[0] in refused.err


def test_a_second_institution_makes_the_choice_necessary(new_desk):
    new_desk.run(
        *("issuer", "init", "--name", "Other", "--domain", "other.example", "--yes")
    ).expect()
    refused = new_desk.run(*ISSUE, "--out", "x", "--dry-run").expect(64)
    assert "--issuer" in refused.err
    assert "example.org" in refused.err
    assert "other.example" in refused.err
    for named in ("other.example", "did:web:other.example"):
        shown = new_desk.run(*ISSUE, "--out", "x", "--dry-run", "--json", "--issuer", named)
        issuer = shown.expect().json["first"]["issuer"]
        assert (issuer if isinstance(issuer, str) else issuer["id"]) == "did:web:other.example"


def test_no_institution_yet_is_said(shell):
    shell.write("people.csv", "name,email\nA,a@example.org\n")
    shell.write("achievement.json", {})
    assert "issuer init" in shell.run(*ISSUE, "--out", "x").expect(64).err


def test_registering_again_does_nothing(new_desk):
    again = new_desk.run("issuer", "register", "--json").expect().json
    assert again["transactions"] == 0


@pytest.mark.parametrize("duty", ["anchor", "status", "signing"])
def test_after_a_rotation_old_credentials_pass_and_new_ones_are_made(desk, duty):
    old = desk.list_files("spring")
    changed = desk.run("issuer", "rotate", "--key", duty, "--json").expect().json
    assert changed["duty"] == duty
    desk.run(*ISSUE, "--out", "second", "--new-batch").expect()
    new = desk.list_files("second")
    desk.run("revoke", new[0]).expect()
    assert list_verdicts(desk, [*old, *new]) == ["passed"] * 5 + ["failed"] + ["passed"] * 4
    proofs = json.loads(new[0].read_bytes())["proof"]
    before = json.loads(old[0].read_bytes())["proof"]
    differs = [
        a["verificationMethod"] != b["verificationMethod"]
        for a, b in zip(proofs, before, strict=True)
    ]
    assert differs == [duty == "anchor", duty == "signing"]


def test_what_a_key_anchored_after_it_was_lost_does_not_count_and_earlier_work_does(desk):
    early = desk.list_files("spring")
    time.sleep(1.1)
    since = read_now()
    desk.run(*ISSUE, "--out", "late", "--new-batch").expect()
    asked = desk.run("issuer", "compromised", "--key", "anchor", "--since", since).expect(64).err
    assert f"Then 1 batch(es) anchored with it since {since} stop counting" in asked
    assert list_verdicts(desk, desk.list_files("late")) == ["passed"] * 5
    desk.run("issuer", "compromised", "--yes", "--key", "anchor", "--since", since).expect()
    late = desk.list_files("late")
    assert list_verdicts(desk, [*early, *late]) == ["passed"] * 5 + ["failed"] * 5
    assert find_failed(desk, late[0]) == ["anchoring_key"]
    assert "unsafe" in find_checks(desk, late[0])["anchoring_key"]["reason"]
    refused = desk.run(*ISSUE, "--out", "third", "--new-batch")
    assert refused.code in (5, 64)
    assert "rotate" in refused.err
    desk.run("issuer", "rotate", "--key", "anchor").expect()
    desk.run(*ISSUE, "--out", "third", "--new-batch").expect()
    assert list_verdicts(desk, desk.list_files("third")) == ["passed"] * 5


def test_a_lost_signing_key_signs_for_nobody_and_anchors_stand(desk):
    (file, *_) = desk.list_files("spring")
    since = read_now()
    desk.run("issuer", "compromised", "--yes", "--key", "signing", "--since", since).expect()
    checks = find_checks(desk, file)
    assert checks["signature"]["verdict"] == "unknown"
    assert checks["signature"]["required"] is False
    assert list_verdicts(desk, [file]) == ["passed"]


@pytest.mark.parametrize(
    "since", ["2999-01-01T00:00:00Z", "yesterday", "2026-11-24", "2026-13-01T00:00:00Z"]
)
def test_a_moment_that_cannot_be_is_refused(desk, since):
    desk.run("issuer", "compromised", "--yes", "--key", "anchor", "--since", since).expect(64)


def test_a_key_that_is_not_its_own_is_refused(desk):
    refused = desk.run(
        "issuer", "compromised", "--yes", "--key", "0x" + "12" * 20, "--since", read_now()
    )
    assert "no such key" in refused.expect(64).err


def test_on_another_network_it_says_what_comes_next(shell):
    reachable = Shell(
        shell.folder, shell.variables | {"ROOTSEAL_RPC_SEPOLIA": "http://127.0.0.1:9"}
    )
    made = reachable.run(*INIT, "--network", "sepolia").expect().out
    for words in ("authority register", "issuer register", "keys list", "registration.json"):
        assert words in made
