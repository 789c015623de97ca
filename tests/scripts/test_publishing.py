"""`rootseal status publish` and `rootseal issuer profile`: what an institution shows to others."""

import json
import socket

import pytest

from protocol.credentials.status_list import decode_status_list, is_set
from tests.scripts.shell import Shell


def find_entry(path) -> dict:
    return json.loads(path.read_bytes())["credentialStatus"]


def read_bits(desk: Shell, purpose: str, folder: str = ".rootseal/status") -> bytes:
    (path,) = (desk.folder / folder / "example.org").glob(f"*/{purpose}.json")
    return decode_status_list(json.loads(path.read_bytes())["credentialSubject"]["encodedList"])


def list_tree(folder) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_what_was_withdrawn_is_set_at_the_index_and_address_of_its_credential(desk):
    files = desk.list_files("spring")
    desk.run("revoke", files[1]).expect()
    desk.run("suspend", files[2]).expect()
    done = desk.run("status", "publish", "--json").expect().json
    entry = find_entry(files[1])
    number = entry["statusListCredential"].split("/")[-2]
    assert [(each["list"], each["purpose"], each["set"]) for each in done["lists"]] == [
        (number, "revocation", 1),
        (number, "suspension", 1),
    ]
    assert entry["statusListCredential"] == f"{done['status_base']}/{number}/revocation"
    for purpose, withdrawn in (("revocation", files[1]), ("suspension", files[2])):
        bits = read_bits(desk, purpose)
        said = [path for path in files if is_set(bits, int(find_entry(path)["statusListIndex"]))]
        assert said == [withdrawn]


def test_again_it_says_that_nothing_changed_and_changes_nothing(desk):
    desk.run("status", "publish", "--out", "lists").expect()
    before = list_tree(desk.folder / "lists")
    assert set(before) >= {"example.org/settings.json"}
    assert sum(name.endswith((".json", ".jwt")) for name in before) == 7
    again = desk.run("status", "publish", "--out", "lists").expect()
    assert again.out.count("unchanged") == 2
    assert "Read at block" in again.out
    assert list_tree(desk.folder / "lists") == before


def test_where_nothing_was_issued_there_is_no_list(new_desk):
    answer = new_desk.run("status", "publish").expect()
    assert "nothing was issued" in answer.out
    assert set(list_tree(new_desk.home / "status")) == {"example.org/settings.json"}


def test_a_list_is_named_by_its_number_and_not_otherwise(desk):
    for text in ("x", "01", "-1", str(1 << 48)):
        assert "--list" in desk.run("status", "publish", "--list", text).expect(64).err
    done = desk.run("status", "publish", "--list", "8589934597", "--json").expect().json
    assert "8589934597" in [each["list"] for each in done["lists"]]


def test_a_silent_chain_ends_with_4_and_leaves_the_lists_as_they_were(desk):
    desk.run("status", "publish").expect()
    before = list_tree(desk.home / "status")
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        variables = {"ROOTSEAL_RPC_LOCAL": f"http://127.0.0.1:{closed.getsockname()[1]}"}
        elsewhere = Shell(desk.folder, desk.variables | variables)
        elsewhere.run("status", "publish", "--network", "local").expect(4)
    assert list_tree(desk.home / "status") == before


def test_the_profile_is_what_was_made_and_registered(desk):
    made = list_tree(desk.home / "web/example.org")
    desk.run("issuer", "profile", "--out", "www").expect()
    assert list_tree(desk.folder / "www") == made
    told = desk.run("issuer", "profile", "--json").expect().json
    assert told["registered"] is True
    assert told["written"] == []
    assert told["did_document"] == json.loads(made[".well-known/did.json"])
    assert told["profile"] == json.loads(made["profile.json"])
    printed = desk.run("issuer", "profile").expect()
    assert printed.out.encode() == made[".well-known/did.json"] + made["profile.json"]


def test_the_profile_follows_a_new_key(desk):
    before = desk.run("issuer", "profile", "--json").expect().json
    desk.run("issuer", "rotate", "--key", "signing").expect()
    after = desk.run("issuer", "profile", "--out", "www", "--json").expect().json
    assert after["registered"] is True
    assert after["digest"] != before["digest"]
    assert list_tree(desk.folder / "www") == list_tree(desk.home / "web/example.org")


def test_a_profile_that_the_registry_does_not_know_is_not_written(desk):
    (record,) = (desk.home / "institutions").glob("*/example.org.json")
    content = json.loads(record.read_bytes())
    for key in content["keys"]:
        if key["duty"] == "signing":
            key["stage"] = "compromised"
    record.write_text(json.dumps(content))
    refused = desk.run("issuer", "profile", "--out", "www", "--status-for", "blockcerts").expect(5)
    assert "issuer register" in refused.err
    assert not (desk.folder / "www").exists()
    assert json.loads(record.read_bytes())["status_for"] == "standard"


@pytest.mark.parametrize("rotated", [False, True])
def test_whose_readers_come_first_is_kept_and_published(desk, rotated):
    told = desk.run("issuer", "profile", "--status-for", "blockcerts", "--json").expect().json
    assert told["status_for"] == "blockcerts"
    if rotated:
        desk.run("issuer", "rotate", "--key", "signing").expect()
    assert desk.run("issuer", "profile", "--json").expect().json["status_for"] == "blockcerts"
    desk.run("status", "publish").expect()
    settings = desk.home / "status/example.org/settings.json"
    assert json.loads(settings.read_bytes()) == {"status_for": "blockcerts"}
    assert "--status-for" in desk.run("issuer", "profile", "--status-for", "me").expect(64).err


def test_a_record_from_before_the_setting_is_the_standards(desk):
    (record,) = (desk.home / "institutions").glob("*/example.org.json")
    content = json.loads(record.read_bytes())
    del content["status_for"]
    record.write_text(json.dumps(content))
    assert desk.run("issuer", "profile", "--json").expect().json["status_for"] == "standard"


def test_a_batch_revoked_as_a_whole_is_named_until_its_bits_are_set(desk):
    (anchored,) = desk.list_anchored()
    root = f"0x{anchored.root.hex()}"
    desk.run("revoke", "--batch", root, "--yes").expect()
    told = desk.run("status", "publish", "--json").expect().json
    assert told["unseen"] == [{"batch": root, "credentials": 5}]
    assert not any(read_bits(desk, "revocation"))
    assert root in desk.run("status", "publish").expect().out
    desk.run("revoke", "--csv", "spring/batch/manifest.csv", "--yes").expect()
    told = desk.run("status", "publish", "--json").expect().json
    assert (told["unseen"], told["lists"][0]["set"]) == ([], 5)
    assert int.from_bytes(read_bits(desk, "revocation"), "big").bit_count() == 5
