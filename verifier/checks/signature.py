"""Step 4: did the issuer's key sign this text?"""

from collections.abc import Iterable

from protocol.proofs.data_integrity import verify_ed25519
from protocol.proofs.did_document import DidDocument
from protocol.proofs.multikey import Ed25519Key
from verifier.checks.finding import (
    Finding,
    build_failed,
    build_passed,
    build_unknown,
    describe_holder,
    name_institution,
)
from verifier.evidence import Cause, Evidence, Holder, Unknown, split_method
from verifier.report import Fact

HOLDS = "The text fits its signature. It has not changed since it was signed."


def check_signature(evidence: Evidence) -> Finding:
    """4: the key that the issuer's registered DID document lists signed this text.

    Not checked here: whether the issuer is who the register says (11). The proof's ``created`` is
    covered by the signature, yet nothing confirms it; time comes from the block.
    """
    credential = evidence.opened.credential
    method = str(credential.eddsa["verificationMethod"])
    facts: dict[str, Fact] = {"method": method}
    if split_method(credential.eddsa) != credential.issuer:
        return _blame(evidence, facts)
    document = evidence.issuer.document
    if isinstance(document, DidDocument):
        return _judge(evidence, document, method, facts | {"compared_with_register": True})
    for copy in evidence.issuer.copies:
        if _holds(evidence, copy, method):
            facts |= {"compared_with_register": False, "document": "0x" + copy.digest.hex()}
            reason = f"{HOLDS} The key was not compared with the register, which did not answer."
            return build_passed(reason, facts)
    reason = f"We could not get the key to test it. {document.reason}"
    return build_unknown(Unknown(document.cause, reason), facts)


def _judge(
    evidence: Evidence, document: DidDocument, method: str, facts: dict[str, Fact]
) -> Finding:
    facts |= {"document": "0x" + document.digest.hex()}
    if _find_key(document, method) is None:
        reason = (
            "The institution's list of its keys does not have the key to test it, or no longer."
        )
        return build_unknown(Unknown(Cause.NOT_HAD, reason), facts)
    if _holds(evidence, document, method):
        return build_passed(HOLDS, facts)
    return build_failed("The text and its signature do not fit. Ask for the original.", facts)


def _blame(evidence: Evidence, facts: dict[str, Fact]) -> Finding:
    """Say whose key is named instead of the issuer's, as far as the register knows."""
    signer = evidence.issuer.signer
    facts |= {
        "method_of": split_method(evidence.opened.credential.eddsa),
        "expected": evidence.opened.credential.issuer,
        "key_of": describe_holder(signer),
    }
    whose = name_institution(signer) if isinstance(signer, Holder) else "somebody else"
    return build_failed(
        f"It is signed with a key of {whose}, not of the institution it names.", facts
    )


def _find_key(document: DidDocument, method: str) -> Ed25519Key | None:
    keys: Iterable[object] = (each.key for each in document.methods if each.id == method)
    return next((key for key in keys if isinstance(key, Ed25519Key)), None)


def _holds(evidence: Evidence, document: DidDocument, method: str) -> bool:
    key = _find_key(document, method)
    opened = evidence.opened
    return key is not None and verify_ed25519(key.raw, opened.signature, opened.signed)
