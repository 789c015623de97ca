"""What the verifier is surrounded by on this machine."""

from collections.abc import Sequence
from pathlib import Path

from protocol.errors import NotACredentialError
from scripts.chains import ConfiguredChains, read_clock
from scripts.config import Settings
from verifier.documents import FolderDocuments
from verifier.policy import DEFAULT_POLICY, Policy
from verifier.report import Report, Verdict
from verifier.verify import Question, Surroundings, verify


def build_surroundings(
    settings: Settings, network: str | None, policy: Policy = DEFAULT_POLICY
) -> Surroundings:
    """Return configured chains, kept DID documents, policy and clock."""
    return Surroundings(
        chains=ConfiguredChains(settings, network),
        documents=FolderDocuments(settings.home / "issuers"),
        policy=policy,
        clock=read_clock,
    )


def check_files(settings: Settings, network: str, paths: Sequence[Path]) -> tuple[str, ...]:
    """Verify written files as a stranger would; return a sentence for each that does not pass."""
    surroundings = build_surroundings(settings, network)
    found = ((path, _find_problem(path, surroundings)) for path in paths)
    return tuple(f"{path}: {problem}" for path, problem in found if problem)


def _find_problem(path: Path, surroundings: Surroundings) -> str | None:
    try:
        report = verify(Question(path.read_bytes()), surroundings)
    except NotACredentialError as error:
        return str(error)
    return None if report.verdict is Verdict.PASSED else _name_cause(report)


def _name_cause(report: Report) -> str:
    good = (Verdict.PASSED, Verdict.NOT_APPLICABLE)
    causes = [each for each in report.checks if each.required and each.verdict not in good]
    return "; ".join(f"{each.id} is {each.verdict}: {each.reason}" for each in causes)
