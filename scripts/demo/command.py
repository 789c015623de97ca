"""`rootseal demo`: from a shipped roster to five reports, on the embedded chain."""

import shlex
import shutil
import sys
from pathlib import Path
from typing import Final

import click

from issuer.affairs.authority import read_achievement_id
from issuer.affairs.institution import Institution
from issuer.batches.desk import Desk
from issuer.batches.issuing import IssueRequest, issue_batch
from issuer.batches.manifest import parse_manifest
from issuer.inputs.roster import load_roster_source
from issuer.progress import Progress
from issuer.status.reasons import REASONS
from issuer.status.status_changes import StatusAction, change_status
from issuer.status.status_targets import StatusRequest, find_targets
from protocol.nodes.networks import EMBEDDED
from scripts import options
from scripts.chains import read_clock
from scripts.config import Settings, load_settings
from scripts.demo.folder import COHORT, FILES, prepare_folder
from scripts.demo.forgeries import anchor_as_stranger, tamper
from scripts.demo.institutions import FIRST, SECOND, accredit_first, make_institution
from scripts.demo.page import serve_demo
from scripts.desks import build_desk, open_channel
from scripts.embedded_home import connect_embedded
from scripts.failures import run_guarded
from scripts.issue import build_output_check
from scripts.rings import open_ring
from scripts.terminal import TerminalProgress
from scripts.verification import build_surroundings
from verifier.render.text import report_to_text
from verifier.verify import Question
from verifier.verify import verify as verify_credential

SAMPLE: Final = Path(__file__).parent / "sample"
GENUINE, REVOKED, SUSPENDED, TAMPERED = range(4)
"""Which learners of the cohort the story is about, by their row."""


@click.command()
@click.option(
    "--out",
    default="rootseal-demo",
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the files; one that an earlier demo made is replaced.",
)
@click.option("--no-serve", is_flag=True, help="End after the reports.")
@options.home_option
def demo(out: Path, home: Path | None, *, no_serve: bool) -> None:
    """Issue a cohort of 120 and show the five answers a checker must be able to give.

    \b
    rootseal demo
    rootseal verify rootseal-demo/genuine.json

    Everything happens on a chain inside this home: no node, no network, no money. At the end the
    page that employers see is served with these files, until Ctrl-C.
    """
    settings, progress = load_settings(home), TerminalProgress()
    prepare_folder(out)
    connection = connect_embedded(settings, progress)
    first = make_institution(settings, connection, FIRST, progress)
    second = make_institution(settings, connection, SECOND, progress)
    accredit_first(settings, connection, _read_sample_id(), progress)
    with open_channel(settings, connection, progress) as channel:
        desk = build_desk(channel, first, open_ring(settings, first))
        _issue_cohort(settings, desk, first, out, progress)
        files = _list_cohort(out / COHORT)
        _change_statuses(desk, files)
        stranger = build_desk(channel, second, open_ring(settings, second))
        _write_files(out, files, stranger, second)
    _show_reports(settings, out)
    click.echo(f"  {_build_command(out / 'genuine.json', home)}")
    if not no_serve:
        serve_demo(settings, out)


def _issue_cohort(
    settings: Settings, desk: Desk, institution: Institution, out: Path, progress: Progress
) -> None:
    roster, achievement = SAMPLE / "roster.csv", SAMPLE / "achievement.json"
    source = load_roster_source(roster, achievement, institution, progress, now=read_clock())
    request = IssueRequest(source, out / COHORT)
    issue_batch(desk, request, build_output_check(settings, EMBEDDED))


def _list_cohort(cohort: Path) -> list[Path]:
    """Return the cohort's files in the order of the roster."""
    manifest = (cohort / "batch" / "manifest.csv").read_bytes()
    return [cohort / row["file"] for row in parse_manifest(manifest)]


def _change_statuses(desk: Desk, files: list[Path]) -> None:
    for action, which, reason in (
        (StatusAction.REVOKE, REVOKED, "issued-in-error"),
        (StatusAction.SUSPEND, SUSPENDED, "investigation"),
    ):
        targets = find_targets(desk, StatusRequest((files[which],)))
        change_status(desk, action, targets, REASONS[reason])


def _write_files(out: Path, files: list[Path], stranger: Desk, second: Institution) -> None:
    genuine = files[GENUINE].read_bytes()
    contents = {
        "genuine": genuine,
        "tampered": tamper(files[TAMPERED].read_bytes()),
        "revoked": files[REVOKED].read_bytes(),
        "suspended": files[SUSPENDED].read_bytes(),
        "stranger": anchor_as_stranger(stranger, second.signing_method, genuine),
    }
    for name, data in contents.items():
        (out / f"{name}.json").write_bytes(data)


def _show_reports(settings: Settings, out: Path) -> None:
    surroundings = build_surroundings(settings, None)
    for name in FILES:
        path = out / f"{name}.json"
        report = verify_credential(Question(path.read_bytes()), surroundings)
        click.echo(report_to_text(report, str(path), colour=sys.stdout.isatty()))
    click.echo(f"The five files are in {out}, the cohort in {out / COHORT}. Check one yourself:")


def _build_command(file: Path, home: Path | None) -> str:
    """Return the command that verifies a file, as it works where this one was given."""
    command = ["rootseal"] if shutil.which("rootseal") else [_find_program()]
    place = [] if home is None else ["--home", str(home)]
    return shlex.join([*command, "verify", *place, str(file)])


def _find_program() -> str:
    """Return the program beside this interpreter: people call it there without a PATH to it."""
    beside = Path(sys.executable).with_name("rootseal")
    here = Path.cwd()
    return str(beside.relative_to(here) if beside.is_relative_to(here) else beside)


def _read_sample_id() -> str:
    return read_achievement_id(str(SAMPLE / "achievement.json"))


if __name__ == "__main__":
    sys.exit(run_guarded(lambda: demo.main(standalone_mode=False)))
