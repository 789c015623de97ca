"""Keys on disk: other software opens them, and nothing but the right file and passphrase does."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from eth_account import Account

from issuer.keys.keystore import (
    STRONG,
    WORTHLESS,
    KeyKind,
    KeyRing,
    create_chain_key,
    create_signing_key,
    list_keys,
    load_credential_signer,
    load_transaction_signer,
)
from issuer.keys.pkcs8 import encrypt_pkcs8, read_work_factor
from issuer.keys.signer import SigningPolicy
from protocol.errors import ConfigurationError
from protocol.nodes.sender import Fees, TransactionRequest
from protocol.primitives import Address, ChainId, render_address
from protocol.proofs.data_integrity import verify_ed25519
from protocol.proofs.multikey import find_key_address, render_ed25519

REGISTRY = Address(b"\x11" * 20)
POLICY = SigningPolicy(ChainId(5), REGISTRY, fee_cap_wei=100)
DID = "did:web:issuer.example.org"


@pytest.fixture
def ring(tmp_path: Path) -> KeyRing:
    return KeyRing(tmp_path / "keys", "pässphräse 密码", WORTHLESS)


def test_a_strong_key_is_made_stored_and_loaded(tmp_path: Path) -> None:
    ring = KeyRing(tmp_path / "keys", "correct horse")
    address = find_key_address(create_chain_key(ring))
    assert load_transaction_signer(ring, address, POLICY).address == address
    assert '"n": 131072' in list_keys(ring.folder)[0].path.read_text()
    assert STRONG == 131072


def test_a_chain_key_is_an_ethereum_keystore_that_others_open(ring: KeyRing) -> None:
    address = find_key_address(create_chain_key(ring))
    content = list_keys(ring.folder)[0].path.read_text()
    account = Account.from_key(Account.decrypt(content, ring.passphrase))
    assert account.address == render_address(address)


def test_a_transaction_is_signed_by_the_account_for_ever_the_same(ring: KeyRing) -> None:
    address = find_key_address(create_chain_key(ring))
    signer = load_transaction_signer(ring, address, POLICY)
    request = TransactionRequest(ChainId(5), 3, REGISTRY, bytes(32), 60_000, Fees(100, 1))
    raw = signer.sign(request)
    assert raw == signer.sign(request)
    assert Account.recover_transaction(raw) == render_address(address)
    assert raw != signer.sign(replace(request, nonce=4))


def test_a_signing_key_is_pkcs8_that_others_open(ring: KeyRing) -> None:
    public = create_signing_key(ring)
    pem = list_keys(ring.folder)[0].path.read_bytes()
    key = load_pem_private_key(pem, ring.passphrase.encode())
    assert verify_ed25519(public.raw, key.sign(b"word"), b"word")  # type: ignore[union-attr,call-arg]  # Ed25519
    asked = ["openssl", "pkey", "-passin", "env:WORD", "-noout", "-text_pub"]
    shown = subprocess.run(
        asked,
        input=pem,
        env={"WORD": ring.passphrase, "PATH": "/usr/bin:/bin"},
        capture_output=True,
    )
    assert b"ED25519 Public-Key" in shown.stdout, shown.stderr


def test_a_signing_key_signs(ring: KeyRing) -> None:
    public = create_signing_key(ring)
    signer = load_credential_signer(ring, f"{DID}#{render_ed25519(public.raw)}")
    assert verify_ed25519(public.raw, signer.sign(bytes(64)), bytes(64))
    assert not verify_ed25519(public.raw, signer.sign(bytes(64)), bytes(63))


def test_a_wrong_passphrase_opens_nothing(ring: KeyRing) -> None:
    address = find_key_address(create_chain_key(ring))
    method = f"{DID}#{render_ed25519(create_signing_key(ring).raw)}"
    wrong = replace(ring, passphrase="wrong")
    with pytest.raises(ConfigurationError, match="the passphrase does not open it"):
        load_transaction_signer(wrong, address, POLICY)
    with pytest.raises(ConfigurationError, match="the passphrase does not open it"):
        load_credential_signer(wrong, method)


def test_a_file_under_anothers_name_is_refused(ring: KeyRing) -> None:
    first, second = (find_key_address(create_chain_key(ring)) for _ in range(2))
    paths = {key.name: key.path for key in list_keys(ring.folder)}
    paths[render_address(first)].replace(paths[render_address(second)])
    with pytest.raises(ConfigurationError, match="another account's key"):
        load_transaction_signer(ring, second, POLICY)


def test_a_signing_key_under_anothers_name_is_refused(ring: KeyRing) -> None:
    first, second = (render_ed25519(create_signing_key(ring).raw) for _ in range(2))
    (ring.folder / f"{first}.pem").replace(ring.folder / f"{second}.pem")
    with pytest.raises(ConfigurationError, match="another key than its name says"):
        load_credential_signer(ring, f"{DID}#{second}")


def test_an_absent_key_names_its_file_and_the_backup(ring: KeyRing) -> None:
    with pytest.raises(ConfigurationError, match=r"there is no such key\. Restore it from"):
        load_transaction_signer(ring, Address(bytes(20)), POLICY)


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", "rubbish", '{"version": 3}'])
def test_what_is_no_keystore_is_refused(ring: KeyRing, text: str) -> None:
    address = find_key_address(create_chain_key(ring))
    list_keys(ring.folder)[0].path.write_text(text)
    with pytest.raises(ConfigurationError, match="not an Ethereum keystore V3"):
        load_transaction_signer(ring, address, POLICY)


def test_keys_are_listed_by_their_public_names(ring: KeyRing) -> None:
    address = find_key_address(create_chain_key(ring))
    multikey = render_ed25519(create_signing_key(ring).raw)
    (ring.folder / "notes.txt").write_text("mine")
    (ring.folder / "0x12.json").write_text("{}")
    assert {(key.kind, key.name) for key in list_keys(ring.folder)} == {
        (KeyKind.CHAIN, render_address(address)),
        (KeyKind.SIGNING, multikey),
    }
    assert list_keys(ring.folder / "nowhere") == ()


@pytest.mark.parametrize("exponent", [1, 7, 8, 12, 15, 16, 17, 20, 23])
def test_the_cost_of_a_file_is_read_from_it(monkeypatch: pytest.MonkeyPatch, exponent: int) -> None:
    class Cheap:
        def __init__(self, **_: object) -> None: ...

        def derive(self, _: bytes) -> bytes:
            return bytes(32)

    monkeypatch.setattr("issuer.keys.pkcs8.Scrypt", Cheap)
    pem = encrypt_pkcs8(bytes(48), b"x", 1 << exponent)
    assert read_work_factor(pem) == 1 << exponent


@pytest.mark.parametrize("place", range(0, 160, 3))
def test_any_other_layout_of_a_signing_key_is_refused(ring: KeyRing, place: int) -> None:
    create_signing_key(ring)
    path = list_keys(ring.folder)[0].path
    pem = path.read_bytes()
    head = len("-----BEGIN ENCRYPTED PRIVATE KEY-----\n")
    changed = (
        pem[: head + place] + (b"A" if pem[head + place] != 65 else b"B") + pem[head + place + 1 :]
    )
    path.write_bytes(changed)
    with pytest.raises(ConfigurationError):
        load_credential_signer(ring, f"{DID}#{path.stem}")
