"""Step 16: is it about the person that was named? Only the file is compared, never the person."""

import unicodedata
from collections.abc import Iterator, Mapping
from hashlib import sha256
from hmac import compare_digest
from typing import Final

from verifier.checks.finding import (
    Finding,
    build_failed,
    build_not_applicable,
    build_passed,
    build_unknown,
)
from verifier.evidence import Cause, Evidence, Unknown

EMAIL: Final = "emailAddress"
NAME: Final = "name"
_HASH_PREFIX: Final = "sha256$"


def check_recipient(evidence: Evidence) -> Finding:
    """16: the name, e-mail address, number or DID that was given is one that the credential holds.

    Names are compared by NFC, case folding and collapsed blanks, diacritics kept; e-mail addresses
    in lower case; all else exactly. Hashed ones are recomputed with their salt.
    """
    given = evidence.recipient
    if given is None:
        return build_not_applicable("You named no one.")
    identities = list(_list_identities(evidence.opened.credential.view))
    kinds = sorted({kind for kind, _ in identities})
    if not identities:
        return build_unknown(Unknown(Cause.NOT_HAD, "It holds nothing to compare."))
    for kind, entry in identities:
        if _matches(kind, entry, given):
            return build_passed("It matches what you typed.", {"matched": kind})
    return build_failed("It does not match. Check the spelling.", {"compared": kinds})


def _list_identities(view: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    subjects = view.get("credentialSubject")
    for subject in subjects if isinstance(subjects, list) else [subjects]:
        if not isinstance(subject, Mapping):
            continue
        if isinstance(subject.get("id"), str):
            yield "id", subject["id"]
        identifiers = subject.get("identifier", [])
        for entry in identifiers if isinstance(identifiers, list) else [identifiers]:
            if isinstance(entry, Mapping):
                yield str(entry.get("identityType")), entry


def _matches(kind: str, entry: object, given: str) -> bool:
    if isinstance(entry, str):
        return entry == given
    if not isinstance(entry, Mapping):
        return False
    held = str(entry.get("identityHash"))
    if entry.get("hashed") is not True:
        return _normalise(kind, held) == _normalise(kind, given)
    salt = entry.get("salt", "")
    digest = sha256(f"{_normalise(kind, given)}{salt}".encode()).hexdigest()
    return compare_digest(held.encode(), (_HASH_PREFIX + digest).encode())


def _normalise(kind: str, text: str) -> str:
    composed = unicodedata.normalize("NFC", text)
    if kind == NAME:
        folded = unicodedata.normalize("NFC", composed.casefold())
        return " ".join(folded.split())
    return composed.strip().lower() if kind == EMAIL else composed
