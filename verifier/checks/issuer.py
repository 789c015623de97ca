"""Steps 11 and 12: is the named institution the one registered, and had it the right to award?"""

from datetime import datetime
from typing import Final

from protocol.chain import (
    AccreditationRecord,
    Block,
    IssuerNames,
    IssuerRecord,
    KeyRecord,
    Network,
)
from protocol.primitives import render_address, render_hex
from protocol.proofs.did_document import DidDocument, find_address
from verifier.checks.finding import (
    Finding,
    build_failed,
    build_passed,
    build_unknown,
    find_domain,
    render_optional_time,
)
from verifier.evidence import Cause, Evidence, Unknown, choose_issuer
from verifier.report import Fact, Facts, render_time

ELSEWHERE = "The register, or its own key list, says otherwise. Ask the institution."
UNNAMED_AUTHORITY: Final = "the register's authority"
"""Where neither a network file nor the deployment's record gives its name."""


def check_issuer(evidence: Evidence) -> Finding:
    """11: the registry binds the credential's issuer to a number, now or at the anchor's block.

    That number is the one whose keys step 10 asks about; whose key it was is that step's to say. A
    registered DID document that contradicts the register fails. Present standing is a fact only:
    what an institution recorded while in good standing stays recorded.
    """
    event, seen = evidence.anchor.event, evidence.issuer
    facts = _list_facts(evidence)
    if event is None:
        missing = evidence.anchor.transaction
        unasked = Unknown(Cause.NOT_ASKED, "This was not asked.")
        return build_unknown(missing if isinstance(missing, Unknown) else unasked, facts)
    issuer_id = choose_issuer(seen, evidence.anchor)
    if isinstance(issuer_id, Unknown):
        return build_unknown(issuer_id, facts)
    if event.issuer_id != issuer_id:
        return _judge_stranger(evidence, facts)
    for answer in (seen.record, seen.names):
        if isinstance(answer, Unknown):
            return build_unknown(answer, facts)
    contradiction = _find_contradiction(evidence)
    if contradiction is not None:
        return build_failed(ELSEWHERE, {**facts, "contradiction": contradiction})
    return build_passed(
        "The register lists the institution the credential names as holder of that key.", facts
    )


def _judge_stranger(evidence: Evidence, facts: Facts) -> Finding:
    """Judge the institution that is named where another one's key recorded the batch.

    Only where the key's own record confirms that it is another's: then step 10 fails, and here
    nothing else is wrong.
    """
    event, key, bound = evidence.anchor.event, evidence.anchor.key, evidence.issuer.bound
    if isinstance(key, Unknown):
        return build_unknown(key, facts)
    if event is None or not isinstance(key, KeyRecord) or key.issuer_id != event.issuer_id:
        return build_failed(ELSEWHERE, facts)
    if bound is None:
        return build_failed("The register does not list the institution it names.", facts)
    reason = "The register lists the institution the credential names; the key is another's."
    return build_passed(reason, facts)


def check_accreditation(evidence: Evidence) -> Finding:
    """12: an authority that is trusted here allowed this achievement, when it was recorded."""
    network, block = evidence.network.network, evidence.anchor.block
    authority, grant = evidence.accreditation.authority, evidence.accreditation.grant
    facts = _list_grant_facts(evidence)
    for answer in (network, authority, grant, block):
        if isinstance(answer, Unknown):
            return build_unknown(answer, facts)
    if not isinstance(network, Network) or network.authority is None:
        reason = "No qualification authority is recorded for this network here."
        return build_unknown(Unknown(Cause.NOT_CONFIGURED, reason), facts)
    if authority != network.authority:
        return build_failed("The register's authority is not the one we trust.", facts)
    name = network.authority_name or UNNAMED_AUTHORITY
    if not (isinstance(grant, AccreditationRecord) and isinstance(block, Block)) or not _in_force(
        grant, block.time
    ):
        reason = f"{name} had not allowed it then. Ask {name}."
        return build_failed(_begin(reason), facts)
    return build_passed(_begin(f"{name} allowed it to award this, at that time."), facts)


def _begin(sentence: str) -> str:
    """Begin with a capital where our own words stand for a name; a name keeps its own letters."""
    own = sentence.startswith(UNNAMED_AUTHORITY)
    return sentence[0].upper() + sentence[1:] if own else sentence


def _in_force(grant: AccreditationRecord, moment: datetime) -> bool:
    """Judge [from, until) and the withdrawal, both ends exactly."""
    ends = [end for end in (grant.valid_until, grant.withdrawn_at) if end is not None]
    return grant.valid_from <= moment and all(moment < end for end in ends)


def _find_contradiction(evidence: Evidence) -> str | None:
    """Compare the registered document, where a copy is at hand, with register and credential."""
    document, names = evidence.issuer.document, evidence.issuer.names
    credential, event = evidence.opened.credential, evidence.anchor.event
    if not isinstance(document, DidDocument):
        return None
    renamed = isinstance(names, IssuerNames) and names.identifier == document.id
    if document.id != credential.issuer:
        return None if renamed else f"the registered document is of {document.id}"
    method = credential.merkle["verificationMethod"]
    for listed in document.methods:
        address = find_address(listed)
        if listed.id == method and event is not None and address != event.key:
            found = "another kind of key" if address is None else render_address(address)
            return f"the registered document has {found} under the method that the file names"
    return None


def _list_facts(evidence: Evidence) -> Facts:
    seen, credential = evidence.issuer, evidence.opened.credential
    facts: dict[str, Fact] = {"identifier": credential.issuer}
    if evidence.anchor.event is not None:
        facts["anchored_for"] = evidence.anchor.event.issuer_id
    numbers = {"issuer_id": seen.bound, "issuer_id_then": seen.bound_then}
    facts |= {name: each for name, each in numbers.items() if not isinstance(each, Unknown)}
    if isinstance(evidence.network.network, Network):
        facts["authority_name"] = evidence.network.network.authority_name or None
    if isinstance(seen.names, IssuerNames):
        facts["registered_name"] = seen.names.name
        facts["registered_identifier"] = seen.names.identifier
        facts["domain"] = find_domain(seen.names.identifier)
    if isinstance(seen.record, IssuerRecord):
        facts |= {
            "standing": seen.record.standing.name.lower(),
            "standing_reason": seen.record.reason,
            "registered_until": render_optional_time(seen.record.valid_until),
            "document": render_hex(seen.record.document_digest),
            "document_at_hand": isinstance(seen.document, DidDocument),
        }
    return facts


def _list_grant_facts(evidence: Evidence) -> Facts:
    facts: dict[str, Fact] = {"achievement": evidence.opened.credential.achievement}
    network = evidence.network.network
    if isinstance(network, Network):
        facts["authority_name"] = network.authority_name or None
        facts["authority"] = (
            None if network.authority is None else render_address(network.authority)
        )
    if isinstance(evidence.anchor.block, Block):
        facts["at"] = render_time(evidence.anchor.block.time)
    grant = evidence.accreditation.grant
    if isinstance(grant, AccreditationRecord):
        facts |= {
            "valid_from": render_time(grant.valid_from),
            "valid_until": render_optional_time(grant.valid_until),
            "withdrawn_at": render_optional_time(grant.withdrawn_at),
            "reason_code": grant.reason,
        }
    return facts
