"""KO-01, KO-02: passphrases and private keys are in no file, output or journal."""

import base64
import json
import stat

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from eth_account import Account

from issuer.keys.keystore import KeyKind, KeyRing, list_keys
from tests.scripts.samples import ISSUE
from tests.scripts.shell import PASSPHRASE


def find_private_keys(shell):
    """Every private key of this home, opened with its passphrase by other means than the home's."""
    folder = shell.home / "keys"
    for key in list_keys(folder):
        data = key.path.read_bytes()
        if key.kind is KeyKind.CHAIN:
            yield bytes(Account.decrypt(json.loads(data), PASSPHRASE))
        else:
            yield load_pem_private_key(data, PASSPHRASE.encode()).private_bytes_raw()


def spell(secret):
    """A secret as it could stand somewhere."""
    return {
        secret,
        secret.hex().encode(),
        secret.hex().upper().encode(),
        base64.b64encode(secret),
        base64.urlsafe_b64encode(secret).rstrip(b"="),
        str(int.from_bytes(secret, "big")).encode(),
    }


@pytest.fixture
def busy(desk):
    """A desk at which everything was done that touches keys, with all that was printed."""
    files = desk.list_files("spring")
    done = [
        desk.run("keys", "new", "--kind", "signing"),
        desk.run("keys", "list"),
        desk.run("revoke", files[0]),
        desk.run("issuer", "rotate", "--key", "anchor"),
        desk.run(*ISSUE, "--out", "second", "--new-batch"),
        desk.run("verify", *files),
        desk.run("networks"),
    ]
    return desk, "".join(each.out + each.err for each in done).encode()


def test_no_secret_is_printed_or_written(busy):
    desk, printed = busy
    secrets = list(find_private_keys(desk))
    assert len(secrets) == 6
    spelled = set().union(*map(spell, secrets)) | {PASSPHRASE.encode(), PASSPHRASE.encode("utf-16")}
    texts = {"what was printed": printed} | {
        str(path): path.read_bytes()
        for path in desk.folder.rglob("*")
        if path.is_file() and path.name != "passphrase.txt"
    }
    found = [name for name, text in texts.items() if any(each in text for each in spelled)]
    assert found == []


def test_what_is_secret_is_its_owner_s_only(busy):
    home = busy[0].home
    for path in [*(home / "keys").rglob("*"), home / "journal.sqlite3", home / "keys"]:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    assert stat.S_IMODE((home / "embedded/passphrase").stat().st_mode) == 0o600


def test_what_is_personal_stays_out_of_the_home_once_it_is_handed_over(desk):
    for path in desk.home.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert "Ngāwaka".encode() not in data, path
            assert b"aroha@example.org" not in data, path


def test_key_files_that_others_may_read_are_refused(desk):
    for path in (desk.home / "keys").glob("*.*"):
        path.chmod(0o644)
    refused = desk.run("revoke", desk.list_files("spring")[0]).expect(64)
    assert "chmod" in refused.err or "others" in refused.err


def test_a_ring_does_not_show_its_passphrase(desk):
    assert PASSPHRASE not in repr(KeyRing(desk.home / "keys", PASSPHRASE))
