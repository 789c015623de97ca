"""KO-02 to KO-04, KO-15 and KO-20: what becomes of a key by file, by leak and by request."""

import io
import json
import logging
import os
import pickle
import stat
import traceback
from dataclasses import replace
from pathlib import Path

import pytest
from eth_account import Account

from issuer.errors import SignerPolicyError
from issuer.keys import keystore
from issuer.keys.keystore import (
    STRONG,
    WORTHLESS,
    KeyRing,
    create_chain_key,
    create_signing_key,
    list_keys,
    load_credential_signer,
    load_transaction_signer,
)
from issuer.keys.signer import KEY_CONSENT, SigningPolicy
from protocol.errors import ConfigurationError
from protocol.nodes.sender import Fees, TransactionRequest
from protocol.primitives import Address, ChainId, parse_address
from protocol.proofs.multikey import find_key_address, render_ed25519
from protocol.registry.calldata import encode_call

REGISTRY = Address(b"\x11" * 20)
STRANGER = Address(b"\x22" * 20)
POLICY = SigningPolicy(ChainId(5), REGISTRY, fee_cap_wei=100)
ANCHOR = TransactionRequest(
    ChainId(5), nonce=0, to=REGISTRY, data=bytes(32), gas=60_000, fees=Fees(100, 1)
)
CANARY = bytes.fromhex("ca11ab1e" * 8)


@pytest.fixture
def ring(tmp_path: Path) -> KeyRing:
    return KeyRing(tmp_path / "keys", "correct horse", WORTHLESS)


@pytest.fixture
def address(ring: KeyRing) -> Address:
    return find_key_address(create_chain_key(ring))


@pytest.fixture
def chain_file(ring: KeyRing, address: Address) -> Path:
    return list_keys(ring.folder)[0].path


def refuse_to_load(ring: KeyRing, address: Address, reason: str) -> None:
    with pytest.raises(ConfigurationError, match=reason):
        load_transaction_signer(ring, address, POLICY)


