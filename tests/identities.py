"""Identity objects of one learner, as drafting makes them."""

from issuer.inputs.randomness import derive_salt
from issuer.inputs.recipient import (
    EMAIL,
    STUDENT_ID,
    build_hashed_identity,
    build_plain_name,
    hash_identity,
)


def build_identifiers(
    *, name: str, email: str | None, student_id: str | None, seed: bytes, position: int
) -> list[dict[str, object]]:
    """Return them for a name and what is hashed beside it."""
    objects = [build_plain_name(name)]
    for kind, value in ((EMAIL, email), (STUDENT_ID, student_id)):
        if value is not None:
            salt = derive_salt(seed, position, kind)
            objects.append(build_hashed_identity(kind, hash_identity(value, salt), salt))
    return objects
