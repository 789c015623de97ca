"""Recognise a credential of ours, open it through the guard, and say what it states.

All that is read for a check comes from the view, which is computed from the hashed bytes, or from a
member whose form is fixed to the letter. The two proofs are not hashed: they say where to look, and
nothing in them is shown as signed.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, NoReturn

from protocol.credentials.canonical import (
    Canonical,
    Canonicalise,
    canonicalise,
    hash_leaf,
)
from protocol.credentials.contexts import CREDENTIAL_CONTEXTS
from protocol.credentials.guard import check_values
from protocol.credentials.iri import is_absolute_iri
from protocol.credentials.schema import parse_moment
from protocol.credentials.status_index import StatusEntry, parse_status
from protocol.credentials.strict_json import parse_object
from protocol.credentials.view import build_view
from protocol.errors import GuardError, NotACredentialError
from protocol.primitives import Leaf
from protocol.proofs.data_integrity import EDDSA_SUITE, MERKLE_SUITE, PROOF_TYPE, PURPOSE

CREDENTIAL_TYPES: Final = frozenset(
    {
        "VerifiableCredential",
        "OpenBadgeCredential",
        "AchievementCredential",
        "EndorsementCredential",
        "ClrCredential",
        "BlockcertsCredential",
        "Assertion",
    }
)
"""Types by which a file is known for some credential, of whatever format."""
PROOF_MEMBERS: Final = frozenset(
    {"type", "cryptosuite", "created", "verificationMethod", "proofPurpose", "proofValue"}
)
"""Exactly these; a further one would be signed by nobody."""
SUITES: Final = (MERKLE_SUITE, EDDSA_SUITE)
"""The one arrangement of proofs: Merkle proof first, signature second."""
RULE: Final = "G7"
"""Single values single, members of their types, exactly two proofs."""
_PLAIN: Final = re.compile(r"[!-~]+\Z")
_METHOD: Final = re.compile(r"did:[a-z0-9]+:[^#?]+#[^#]+\Z")


class Format(StrEnum):
    """Whose credential it is."""

    ROOTSEAL = "rootseal"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Credential:
    """A credential of ours that the guard passed."""

    id: str
    issuer: str
    """The issuer's identifier."""
    valid_from: datetime
    valid_until: datetime | None
    achievement: str
    status: StatusEntry | None
    merkle: Mapping[str, object]
    eddsa: Mapping[str, object]
    canonical: Canonical
    leaf: Leaf
    view: Mapping[str, object]
    """What is shown; the learner's identifiers stand in ``credentialSubject``."""
    document: Mapping[str, object]
    """As uploaded, proofs included, for the schema only."""


def parse_submission(data: bytes) -> dict[str, object]:
    """Return the document if it is recognisable as a credential of any format.

    Raises:
        NotACredentialError: not one strict JSON object, or no contexts, or no known type.
    """
    document = parse_object(data)
    if "@context" not in document:
        reason = "it has no @context"
        raise NotACredentialError(reason)
    types = document.get("type", document.get("@type"))
    listed = types if isinstance(types, list) else [types]
    if not any(isinstance(name, str) and name in CREDENTIAL_TYPES for name in listed):
        reason = "its type is none of a credential"
        raise NotACredentialError(reason)
    return document


def recognise(document: Mapping[str, object]) -> Format:
    """Tell whose format it is: ours has both our contexts and some Merkle proof of 2019."""
    contexts, proofs = document.get("@context"), document.get("proof")
    named = contexts if isinstance(contexts, list) else [contexts]
    if not all(context in named for context in CREDENTIAL_CONTEXTS):
        return Format.OTHER
    listed = proofs if isinstance(proofs, list) else [proofs]
    suites = [proof.get("cryptosuite") for proof in listed if isinstance(proof, Mapping)]
    return Format.ROOTSEAL if MERKLE_SUITE in suites else Format.OTHER


