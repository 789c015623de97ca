"""The keys of a home: chain keys as Ethereum keystore V3, signing keys as encrypted PKCS#8.

Both are encrypted with scrypt under the home's passphrase. A key is decrypted for a run and lives
behind a signer that shows its public part only; it is in no message, log or representation.
Not protected against: whoever reads this process's memory, or has both file and passphrase.
"""

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, NoReturn

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from eth_account import Account
from eth_account.signers.local import LocalAccount

from issuer.keys.key_files import open_key_folder, read_secret, write_secret
from issuer.keys.pkcs8 import encrypt_pkcs8, read_work_factor
from issuer.keys.signer import SigningPolicy, TypedFields, TypedTypes
from protocol.errors import ConfigurationError, MultikeyError
from protocol.nodes.sender import TransactionRequest
from protocol.primitives import Address, parse_address, render_address
from protocol.proofs.multikey import Ed25519Key, Secp256k1Key, parse_multikey, render_ed25519

STRONG: Final = 1 << 17
"""scrypt's n for keys that are worth something: 128 MB and a quarter of a second a guess."""
WORTHLESS: Final = 1 << 12
"""For the embedded chain's own keys and for tests only: a home that is made in a demo cannot wait a
second a key, and its keys lie beside their passphrase anyway."""
WORK_LIMIT: Final = 1 << 20
"""1 GB: a file that asks for more would stop the machine."""
KEYS_FOLDER: Final = "keys"
_CHAIN_SUFFIX: Final = ".json"
_SIGNING_SUFFIX: Final = ".pem"
_TRANSACTION_TYPE: Final = 2


class KeyKind(StrEnum):
    """What a key is for."""

    CHAIN = "chain"
    SIGNING = "signing"


@dataclass(frozen=True, slots=True)
class KeyFile:
    """A key's file and its public name: an address, or a Multikey."""

    kind: KeyKind
    name: str
    path: Path


@dataclass(frozen=True, slots=True)
class KeyRing:
    """A folder of keys and the passphrase that opens them."""

    folder: Path
    passphrase: str = field(repr=False)
    work_factor: int = STRONG
    """scrypt's n for new keys, and the least that is accepted of old ones."""

    def __post_init__(self) -> None:
        if not self.passphrase.strip():
            raise ConfigurationError("passphrase", "it is empty", "Choose one nobody guesses.")


class KeystoreSigner:
    """Signs with a chain key, within its policy."""

    __slots__ = ("_policy", "_sign", "_sign_typed", "address")

    def __init__(self, account: LocalAccount, policy: SigningPolicy) -> None:
        """Keep what signs; the account itself is not kept where it could be shown."""
        self.address: Final = parse_address(account.address)
        self._policy: Final = policy
        self._sign: Final[Callable[[dict[str, Any]], Any]] = account.sign_transaction
        self._sign_typed: Final[Callable[..., Any]] = account.sign_typed_data

    def __repr__(self) -> str:
        """Show the address only."""
        return f"KeystoreSigner({render_address(self.address)})"

    def __reduce__(self) -> NoReturn:
        """Refuse to be copied to another process."""
        message = "a signer is not copied"
        raise TypeError(message)

    def sign(self, request: TransactionRequest) -> bytes:
        """Return the raw signed transaction."""
        self._policy.check(request)
        fields: dict[str, Any] = {
            "type": _TRANSACTION_TYPE,
            "chainId": request.chain_id,
            "nonce": request.nonce,
            "data": request.data,
            "gas": request.gas,
            "maxFeePerGas": request.fees.max_fee_wei,
            "maxPriorityFeePerGas": request.fees.priority_fee_wei,
            "value": request.value_wei,
        }
        if request.to is not None:
            fields["to"] = render_address(request.to)
        return bytes(self._sign(fields).raw_transaction)

    def sign_typed_data(
        self, domain: TypedFields, types: TypedTypes, message: TypedFields
    ) -> bytes:
        """Return the 65 bytes of an EIP-712 signature."""
        self._policy.check_typed_data(domain, types)
        members = {
            name: [{"name": member, "type": kind} for member, kind in fields]
            for name, fields in types.items()
        }
        signed = self._sign_typed(dict(domain), members, dict(message))
        return bytes(signed.signature)


class Ed25519Signer:
    """Signs credentials."""

    __slots__ = ("_sign", "method")

    def __init__(self, key: Ed25519PrivateKey, method: str) -> None:
        """Keep what signs and the DID URL of its public key."""
        self.method: Final = method
        self._sign: Final[Callable[[bytes], bytes]] = key.sign

    def __repr__(self) -> str:
        """Show the public part only."""
        return f"Ed25519Signer({self.method})"

    def __reduce__(self) -> NoReturn:
        """Refuse to be copied to another process."""
        message = "a signer is not copied"
        raise TypeError(message)

    def sign(self, message: bytes) -> bytes:
        """Return the 64 bytes of a signature."""
        return self._sign(message)


