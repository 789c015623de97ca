"""Step 10: was the key the issuer's, and live, when it recorded the root?"""

from protocol.chain import AnchorRecord, Block, KeyRecord, Role
from protocol.errors import MultikeyError
from protocol.primitives import Address, render_address
from protocol.proofs.did_document import DidDocument, find_address
from protocol.proofs.multikey import Secp256k1Key, find_key_address, parse_multikey
from verifier.checks.finding import (
    Finding,
    build_failed,
    build_passed,
    build_unknown,
    describe_holder,
    name_institution,
    render_optional_time,
)
from verifier.evidence import (
    Cause,
    Endorsement,
    Evidence,
    Unknown,
    choose_issuer,
    split_method,
)
from verifier.report import Fact, Facts, render_time

UNLISTED = "The institution's own list of keys does not have the key that the file names."


def check_anchoring_key(evidence: Evidence) -> Finding:
    """10: the event's key was the credential's issuer's, live and not compromised at that block.

    The proof's method must name that key under the issuer's own DID: by the issuer's registered
    document where a copy is at hand, else by the key that the method itself spells. Or another
    ANCHOR key of that issuer, itself not compromised then, endorsed the root.
    """
    facts = _list_facts(evidence)
    missing = _find_missing(evidence)
    if missing is not None:
        return build_unknown(missing, facts)
    trouble = (
        _find_holder_trouble(evidence) or _find_time_trouble(evidence) or _judge_method(evidence)
    )
    if trouble is None:
        names = name_institution(evidence.anchor.holder)
        reason = f"At that moment the key was live, and registered to {names}."
        return build_passed(reason, facts)
    return _weigh_endorsement(evidence, trouble, facts)


def _find_missing(evidence: Evidence) -> Unknown | None:
    seen = evidence.anchor
    issuer_id = choose_issuer(evidence.issuer, seen)
    for answer in (seen.transaction, seen.block, seen.key, issuer_id):
        if isinstance(answer, Unknown):
            return answer
    return None


def _find_holder_trouble(evidence: Evidence) -> Finding | None:
    """Say whose key it is, where it is not the issuer's with the role to anchor."""
    key, holder = evidence.anchor.key, evidence.anchor.holder
    if not isinstance(key, KeyRecord):
        return build_failed("The key is not in the register. Do not rely on it.")
    if key.issuer_id != choose_issuer(evidence.issuer, evidence.anchor):
        other = "another institution" if isinstance(holder, Unknown) else name_institution(holder)
        reason = f"It is registered to {other}, not to the institution the file names."
        return build_failed(reason, {"of_another": True})
    if Role.ANCHOR not in key.roles:
        return build_failed("The key has no right to record batches. Ask the institution.")
    return None


def _find_time_trouble(evidence: Evidence) -> Finding | None:
    """Judge [not before, not after) and the compromise at the block's time, both ends exactly."""
    key, block = evidence.anchor.key, evidence.anchor.block
    if not isinstance(key, KeyRecord) or not isinstance(block, Block):
        return None
    if block.time < key.not_before:
        since = render_time(key.not_before)
        return build_failed(f"The key was live only from {since}, after the entry.")
    if key.not_after is not None and block.time >= key.not_after:
        return build_failed(f"It was retired on {render_time(key.not_after)}, before the entry.")
    if key.compromised_at is not None and block.time >= key.compromised_at:
        since = render_time(key.compromised_at)
        return build_failed(f"It was reported unsafe from {since}: ask for a new one.")
    return None


def _judge_method(evidence: Evidence) -> Finding | None:
    credential, event = evidence.opened.credential, evidence.anchor.event
    method = str(credential.merkle["verificationMethod"])
    if split_method(credential.merkle) != credential.issuer:
        return build_failed("The file names a key of somebody else than its institution.")
    document = find_own_document(evidence)
    if document is not None:
        listed = next((each for each in document.methods if each.id == method), None)
        named = None if listed is None else find_address(listed)
        if named is None:
            return build_failed(UNLISTED)
    else:
        named = _read_fragment(method)
    if named is None:
        reason = "We could not get the institution's list of keys to look the key up."
        return build_unknown(Unknown(Cause.NOT_HAD, reason))
    if event is None or named != event.key:
        return build_failed("The key that the file names is not the one that recorded it.")
    return None


def find_own_document(evidence: Evidence) -> DidDocument | None:
    """Return the registered document if it speaks of the credential's issuer by this identifier."""
    document = evidence.issuer.document
    if isinstance(document, DidDocument) and document.id == evidence.opened.credential.issuer:
        return document
    return None


def _read_fragment(method: str) -> Address | None:
    """Return the account of the key that a method's fragment spells, as our issuers write it."""
    try:
        key = parse_multikey(method.partition("#")[2])
    except MultikeyError:
        return None
    return find_key_address(key) if isinstance(key, Secp256k1Key) else None


def _weigh_endorsement(evidence: Evidence, trouble: Finding, facts: Facts) -> Finding:
    """Let another key's endorsement stand in; without it the trouble stands."""
    endorsement = evidence.anchor.endorsement
    facts = {**facts, **trouble.facts}
    if isinstance(endorsement, Unknown) and endorsement.cause is not Cause.NOT_ASKED:
        return build_unknown(endorsement, facts)
    if isinstance(endorsement, Endorsement) and _vouches(evidence, endorsement):
        facts = {**facts, "endorsed_by": render_address(endorsement.event.by)}
        when = render_time(endorsement.time)
        return build_passed(f"Another key of the institution vouched for it on {when}.", facts)
    return Finding(trouble.verdict, trouble.reason, facts)


def _vouches(evidence: Evidence, endorsement: Endorsement) -> bool:
    key, record = endorsement.key, evidence.anchor.record
    if key is None or not isinstance(record, AnchorRecord):
        return False
    compromised = key.compromised_at is not None and endorsement.time >= key.compromised_at
    return (
        key.issuer_id == choose_issuer(evidence.issuer, evidence.anchor) == record.issuer_id
        and key.index == record.endorsed_by == endorsement.event.key_index
        and key.index != record.key_index
        and Role.ANCHOR in key.roles
        and not compromised
    )


def _list_facts(evidence: Evidence) -> dict[str, Fact]:
    seen = evidence.anchor
    facts: dict[str, Fact] = {
        "method": str(evidence.opened.credential.merkle["verificationMethod"]),
        "expected": evidence.opened.credential.issuer,
        "key_of": describe_holder(seen.holder),
        "document_at_hand": find_own_document(evidence) is not None,
    }
    if seen.event is not None:
        facts["key"] = render_address(seen.event.key)
    if isinstance(seen.block, Block):
        facts["at"] = render_time(seen.block.time)
    if isinstance(seen.key, KeyRecord):
        facts |= {
            "key_index": seen.key.index,
            "not_before": render_time(seen.key.not_before),
            "not_after": render_optional_time(seen.key.not_after),
            "compromised_at": render_optional_time(seen.key.compromised_at),
        }
    return facts
