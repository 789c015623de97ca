"""Ask who the credential's issuer is, and find its own DID document by the registered digest."""

from dataclasses import replace

from protocol.chain import Block, ChainReader, IssuerRecord
from protocol.errors import DocumentError
from protocol.identifiers import hash_identifier
from protocol.primitives import Digest, IssuerId
from protocol.proofs.did_document import DidDocument, parse_did_document
from verifier.documents import DocumentStore
from verifier.evidence import (
    AnchorEvidence,
    Cause,
    Holder,
    IssuerEvidence,
    Opened,
    Unknown,
    choose_issuer,
    split_method,
)
from verifier.gather_anchor import ask_holder
from verifier.questions import ask


def gather_issuer(
    opened: Opened,
    anchor: AnchorEvidence,
    reader: ChainReader,
    pinned: Block,
    documents: DocumentStore,
) -> IssuerEvidence:
    """Return the registry's view of the institution that the credential names."""
    named = hash_identifier(opened.credential.issuer)
    bound = ask(lambda: reader.read_issuer_id(named, pinned))
    seen = IssuerEvidence(bound=bound, bound_then=_ask_then(named, bound, anchor, reader))
    seen = replace(seen, signer=_ask_signer(opened, reader, pinned))
    issuer_id = choose_issuer(seen, anchor)
    if issuer_id is None or isinstance(issuer_id, Unknown):
        return _leave_open(seen, issuer_id, opened, documents)
    record = ask(lambda: reader.read_issuer(issuer_id, pinned))
    seen = replace(seen, record=record, names=ask(lambda: reader.read_names(issuer_id, pinned)))
    if not isinstance(record, IssuerRecord):
        return _leave_open(seen, record, opened, documents)
    return replace(seen, document=_find_document(record.document_digest, documents))


def _ask_then(
    named: Digest,
    bound: IssuerId | Unknown | None,
    anchor: AnchorEvidence,
    reader: ChainReader,
) -> IssuerId | Unknown | None:
    """Ask at the anchor's block only where the binding now is another: names may move."""
    block = anchor.block
    if anchor.event is None or isinstance(bound, Unknown) or bound == anchor.event.issuer_id:
        return bound
    if isinstance(block, Unknown):
        return block
    return ask(lambda: reader.read_issuer_id(named, block))


def _ask_signer(opened: Opened, reader: ChainReader, pinned: Block) -> Holder | Unknown | None:
    """Ask whose the signature's method is, where it is not the issuer's own."""
    owner = split_method(opened.credential.eddsa)
    if owner == opened.credential.issuer:
        return None
    other = ask(lambda: reader.read_issuer_id(hash_identifier(owner), pinned))
    return ask_holder(other, reader, pinned)


def _leave_open(
    seen: IssuerEvidence, answer: Unknown | None, opened: Opened, documents: DocumentStore
) -> IssuerEvidence:
    if answer is None:
        reason = "The register does not list the institution that the file names."
        none = Unknown(Cause.NOT_HAD, reason)
        return replace(seen, record=None, names=none, document=none)
    copies = documents.find_copies(opened.credential.issuer)
    names = answer if seen.record is not answer else seen.names
    return replace(seen, record=answer, names=names, document=answer, copies=copies)


def _find_document(digest: Digest, documents: DocumentStore) -> DidDocument | Unknown:
    data = documents.find(digest)
    if data is None:
        return Unknown(Cause.NOT_HAD, "We could not get the institution's list of its keys.")
    try:
        return parse_did_document(data)
    except DocumentError as error:
        reason = f"The institution's list of its keys cannot be used: {error.reason}."
        return Unknown(Cause.NOT_HAD, reason)
