"""`rootseal verify`: what holds of a credential, check by check."""

import json
import sys
from collections.abc import Container, Iterable
from datetime import datetime
from pathlib import Path
from typing import Final

import click

from protocol.errors import NotACredentialError
from scripts import exit_codes, options
from scripts.chains import read_clock
from scripts.config import load_settings
from scripts.failures import run_guarded
from scripts.moments import parse_moment
from scripts.submissions import is_single, read_submissions
from scripts.verification import build_surroundings
from verifier.policy import DEFAULT_POLICY, load_policy
from verifier.render.json import report_to_dict
from verifier.render.text import report_to_text
from verifier.report import Report, Verdict
from verifier.verify import FutureMomentError, Question, Surroundings
from verifier.verify import verify as verify_credential

Answer = Report | NotACredentialError | str
"""A report, why the input is no credential, or a sentence why it could not be read."""

EXIT_CODES: Final = {
    Verdict.PASSED: exit_codes.DONE,
    Verdict.FAILED: exit_codes.SOME_FAILED,
    Verdict.UNKNOWN: exit_codes.SOME_UNKNOWN,
}
WORST_FIRST: Final = (
    exit_codes.NOT_A_CREDENTIAL,
    exit_codes.SOME_FAILED,
    exit_codes.SOME_UNKNOWN,
    exit_codes.DONE,
)


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option(
    "--policy",
    "policy_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="What you trust and demand (TOML, docs/policy.md).",
)
@click.option("--at", metavar="TIME", help="Judge this moment (2026-11-24T12:00:00Z), not now.")
@click.option(
    "--recipient", metavar="TEXT", help="Who it should be about: name, e-mail, number or DID."
)
@click.option("--network", help="Ask this network only.  [default: the one the file names]")
@options.home_option
@options.json_option
def verify(
    files: tuple[str, ...],
    policy_file: Path | None,
    at: str | None,
    recipient: str | None,
    network: str | None,
    home: Path | None,
    as_json: bool,
) -> int:
    """Verify credentials: one report each, every check shown.

    \b
    rootseal verify spring/*.json
    rootseal verify --json --recipient "Aroha Ngata" file.json
    rootseal verify spring spring/shards
    curl … | rootseal verify -

    Of a folder all that ends in .json or .ndjson and lies in it directly is verified. docs/api.md
    describes the report that --json gives; for several files each has its "source".

    Exit code: 0 all passed, 1 some failed, 2 some could not be determined, 3 some is no credential.
    """
    settings = load_settings(home)
    policy = load_policy(policy_file) if policy_file else DEFAULT_POLICY
    surroundings = build_surroundings(settings, network, policy)
    moment = parse_moment(at) if at is not None else None
    if moment is not None and moment > read_clock():
        raise click.UsageError(f"--at {at} is in the future.")
    if recipient is not None and not recipient.strip():
        raise click.UsageError("--recipient is empty: say whose it should be, or leave it out.")
    answers = (
        (source, _verify_one(content, moment, recipient, surroundings))
        for source, content in read_submissions(files)
    )
    if as_json:
        return _show_json(list(answers), single=is_single(files))
    return _show_text(answers)


def _verify_one(
    content: bytes | str, at: datetime | None, recipient: str | None, surroundings: Surroundings
) -> Answer:
    """Return a report, or why there is none."""
    if isinstance(content, str):
        return content
    try:
        return verify_credential(Question(content, at, recipient), surroundings)
    except FutureMomentError as error:
        raise click.UsageError(f"--at {error}") from error
    except NotACredentialError as error:
        return error


def _show_json(answers: list[tuple[str, Answer]], *, single: bool) -> int:
    rendered = [
        ({} if single else {"source": name}) | report_to_dict(answer)
        if isinstance(answer, Report)
        else {"source": name, "error": str(answer)}
        for name, answer in answers
    ]
    click.echo(json.dumps(rendered[0] if single else {"reports": rendered}, ensure_ascii=False))
    return _choose_worst({_choose_code(answer) for _, answer in answers})


def _show_text(answers: Iterable[tuple[str, Answer]]) -> int:
    codes: set[int] = set()
    for name, answer in answers:
        match answer:
            case Report():
                click.echo(report_to_text(answer, name, colour=sys.stdout.isatty()))
            case NotACredentialError():
                click.echo(f"{name}\n  Not a credential: {answer.reason}.\n")
            case _:
                click.echo(f"{name}\n  Not a credential. {answer}\n")
        codes.add(_choose_code(answer))
    return _choose_worst(codes)


def _choose_code(answer: Answer) -> int:
    if isinstance(answer, Report):
        return EXIT_CODES[answer.verdict]
    return exit_codes.NOT_A_CREDENTIAL


def _choose_worst(codes: Container[int]) -> int:
    return next(code for code in WORST_FIRST if code in codes)


if __name__ == "__main__":
    sys.exit(run_guarded(lambda: verify.main(standalone_mode=False)))
