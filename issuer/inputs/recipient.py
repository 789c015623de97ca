"""Who a credential is about, as Open Badges 3.0 identity objects (section B.1.12).

The name stands in plain text: the file is the learner's and may say whose it is. E-mail address and
student number are salted hashes: they can be confirmed by whoever knows them, never read.
"""

from hashlib import sha256
from typing import Final

NAME: Final = "name"
EMAIL: Final = "emailAddress"
STUDENT_ID: Final = "sisSourcedId"


def hash_identity(identity: str, salt: str) -> str:
    """Return ``sha256$`` and the hex digest of identity and salt (Open Badges IdentityHash)."""
    return "sha256$" + sha256((identity + salt).encode()).hexdigest()


def build_plain_name(name: str) -> dict[str, object]:
    """Return the identity object of a name."""
    return {"type": "IdentityObject", "hashed": False, "identityHash": name, "identityType": NAME}


def build_hashed_identity(kind: str, digest: str, salt: str) -> dict[str, object]:
    """Return the identity object of what `hash_identity` returned."""
    return {
        "type": "IdentityObject",
        "hashed": True,
        "identityHash": digest,
        "identityType": kind,
        "salt": salt,
    }
