"""From bytes to what can be checked: nothing is asked of anybody here."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from protocol.credentials.canonical import Canonicalise, canonicalise
from protocol.credentials.credential import (
    Credential,
    Format,
    open_credential,
    parse_submission,
    recognise,
)
from protocol.credentials.schema import find_schema_problems
from protocol.credentials.shapes import Canonicaliser, SharedCanonicaliser
from protocol.errors import (
    CanonicalisationDifferenceError,
    GuardError,
    ReceiptError,
    UnknownContextError,
)
from protocol.proofs.data_integrity import (
    canonicalise_options,
    hash_credential_options,
    parse_signature,
    signing_input,
)
from protocol.proofs.merkle import fold_path
from protocol.proofs.receipt import parse_receipt
from verifier.evidence import Foreign, Opened, Reading, Refused, UnknownTerms

VALUE = "proofValue"
SHAPES: Final = 64
"""Shapes that a verifier remembers, of credentials and of signatures each."""
SIGHTS: Final = 2
"""A shape is learned when it comes again: one file of a stranger costs no more than before."""


@dataclass(frozen=True, slots=True)
class Canonicalisers:
    """What makes canonical forms, of credentials and of the members of a signature."""

    credential: Canonicalise = canonicalise
    options: Canonicalise = canonicalise_options


BY_JSON_LD: Final = Canonicalisers()
"""Learns nothing."""


def build_canonicalisers(
    tell: Callable[[CanonicalisationDifferenceError], None],
) -> Canonicalisers:
    """Return what learns shapes at their second sight, for all threads of this process.

    Of what a credential says little is kept: shapes have names of members, types, the beginnings of
    addresses and lengths, within bounds.

    ``tell`` hears of a re-check that found other bytes; from then on nothing learned is used.
    """
    credentials, options = (
        Canonicaliser(capacity=SHAPES, learn_at_sight=SIGHTS, slowly=slowly)
        for slowly in (canonicalise, canonicalise_options)
    )
    return Canonicalisers(
        SharedCanonicaliser(credentials, tell).canonicalise,
        SharedCanonicaliser(options, tell).canonicalise,
    )


def read_submission(data: bytes, canonicalisers: Canonicalisers = BY_JSON_LD) -> Reading:
    """Parse, recognise and open a submitted file, and recompute all that it determines.

    Raises:
        NotACredentialError: not strict JSON, or nothing that can be recognised as a credential.
    """
    document = parse_submission(data)
    if recognise(document) is not Format.ROOTSEAL:
        return Foreign(_list_types(document))
    try:
        credential = open_credential(document, canonicalisers.credential)
        return _recompute(credential, canonicalisers)
    except GuardError as error:
        return Refused(error.rule, error.member, error.reason)
    except UnknownContextError as error:
        return UnknownTerms(error.url)
    except ReceiptError as error:
        return Refused("receipt", f"proof[0].{VALUE}", error.reason)


def _recompute(credential: Credential, canonicalisers: Canonicalisers) -> Opened:
    receipt = parse_receipt(str(credential.merkle[VALUE]))
    options = {name: value for name, value in credential.eddsa.items() if name != VALUE}
    return Opened(
        credential=credential,
        receipt=receipt,
        root=fold_path(credential.leaf, receipt.path),
        signature=_parse_signature(str(credential.eddsa[VALUE])),
        signed=signing_input(
            hash_credential_options(options, canonicalisers.options), credential.leaf
        ),
        problems=find_schema_problems(credential.document),
    )


def _parse_signature(text: str) -> bytes:
    try:
        return parse_signature(text)
    except ValueError as error:
        rule = "signature"
        raise GuardError(rule, f"proof[1].{VALUE}", str(error)) from error


def _list_types(document: dict[str, object]) -> tuple[str, ...]:
    kinds = document.get("type", document.get("@type", ()))
    listed = kinds if isinstance(kinds, list) else [kinds]
    return tuple(kind for kind in listed if isinstance(kind, str))
