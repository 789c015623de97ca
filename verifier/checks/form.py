"""Steps 1 to 3: is the file whole, and does it mean what it shows?"""

from typing import Final

from protocol.credentials.contexts import CREDENTIAL_CONTEXTS
from verifier.checks.finding import Finding, build_failed, build_passed, build_unknown
from verifier.evidence import Cause, Evidence, Foreign, Opened, Refused, Unknown, UnknownTerms
from verifier.report import Fact, Facts

READABLE: Final = "The file is a credential of a kind we can read."
RULES: Final = {
    "G0": "it must be plain text that every program reads alike",
    "G1": "its terms must come from the two known vocabularies and from nowhere else",
    "G2": "no member may be an instruction to the reading program",
    "G3": "no member may be spelled as a full address",
    "G4": "no member may be empty",
    "G5": "every identifier must be a full address and be described once",
    "G6": "every member must have a meaning that is signed",
    "G7": "every member must have the one form that the standard gives it",
    "G8": "it must not take more work to read than any real credential",
    "G9": "nothing may slip in between what is written and what is signed",
    "G10": "what is shown must be what is signed",
    "receipt": "its path must be written in the one accepted form",
    "signature": "its signature must be written in the one accepted form",
}
"""The guard's rules in plain words (docs/receipt.md, section 2)."""


def check_format(evidence: Evidence) -> Finding:
    """1: within size, strict JSON, a recognised format, and the guard lets it pass."""
    match evidence.reading:
        case Opened(credential=credential):
            ours: Facts = {"format": "rootseal", "id": credential.id}
            return build_passed(READABLE, ours)
        case UnknownTerms():
            return build_passed(READABLE)
        case Foreign(types):
            reason = "We do not know this kind of credential. Use the checker of its issuer."
            facts: Facts = {"format": "other", "types": types}
            return build_unknown(Unknown(Cause.OTHER_FORMAT, reason), facts)
        case Refused(rule, member, detail):
            words = RULES.get(rule, "its two proofs must have the one accepted form")
            return build_failed(
                f"It breaks a safety rule: {words}. Ask for a new file.",
                {"rule": rule, "rule_text": words, "member": member, "detail": detail},
            )


def check_contexts(evidence: Evidence) -> Finding:
    """2: every term is defined by a known, pinned context; canonicalisation dropped nothing."""
    if isinstance(evidence.reading, UnknownTerms):
        unknown = Unknown(Cause.OTHER_FORMAT, "It uses terms we do not know.")
        return build_unknown(unknown, {"context": evidence.reading.url})
    facts: Facts = {
        "contexts": CREDENTIAL_CONTEXTS,
        "statements": evidence.opened.credential.canonical.nquads.count(b"\n"),
    }
    return build_passed("Every term in it is one we know.", facts)


def check_schema(evidence: Evidence) -> Finding:
    """3: the credential has the parts that VC 2.0 and Open Badges 3.0 demand."""
    problems = evidence.opened.problems
    if not problems:
        return build_passed("Nothing that it must have is missing.")
    member = problems[0][0] or "A part"
    listed: list[Fact] = [{"member": place, "reason": reason} for place, reason in problems]
    return build_failed(f"{member} is missing or wrong. Ask the institution.", {"problems": listed})
