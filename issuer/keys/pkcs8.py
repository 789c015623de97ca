"""Encrypted PKCS#8 with scrypt (RFC 5958, RFC 8018 PBES2, RFC 7914): the file of a signing key.

The ``cryptography`` package reads this form but writes only 2,048 rounds of PBKDF2, which would be
the weak door beside the scrypt of the chain keys under the same passphrase. So the envelope is
written here, in one exact layout, and its cost is read from there before a key is used.
"""

import base64
import binascii
import re
import secrets
import textwrap
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from cryptography.hazmat.primitives.padding import PKCS7

SALT_BYTES: Final = 16
IV_BYTES: Final = 16
SCRYPT_R: Final = 8
SCRYPT_P: Final = 1
_BEGIN: Final = "-----BEGIN ENCRYPTED PRIVATE KEY-----"
_END: Final = "-----END ENCRYPTED PRIVATE KEY-----"
_PEM: Final = re.compile(f"{_BEGIN}\n([A-Za-z0-9+/=\n]+)\n{_END}\n\\Z".encode("ascii"))
_LAYOUT: Final = re.compile(
    rb"0.{1,2}0.\x06.{10}0.0.\x06.{10}0.\x04\x10(?P<salt>.{16})\x02.(?P<n>.{1,4}?)"
    rb"\x02\x01\x08\x02\x01\x010.\x06.{10}\x04\x10(?P<iv>.{16})\x04.(?P<text>.+)\Z",
    re.DOTALL,
)
_SEQUENCE, _INTEGER, _OCTETS = 0x30, 0x02, 0x04
_PBES2: Final = bytes.fromhex("06092a864886f70d01050d")
_SCRYPT: Final = bytes.fromhex("06092b06010401da47040b")
_AES256_CBC: Final = bytes.fromhex("060960864801650304012a")
_LONG_FORM: Final = 0x81
_SHORT_FORM_LIMIT: Final = 0x80


def encrypt_pkcs8(plain: bytes, passphrase: bytes, work_factor: int) -> bytes:
    """Return the PEM of a DER-encoded private key, encrypted with AES-256 under the passphrase."""
    salt, iv = secrets.token_bytes(SALT_BYTES), secrets.token_bytes(IV_BYTES)
    key = Scrypt(salt=salt, length=32, n=work_factor, r=SCRYPT_R, p=SCRYPT_P).derive(passphrase)
    padder = PKCS7(algorithms.AES.block_size).padder()
    encryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
    padded = padder.update(plain) + padder.finalize()
    return _render_pem(
        _build(salt, work_factor, iv, encryptor.update(padded) + encryptor.finalize())
    )


def read_work_factor(pem: bytes) -> int:
    """Return scrypt's n of a file in exactly our layout.

    Raises:
        ValueError: any other layout.
    """
    der = _parse_pem(pem)
    match = _LAYOUT.match(der)
    if match is not None:
        work_factor = int.from_bytes(match["n"], "big")
        if _build(match["salt"], work_factor, match["iv"], match["text"]) == der:
            return work_factor
    message = "it is not a key encrypted with scrypt as written here"
    raise ValueError(message)


def _build(salt: bytes, work_factor: int, iv: bytes, text: bytes) -> bytes:
    cost = _wrap(
        _SEQUENCE,
        _wrap(_OCTETS, salt),
        *(_wrap_integer(number) for number in (work_factor, SCRYPT_R, SCRYPT_P)),
    )
    derivation = _wrap(_SEQUENCE, _SCRYPT, cost)
    cipher = _wrap(_SEQUENCE, _AES256_CBC, _wrap(_OCTETS, iv))
    algorithm = _wrap(_SEQUENCE, _PBES2, _wrap(_SEQUENCE, derivation, cipher))
    return _wrap(_SEQUENCE, algorithm, _wrap(_OCTETS, text))


def _wrap(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    short = len(body) < _SHORT_FORM_LIMIT
    return bytes([tag, len(body)] if short else [tag, _LONG_FORM, len(body)]) + body


def _wrap_integer(number: int) -> bytes:
    return _wrap(_INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def _render_pem(der: bytes) -> bytes:
    lines = textwrap.wrap(base64.b64encode(der).decode("ascii"), 64)
    return ("\n".join([_BEGIN, *lines, _END]) + "\n").encode("ascii")


def _parse_pem(pem: bytes) -> bytes:
    match = _PEM.match(pem)
    if match is None:
        message = "it is not the PEM of an encrypted private key"
        raise ValueError(message)
    try:
        return base64.b64decode(match[1].replace(b"\n", b""), validate=True)
    except binascii.Error as error:
        message = "its base64 cannot be read"
        raise ValueError(message) from error