def test_ko_02_a_key_is_in_nothing_that_is_shown(
    ring: KeyRing, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A canary key is made, stored, loaded, misused; then every captured byte is searched."""
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(keystore.secrets, "token_bytes", lambda size: CANARY[:size])
    canary = find_key_address(create_chain_key(ring))
    signer = load_transaction_signer(ring, canary, POLICY)
    shown = io.StringIO()
    print(signer, repr(signer), str(ring), f"{ring!r}", dir(signer), file=shown)
    for spoiled in (replace(ANCHOR, to=STRANGER), replace(ANCHOR, nonce="x")):
        try:
            signer.sign(spoiled)  # type: ignore[arg-type]  # the second is wrong on purpose
        except (SignerPolicyError, TypeError, ValueError) as error:
            lines = traceback.TracebackException.from_exception(error, capture_locals=False)
            print("".join(lines.format()), file=shown)
    with pytest.raises(TypeError):
        vars(signer)
    with pytest.raises(TypeError):
        pickle.dumps(signer)
    captured = shown.getvalue() + caplog.text
    for file in ring.folder.rglob("*"):
        captured += file.read_text() if file.is_file() else ""
    assert "KeystoreSigner(0x" in captured
    for form in (CANARY.hex(), str(int.from_bytes(CANARY, "big")), repr(CANARY), ring.passphrase):
        assert form not in captured


def test_ko_02_a_signing_key_shows_its_public_half_only(ring: KeyRing) -> None:
    method = f"did:web:x.example#{render_ed25519(create_signing_key(ring).raw)}"
    signer = load_credential_signer(ring, method)
    assert repr(signer) == f"Ed25519Signer({method})"
    with pytest.raises(TypeError):
        vars(signer)
    with pytest.raises(TypeError):
        pickle.dumps(signer)


@pytest.mark.parametrize("passphrase", ["", " ", "\t"])
def test_ko_03_an_empty_passphrase_is_refused(tmp_path: Path, passphrase: str) -> None:
    with pytest.raises(ConfigurationError, match="passphrase: it is empty"):
        KeyRing(tmp_path, passphrase)


@pytest.mark.parametrize("work", [2, 1 << 10, STRONG // 2])
def test_ko_03_a_cheap_keystore_is_refused(
    ring: KeyRing, address: Address, chain_file: Path, work: int
) -> None:
    account = Account.from_key(CANARY)
    content = account.encrypt(ring.passphrase, kdf="scrypt", iterations=work)
    path = ring.folder / f"{account.address}.json"
    path.write_text(json.dumps(content))
    path.chmod(0o600)
    refuse_to_load(replace(ring, work_factor=STRONG), parse_address(account.address), "scrypt cost")


def test_ko_03_a_cheap_signing_key_is_refused(ring: KeyRing) -> None:
    method = f"did:web:x.example#{render_ed25519(create_signing_key(ring).raw)}"
    with pytest.raises(ConfigurationError, match="scrypt cost n is 4096 instead of 131072"):
        load_credential_signer(replace(ring, work_factor=STRONG), method)


@pytest.mark.parametrize(
    ("member", "value", "reason"),
    [
        ("n", 1 << 40, "scrypt cost"),
        ("n", True, "not encrypted with scrypt"),
        ("n", "131072", "not encrypted with scrypt"),
        ("r", 1, "not encrypted with scrypt"),
        ("p", 0, "not encrypted with scrypt"),
        ("dklen", 16, "not encrypted with scrypt"),
    ],
)
def test_ko_03_other_parameters_are_refused(
    ring: KeyRing, address: Address, chain_file: Path, member: str, value: object, reason: str
) -> None:
    content = json.loads(chain_file.read_text())
    content["crypto"]["kdfparams"][member] = value
    chain_file.write_text(json.dumps(content))
    refuse_to_load(ring, address, reason)


def test_ko_03_another_derivation_is_refused(
    ring: KeyRing, address: Address, chain_file: Path
) -> None:
    account = Account.from_key(CANARY)
    path = ring.folder / f"{account.address}.json"
    path.write_text(json.dumps(account.encrypt("correct horse", kdf="pbkdf2", iterations=2)))
    path.chmod(0o600)
    refuse_to_load(ring, parse_address(account.address), "not an Ethereum keystore|not encrypted")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o666])
def test_ko_04_a_key_that_others_may_read_is_refused(
    ring: KeyRing, address: Address, chain_file: Path, mode: int
) -> None:
    chain_file.chmod(mode)
    refuse_to_load(ring, address, "others may read it")


def test_ko_04_a_symbolic_link_is_refused(
    ring: KeyRing, address: Address, chain_file: Path
) -> None:
    chain_file.rename(ring.folder / "elsewhere")
    chain_file.symlink_to(ring.folder / "elsewhere")
    refuse_to_load(ring, address, "cannot be opened")


def test_ko_04_a_pipe_is_refused_at_once(ring: KeyRing, address: Address, chain_file: Path) -> None:
    chain_file.unlink()
    os.mkfifo(chain_file, 0o600)
    refuse_to_load(ring, address, "not a plain file")


def test_ko_04_keys_are_written_for_their_owner_only(ring: KeyRing, chain_file: Path) -> None:
    create_signing_key(ring)
    assert stat.S_IMODE(ring.folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(key.path.stat().st_mode) for key in list_keys(ring.folder)} == {0o600}


def test_ko_04_an_open_folder_takes_no_new_key(ring: KeyRing, chain_file: Path) -> None:
    ring.folder.chmod(0o755)
    with pytest.raises(ConfigurationError, match="others may read this folder"):
        create_chain_key(ring)


def test_ko_15_a_key_signs_for_its_chain_only(ring: KeyRing, address: Address) -> None:
    signer = load_transaction_signer(ring, address, POLICY)
    assert signer.sign(ANCHOR)
    with pytest.raises(SignerPolicyError, match="for chain 1 instead of 5"):
        signer.sign(replace(ANCHOR, chain_id=ChainId(1)))


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        pytest.param(replace(ANCHOR, to=STRANGER), "which is not the registry", id="stranger"),
        pytest.param(replace(ANCHOR, to=None), "creates a contract", id="creation"),
        pytest.param(replace(ANCHOR, value_wei=1), "moves value", id="value-and-data"),
        pytest.param(
            replace(ANCHOR, to=STRANGER, data=b"", value_wei=1), "moves value", id="value"
        ),
        pytest.param(replace(ANCHOR, data=b""), "neither a root nor a call", id="no-data"),
        pytest.param(replace(ANCHOR, data=bytes(31)), "neither a root nor a call", id="31-bytes"),
        pytest.param(replace(ANCHOR, data=bytes(36)), "neither a root nor a call", id="selector"),
        pytest.param(replace(ANCHOR, fees=Fees(101, 1)), "pays 101 wei for gas", id="fee"),
    ],
)
def test_ko_20_a_signer_refuses_what_its_policy_does_not_name(
    ring: KeyRing, address: Address, request_: TransactionRequest, reason: str
) -> None:
    signer = load_transaction_signer(ring, address, POLICY)
    with pytest.raises(SignerPolicyError, match=reason):
        signer.sign(request_)


def test_ko_20_powers_are_given_one_by_one(ring: KeyRing, address: Address) -> None:
    funding = replace(ANCHOR, to=STRANGER, data=b"", value_wei=1)
    creation = replace(ANCHOR, to=None, data=b"code")
    treasurer = load_transaction_signer(ring, address, replace(POLICY, may_fund=True))
    deployer = load_transaction_signer(ring, address, replace(POLICY, may_deploy=True))
    assert treasurer.sign(funding)
    assert deployer.sign(creation)
    for signer, request in ((treasurer, creation), (deployer, funding)):
        with pytest.raises(SignerPolicyError):
            signer.sign(request)
    with pytest.raises(SignerPolicyError, match="moves value"):
        treasurer.sign(replace(funding, data=b"x"))
    with pytest.raises(SignerPolicyError, match="moves value"):
        deployer.sign(replace(creation, value_wei=1))


@pytest.mark.parametrize("function", ["revoke", "endorse"])
def test_ko_20_calls_of_the_registry_are_signed(
    ring: KeyRing, address: Address, function: str
) -> None:
    arguments = {"revoke": ([1], [2], 0), "endorse": (bytes(32),)}[function]
    signer = load_transaction_signer(ring, address, POLICY)
    assert signer.sign(replace(ANCHOR, data=encode_call(function, *arguments)))


@pytest.mark.parametrize(
    ("domain", "types", "reason"),
    [
        ({"chainId": 1, "verifyingContract": REGISTRY}, {KEY_CONSENT: ()}, "another chain"),
        ({"chainId": 5, "verifyingContract": STRANGER}, {KEY_CONSENT: ()}, "another contract"),
        ({"chainId": 5, "verifyingContract": REGISTRY}, {"Permit": ()}, "not a key's consent"),
        ({}, {KEY_CONSENT: ()}, "another chain"),
    ],
)
def test_ko_20_only_a_consent_is_signed_as_typed_data(
    ring: KeyRing, address: Address, domain: dict[str, object], types: dict, reason: str
) -> None:
    signer = load_transaction_signer(ring, address, POLICY)
    with pytest.raises(SignerPolicyError, match=reason):
        signer.sign_typed_data(domain, types, {})
