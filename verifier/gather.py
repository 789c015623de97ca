"""Ask the chain: the only part of the verifier that does.

Every question is put through `verifier.questions.ask` by itself. All state is read at one pinned
block, whose hash is read again at the end: if the chain was rewritten meanwhile, nothing counts.
"""

from dataclasses import dataclass, replace

from protocol.chain import Block, ChainDirectory, ChainReader, Network
from protocol.primitives import ChainId
from verifier.documents import DocumentStore
from verifier.evidence import (
    AccreditationEvidence,
    AnchorEvidence,
    Cause,
    Evidence,
    IssuerEvidence,
    NetworkEvidence,
    Opened,
    StatusEvidence,
    Unknown,
    find_obstacle,
)
from verifier.gather_anchor import gather_anchor
from verifier.gather_issuer import gather_issuer
from verifier.gather_status import gather_accreditation, gather_status
from verifier.questions import ask, find_block_at


@dataclass(frozen=True, slots=True)
class Sources:
    """Who is asked."""

    chains: ChainDirectory
    documents: DocumentStore


def gather_evidence(bare: Evidence, sources: Sources) -> Evidence:
    """Return the evidence with all answers that could be had. Raises nothing of the chain's."""
    if not isinstance(bare.reading, Opened):
        return bare
    opened = bare.reading
    reader = _find_reader(bare, opened.receipt.chain_id, sources.chains)
    if isinstance(reader, Unknown):
        return _give_up(replace(bare, network=_build_silence(reader)), reader, sources)
    network = _gather_network(reader, bare)
    evidence = replace(bare, network=network)
    obstacle = find_obstacle(evidence) or _find_register_obstacle(network)
    pinned = network.pinned
    if obstacle is not None:
        return _give_up(evidence, obstacle, sources)
    if isinstance(pinned, Unknown):
        return _give_up(evidence, pinned, sources)
    evidence = _gather_state(evidence, reader, pinned, sources)
    changed = _find_rewriting(reader, pinned)
    if changed is None:
        return evidence
    return _give_up(replace(evidence, network=_build_silence(changed, network)), changed, sources)


def _find_register_obstacle(seen: NetworkEvidence) -> Unknown | None:
    if not isinstance(seen.network, Network):
        return None
    if seen.network.contract is None:
        return Unknown(Cause.NO_REGISTER, "No register is recorded for this network here.")
    known = seen.network.code_hash
    if known is not None and not isinstance(seen.code_hash, Unknown) and seen.code_hash != known:
        return Unknown(Cause.NO_REGISTER, "The register we read is not the one we trust.")
    return None


def _find_reader(
    evidence: Evidence, chain_id: ChainId, chains: ChainDirectory
) -> ChainReader | Unknown:
    readers = ask(lambda: chains.find_readers(chain_id))
    if isinstance(readers, Unknown):
        return readers
    allowed = evidence.policy.networks
    trusted = [reader for reader in readers if allowed is None or reader.network.name in allowed]
    if not trusted:
        reason = f"The public record that it names (chain {chain_id}) is not one we read."
        return Unknown(Cause.NOT_CONFIGURED, reason)
    if len(trusted) > 1:
        reason = f"Several records that we read have the chain number {chain_id}: say which."
        return Unknown(Cause.AMBIGUOUS, reason)
    return trusted[0]


def _gather_network(reader: ChainReader, evidence: Evidence) -> NetworkEvidence:
    network = reader.network
    latest = ask(reader.read_latest)
    pinned = latest
    if isinstance(latest, Block) and evidence.asked_at is not None:
        pinned = find_block_at(reader, latest, evidence.asked_at)
    seen = NetworkEvidence(
        network=network,
        chain_id=ask(reader.read_chain_id),
        genesis=ask(reader.read_genesis),
        latest=latest,
        pinned=pinned,
    )
    contract = network.contract
    if contract is None or isinstance(pinned, Unknown):
        return seen
    return replace(seen, code_hash=ask(lambda: reader.read_code_hash(contract, pinned)))


def _gather_state(
    evidence: Evidence, reader: ChainReader, pinned: Block, sources: Sources
) -> Evidence:
    opened = evidence.opened
    holds = opened.root == opened.receipt.root and opened.credential.leaf == opened.receipt.leaf
    anchor = AnchorEvidence()
    if holds:
        anchor = gather_anchor(evidence, reader, pinned)
    issuer = gather_issuer(opened, anchor, reader, pinned, sources.documents)
    evidence = replace(evidence, anchor=anchor, issuer=issuer)
    if not holds:
        return evidence
    return replace(
        evidence,
        status=gather_status(opened, issuer, reader, pinned),
        accreditation=gather_accreditation(evidence, reader, pinned),
    )


def _find_rewriting(reader: ChainReader, pinned: Block) -> Unknown | None:
    again = ask(lambda: reader.read_block(pinned.number))
    if isinstance(again, Unknown):
        return again
    if again.hash != pinned.hash:
        return Unknown(Cause.REORGANISED, "The public record changed while it was being read.")
    return None


def _build_silence(unknown: Unknown, seen: NetworkEvidence | None = None) -> NetworkEvidence:
    network = unknown if seen is None else seen.network
    return NetworkEvidence(network, unknown, unknown, unknown, unknown, unknown)


def _give_up(evidence: Evidence, unknown: Unknown, sources: Sources) -> Evidence:
    """Put the one reason into the place of every answer that would have come from the register."""
    copies = sources.documents.find_copies(evidence.opened.credential.issuer)
    return replace(
        evidence,
        anchor=AnchorEvidence(
            transaction=unknown,
            block=unknown,
            final=unknown,
            record=unknown,
            key=unknown,
            holder=unknown,
            endorsement=unknown,
        ),
        issuer=IssuerEvidence(
            bound=unknown,
            bound_then=unknown,
            record=unknown,
            names=unknown,
            document=unknown,
            copies=copies,
            signer=unknown,
        ),
        status=StatusEvidence(unknown, unknown, unknown),
        accreditation=AccreditationEvidence(unknown, unknown),
    )
