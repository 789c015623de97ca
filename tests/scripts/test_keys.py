"""`rootseal keys`: public halves only."""

import json

import pytest

from tests.scripts.shell import Shell


@pytest.mark.parametrize("kind", ["chain", "signing"])
def test_a_new_key_is_listed_and_exported_by_its_public_name(shell, kind):
    made = shell.run("keys", "new", "--kind", kind, "--json").expect().json
    name = made["address"] if kind == "chain" else made["multikey"]
    (listed,) = shell.run("keys", "list", "--json").expect().json["keys"]
    assert (listed["name"], listed["kind"]) == (name, kind)
    shown = shell.run("keys", "export-public", name).expect().json
    assert shown == {"kind": kind, "address" if kind == "chain" else "multikey": name}


def test_the_keys_of_an_institution_are_listed_with_duty_and_balance(new_desk):
    rows = new_desk.run("keys", "list", "--json").expect().json["keys"]
    assert sorted(row["duty"] for row in rows) == [
        "admin of example.org",
        "anchor of example.org (current)",
        "signing of example.org (current)",
        "status of example.org (current)",
    ]
    assert all("ETH" in row["balance"] for row in rows if row["kind"] == "chain")
    assert all(row["needs"] == "" for row in rows)


def test_an_institution_s_public_keys_are_those_of_its_did_document(new_desk):
    document = json.loads((new_desk.home / "web/example.org/.well-known/did.json").read_bytes())
    published = {method["id"].partition("#")[2] for method in document["verificationMethod"]}
    names = [row["name"] for row in new_desk.run("keys", "list", "--json").json["keys"]]
    exported = [new_desk.run("keys", "export-public", name).expect().json for name in names]
    assert published <= {each.get("multikey") for each in exported}


def test_an_account_without_funds_is_said_to_need_them(new_desk):
    made = new_desk.run("keys", "new", "--json").expect().json
    rows = new_desk.run("keys", "list", "--json").expect().json["keys"]
    assert {row["name"]: row["needs"] for row in rows}[made["address"]] == "funds for transactions"


def test_a_silent_chain_leaves_balances_out_and_says_so(new_desk):
    listed = new_desk.run("keys", "list", "--network", "local", "--json").expect().json
    assert len(listed["keys"]) == 4
    assert all(row["balance"] == "" for row in listed["keys"])
    assert "local cannot be reached" in listed["silence"]
    told = new_desk.run("keys", "list", "--network", "local").expect().err
    assert told.count("local cannot be reached") == 1


def test_an_unknown_key_is_refused(shell):
    assert "rootseal keys list" in shell.run("keys", "export-public", "z6MkNobody").expect(64).err


def test_a_home_without_keys_says_what_to_do(shell):
    assert "rootseal keys new" in shell.run("keys", "list").expect().out


def test_another_passphrase_opens_nothing(new_desk):
    other = new_desk.write("other.txt", "another passphrase\n")
    stranger = Shell(new_desk.folder, {"ROOTSEAL_PASSPHRASE_FILE": str(other)})
    refused = stranger.run(
        *("issue", "--roster", "people.csv", "--achievement", "achievement.json", "--out", "x")
    ).expect(64)
    assert "passphrase" in refused.err
    assert "another passphrase" not in refused.err


def test_without_file_or_terminal_the_variable_is_named(shell):
    nameless = Shell(shell.folder)
    refused = nameless.run(
        *("issuer", "init", "--name", "X", "--domain", "example.org", "--yes")
    ).expect(64)
    assert "ROOTSEAL_PASSPHRASE_FILE" in refused.err
    nameless.run("keys", "new").expect(64)


def test_a_passphrase_file_that_is_missing_or_empty_is_named(shell):
    for content in (None, "\nsecond line\n"):
        path = shell.folder / "secret.txt"
        path.unlink(missing_ok=True)
        if content is not None:
            path.write_text(content, encoding="utf-8")
        refused = Shell(shell.folder, {"ROOTSEAL_PASSPHRASE_FILE": str(path)}).run("keys", "new")
        assert "secret.txt" in refused.expect(64).err
