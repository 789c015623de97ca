"""What the verifier is surrounded by on this machine."""

from collections.abc import Sequence

import click

from issuer.batches.output import Written
from protocol.errors import NotACredentialError
from protocol.registry.remembering import RememberingDirectory
from scripts.chains import ConfiguredChains, read_clock
from scripts.config import Settings
from verifier.documents import FolderDocuments
from verifier.policy import DEFAULT_POLICY, Policy
from verifier.reading import build_canonicalisers
from verifier.report import Outcome, Report, Verdict
from verifier.verify import Question, Surroundings, verify


def build_surroundings(
    settings: Settings, network: str | None, policy: Policy = DEFAULT_POLICY
) -> Surroundings:
    """Return configured chains, kept DID documents, policy and clock, for one run of a command."""
    return Surroundings(
        chains=RememberingDirectory(ConfiguredChains(settings, network)),
        documents=FolderDocuments(settings.home / "issuers"),
        policy=policy,
        clock=read_clock,
        canonicalisers=build_canonicalisers(lambda error: click.echo(str(error), err=True)),
    )


def check_files(surroundings: Surroundings, files: Sequence[Written]) -> tuple[str, ...]:
    """Verify written credentials as a stranger would; return a sentence for each that is at fault.

    What the institution decided after it anchored a file (a revocation, a suspension) and the
    dates that it wrote are no faults: such a file, written again, is as it should be.
    """
    found = ((each.name, _find_problem(each, surroundings)) for each in files)
    return tuple(f"{name}: {problem}" for name, problem in found if problem)


def _find_problem(written: Written, surroundings: Surroundings) -> str | None:
    try:
        report = verify(Question(written.read()), surroundings)
    except NotACredentialError as error:
        return str(error)
    causes = [each for each in report.checks if _is_fault(each, report)]
    return "; ".join(f"{each.id} is {each.verdict}: {each.reason}" for each in causes) or None


def _is_fault(outcome: Outcome, report: Report) -> bool:
    if not outcome.required or outcome.verdict in (Verdict.PASSED, Verdict.NOT_APPLICABLE):
        return False
    if outcome.verdict is not Verdict.FAILED:
        return True
    match outcome.id:
        case "validity":
            return False
        case "revocation" | "suspension":
            return _was_born_with(outcome, report)
        case _:
            return True


def _was_born_with(outcome: Outcome, report: Report) -> bool:
    """Tell whether the status was changed before the anchor, as if another had its place."""
    changed = outcome.facts.get("withdrawn_at") or outcome.facts.get("held_at")
    recorded = report.find("anchor").facts.get("recorded_at")
    return isinstance(changed, str) and isinstance(recorded, str) and changed < recorded
