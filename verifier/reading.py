"""From bytes to what can be checked: nothing is asked of anybody here."""

from protocol.credentials.credential import (
    Credential,
    Format,
    open_credential,
    parse_submission,
    recognise,
)
from protocol.credentials.schema import find_schema_problems
from protocol.errors import GuardError, ReceiptError, UnknownContextError
from protocol.proofs.data_integrity import hash_options, parse_signature, signing_input
from protocol.proofs.merkle import fold_path
from protocol.proofs.receipt import parse_receipt
from verifier.evidence import Foreign, Opened, Reading, Refused, UnknownTerms

VALUE = "proofValue"


def read_submission(data: bytes) -> Reading:
    """Parse, recognise and open a submitted file, and recompute all that it determines.

    Raises:
        NotACredentialError: not strict JSON, or nothing that can be recognised as a credential.
    """
    document = parse_submission(data)
    if recognise(document) is not Format.ROOTSEAL:
        return Foreign(_list_types(document))
    try:
        return _recompute(open_credential(document))
    except GuardError as error:
        return Refused(error.rule, error.member, error.reason)
    except UnknownContextError as error:
        return UnknownTerms(error.url)
    except ReceiptError as error:
        return Refused("receipt", f"proof[0].{VALUE}", error.reason)


def _recompute(credential: Credential) -> Opened:
    receipt = parse_receipt(str(credential.merkle[VALUE]))
    options = {name: value for name, value in credential.eddsa.items() if name != VALUE}
    return Opened(
        credential=credential,
        receipt=receipt,
        root=fold_path(credential.leaf, receipt.path),
        signature=_parse_signature(str(credential.eddsa[VALUE])),
        signed=signing_input(hash_options(options), credential.leaf),
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