def create_chain_key(ring: KeyRing) -> Secp256k1Key:
    """Make a chain key, write its file, and return its public half."""
    account: LocalAccount = Account.from_key(secrets.token_bytes(32))
    content = account.encrypt(ring.passphrase, kdf="scrypt", iterations=ring.work_factor)
    path = open_key_folder(ring.folder) / _name_chain_file(parse_address(account.address))
    write_secret(path, json.dumps(content).encode("ascii"))
    return Secp256k1Key(account._key_obj.public_key.to_compressed_bytes())  # noqa: SLF001 (no public name)


def create_signing_key(ring: KeyRing) -> Ed25519Key:
    """Make a signing key, write its file, and return its public half."""
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    plain = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    pem = encrypt_pkcs8(plain, ring.passphrase.encode("utf-8"), ring.work_factor)
    folder = open_key_folder(ring.folder)
    write_secret(folder / (render_ed25519(public) + _SIGNING_SUFFIX), pem)
    return Ed25519Key(public)


def load_transaction_signer(
    ring: KeyRing, address: Address, policy: SigningPolicy
) -> KeystoreSigner:
    """Return the signer of an account whose key lies in the ring.

    Raises:
        ConfigurationError: no such key, unsafe rights, weak encryption, or a wrong passphrase.
    """
    path = ring.folder / _name_chain_file(address)
    content = _parse_keystore(path, read_secret(path), ring.work_factor)
    try:
        account: LocalAccount = Account.from_key(Account.decrypt(content, ring.passphrase))
    except ValueError as error:
        raise _wrong_passphrase(path) from error
    if parse_address(account.address) != address:
        _refuse(path, "it holds another account's key", "Restore the right file from your backup.")
    return KeystoreSigner(account, policy)


def load_credential_signer(ring: KeyRing, method: str) -> Ed25519Signer:
    """Return the signer of a method, a DID URL whose fragment is the public key as Multikey.

    Raises:
        ConfigurationError: no such key, unsafe rights, weak encryption, or a wrong passphrase.
    """
    name = method.partition("#")[2]
    path = ring.folder / (name + _SIGNING_SUFFIX)
    pem = read_secret(path)
    try:
        _check_work(path, read_work_factor(pem), ring.work_factor)
    except ValueError as error:
        _refuse(path, str(error), "Restore the file from your backup.")
    try:
        key = load_pem_private_key(pem, ring.passphrase.encode("utf-8"))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise _wrong_passphrase(path) from error
    if not isinstance(key, Ed25519PrivateKey) or _render_public(key) != name:
        _refuse(path, "it holds another key than its name says", "Restore it from your backup.")
    return Ed25519Signer(key, method)


def list_keys(folder: Path) -> tuple[KeyFile, ...]:
    """Return the keys of a folder by name; opens none. Files with other names are left out."""
    if not folder.is_dir():
        return ()
    found = [_recognise(path) for path in sorted(folder.iterdir())]
    return tuple(key for key in found if key is not None)


def _recognise(path: Path) -> KeyFile | None:
    try:
        if path.suffix == _CHAIN_SUFFIX:
            return KeyFile(KeyKind.CHAIN, render_address(parse_address(path.stem)), path)
        if path.suffix == _SIGNING_SUFFIX and isinstance(parse_multikey(path.stem), Ed25519Key):
            return KeyFile(KeyKind.SIGNING, path.stem, path)
    except (ValueError, MultikeyError):
        return None
    return None


def _parse_keystore(path: Path, data: bytes, least: int) -> dict[str, Any]:
    try:
        content = json.loads(data)
        cost = content["crypto"]["kdfparams"]
        known = content["version"] == 3 and content["crypto"]["kdf"] == "scrypt"  # noqa: PLR2004 (V3)
        work, rest = cost["n"], (cost["r"], cost["p"], cost["dklen"])
    except (ValueError, KeyError, TypeError):
        _refuse(path, "it is not an Ethereum keystore V3", "Restore the file from your backup.")
    if not known or type(work) is not int or rest != (8, 1, 32):
        _refuse(path, "it is not encrypted with scrypt (r 8, p 1)", "Encrypt the key anew.")
    _check_work(path, work, least)
    return dict(content)


def _check_work(path: Path, work: int, least: int) -> None:
    if not least <= work <= WORK_LIMIT:
        reason = f"its scrypt cost n is {work} instead of {least} or more (up to {WORK_LIMIT})"
        _refuse(path, reason, "Encrypt the key anew with a stronger setting.")


def _wrong_passphrase(path: Path) -> ConfigurationError:
    return ConfigurationError(
        str(path), "the passphrase does not open it", "Give the passphrase it was made with."
    )


def _name_chain_file(address: Address) -> str:
    return render_address(address) + _CHAIN_SUFFIX


def _render_public(key: Ed25519PrivateKey) -> str:
    return render_ed25519(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))


def _refuse(path: Path, reason: str, remedy: str) -> NoReturn:
    raise ConfigurationError(str(path), reason, remedy)
