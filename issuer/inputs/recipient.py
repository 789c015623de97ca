"""Who a credential is about, as Open Badges 3.0 identity objects (section B.1.12).

The name stands in plain text: the file is the learner's and may say whose it is. E-mail address and
student number are salted hashes: they can be confirmed by whoever knows them, never read.
"""

from hashlib import sha256
from typing import Final

from issuer.inputs.randomness import derive_salt

NAME: Final = "name"
EMAIL: Final = "emailAddress"
STUDENT_ID: Final = "sisSourcedId"


def build_identifiers(
    *, name: str, email: str | None, student_id: str | None, seed: bytes, position: int
) -> list[dict[str, object]]:
    """Return the identity objects of one learner; the salts follow from seed and position."""
    hashed = [
        _build_hashed(kind, value, derive_salt(seed, position, kind))
        for kind, value in ((EMAIL, email), (STUDENT_ID, student_id))
        if value is not None
    ]
    return [_build_plain(name), *hashed]


def hash_identity(identity: str, salt: str) -> str:
    """Return ``sha256$`` and the hex digest of identity and salt (Open Badges IdentityHash)."""
    return "sha256$" + sha256((identity + salt).encode()).hexdigest()


def _build_plain(name: str) -> dict[str, object]:
    return {"type": "IdentityObject", "hashed": False, "identityHash": name, "identityType": NAME}


def _build_hashed(kind: str, identity: str, salt: str) -> dict[str, object]:
    return {
        "type": "IdentityObject",
        "hashed": True,
        "identityHash": hash_identity(identity, salt),
        "identityType": kind,
        "salt": salt,
    }