def open_credential(
    document: Mapping[str, object], canonicalise: Canonicalise = canonicalise
) -> Credential:
    """Guard, canonicalise and read a credential of ours.

    ``canonicalise`` guards too; one that knows shapes answers sooner, and alike.

    Raises:
        GuardError: a rule refuses it, or its proofs are not the two in their one form.
        UnknownContextError: a context that no profile knows.
    """
    merkle, eddsa = read_proofs(document.get("proof"))
    unsigned = {member: value for member, value in document.items() if member != "proof"}
    canonical = canonicalise(unsigned)
    name = _read_text(unsigned, "id")
    view = build_view(canonical.nquads, name)
    entry = unsigned.get("credentialStatus")
    return Credential(
        id=name,
        issuer=_read_name(view, "issuer"),
        valid_from=_read_moment(view, "validFrom"),
        valid_until=_read_moment(view, "validUntil") if "validUntil" in view else None,
        achievement=_read_name(_read_mapping(view, "credentialSubject"), "achievement"),
        status=None if entry is None else parse_status(entry),
        merkle=merkle,
        eddsa=eddsa,
        canonical=canonical,
        leaf=hash_leaf(canonical.nquads),
        view=view,
        document=document,
    )


def read_proofs(proof: object) -> tuple[Mapping[str, object], Mapping[str, object]]:
    """Return Merkle proof and signature from the one accepted arrangement.

    Raises:
        GuardError: anything but ``[merkle, eddsa]`` with exactly their members.
    """
    if not isinstance(proof, list) or len(proof) != len(SUITES):
        _refuse("proof", "expected a list of two proofs: the Merkle proof, then the signature")
    merkle, eddsa = (
        _read_proof(entry, suite, f"proof[{index}]")
        for index, (entry, suite) in enumerate(zip(proof, SUITES, strict=True))
    )
    return merkle, eddsa


def _read_proof(entry: object, suite: str, path: str) -> Mapping[str, object]:
    if not isinstance(entry, Mapping) or entry.keys() != PROOF_MEMBERS:
        _refuse(path, f"a proof has the members {', '.join(sorted(PROOF_MEMBERS))} and no other")
    if not _has_plain_values(entry):
        check_values(entry, path)
    fixed = {"type": PROOF_TYPE, "cryptosuite": suite, "proofPurpose": PURPOSE}
    for member, expected in fixed.items():
        if entry[member] != expected:
            _refuse(f"{path}.{member}", f"expected {expected}")
    _read_moment(entry, "created", path)
    method = entry["verificationMethod"]
    if not isinstance(method, str) or not _METHOD.match(method) or not is_absolute_iri(method):
        _refuse(f"{path}.verificationMethod", "expected a DID, # and the name of a key")
    if not isinstance(entry["proofValue"], str):
        _refuse(f"{path}.proofValue", "expected text")
    return entry


def _has_plain_values(entry: Mapping[str, object]) -> bool:
    """Tell at a glance that no rule on single values can refuse one of these members."""
    return all(isinstance(value, str) and _PLAIN.match(value) for value in entry.values())


def _read_moment(view: Mapping[str, object], member: str, path: str = "") -> datetime:
    place = f"{path}.{member}" if path else member
    text = view.get(member)
    if not isinstance(text, str):
        _refuse(place, "expected one date and time")
    try:
        return parse_moment(text)
    except ValueError as error:
        raise GuardError(RULE, place, str(error)) from error


def _read_name(view: Mapping[str, object], member: str) -> str:
    """Return the id of the one thing that a member names, described or not."""
    value = view.get(member)
    name = value.get("id") if isinstance(value, Mapping) else value
    if not isinstance(name, str):
        _refuse(member, "expected exactly one, with an id")
    return name


def _read_mapping(view: Mapping[str, object], member: str) -> Mapping[str, object]:
    value = view.get(member)
    if not isinstance(value, Mapping):
        _refuse(member, "expected exactly one object")
    return value


def _read_text(document: Mapping[str, object], member: str) -> str:
    value = document.get(member)
    if not isinstance(value, str):
        _refuse(member, "expected text")
    return value


def _refuse(member: str, reason: str) -> NoReturn:
    raise GuardError(RULE, member, reason)
