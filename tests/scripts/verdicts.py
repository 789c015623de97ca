"""What `rootseal verify` says of files."""

from collections.abc import Sequence
from pathlib import Path

from tests.scripts.shell import Shell


def list_verdicts(shell: Shell, files: Sequence[Path], *options: str) -> list[str]:
    """The verdict on each file, in the order given."""
    answer = shell.run("verify", "--json", *options, *files)
    reports = answer.json["reports"] if len(files) > 1 else [answer.json]
    return [each["verdict"] for each in reports]


def find_checks(shell: Shell, file: Path, *options: str) -> dict[str, dict]:
    """Every check of a file by its id, in the order of the report."""
    report = shell.run("verify", "--json", *options, file).json
    return {each["id"]: each for each in report["checks"]}


def find_failed(shell: Shell, file: Path, *options: str) -> list[str]:
    """The required checks that a file fails."""
    checks = find_checks(shell, file, *options).values()
    return [each["id"] for each in checks if each["required"] and each["verdict"] == "failed"]
