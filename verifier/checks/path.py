"""Step 5: does the recomputed leaf lead to the batch root?"""

from protocol.primitives import render_hex
from verifier.checks.finding import Finding, build_failed, build_passed
from verifier.evidence import Evidence
from verifier.report import Fact, Facts


def check_path(evidence: Evidence) -> Finding:
    """5: the leaf is recomputed from the credential, and its path walked to the root.

    The receipt's own leaf and root are compared, never believed.
    """
    opened = evidence.opened
    leaf, receipt = opened.credential.leaf, opened.receipt
    steps: list[Fact] = [
        {"side": str(step.side), "sibling": render_hex(step.sibling)} for step in receipt.path
    ]
    facts: Facts = {
        "leaf": render_hex(leaf),
        "leaf_stated": render_hex(receipt.leaf),
        "root": render_hex(opened.root),
        "root_stated": render_hex(receipt.root),
        "steps": steps,
    }
    if leaf == receipt.leaf and opened.root == receipt.root:
        return build_passed("The file's fingerprint leads to the batch root.", facts)
    return build_failed("It does not lead to the batch root. Ask for the original.", facts)
