"""`rootseal issue`: from a roster, or ready-made credentials, to anchored files."""

import json
import sys
from pathlib import Path
from typing import Final

import click

from issuer.affairs.institution import Institution
from issuer.batches.desk import OutputCheck
from issuer.batches.issuing import (
    IssueProgress,
    IssueRequest,
    IssueResult,
    Preview,
    issue_batch,
    preview_batch,
)
from issuer.batches.output import Layout
from issuer.batches.tally import SIGHTS, Tally
from issuer.batches.workers import prepare_workers
from issuer.inputs.ready_made import load_credentials_source
from issuer.inputs.roster import load_roster_source
from issuer.inputs.source import Source
from issuer.inputs.spool import Spool, open_spool
from issuer.progress import Progress
from issuer.sending.operations import render_ether
from protocol.primitives import render_hex
from scripts import options
from scripts.chains import read_clock
from scripts.config import Settings, load_settings
from scripts.desks import open_desk
from scripts.failures import run_guarded
from scripts.terminal import TerminalProgress
from scripts.verification import build_surroundings, check_files

INPUT_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
LARGE_BYTES: Final = 1 << 16
"""A roster that will pay for worker processes: some hundred rows."""
LAYOUTS: Final = {None: Layout.FILES, "also": Layout.BOTH, "only": Layout.SHARDS}
INPUT_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command()
@click.option("--roster", type=INPUT_FILE, help="People, one a row (CSV, docs/rosters.md).")
@click.option("--achievement", type=INPUT_FILE, help="What they achieved (Open Badges 3.0, JSON).")
@click.option("--credentials", type=INPUT_FOLDER, help="Instead: a folder of unsigned credentials.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder to be filled.")
@click.option(
    "--dry-run", is_flag=True, help="Show count, fee and the first credential; do nothing."
)
@click.option("--new-batch", is_flag=True, help="Issue the same input knowingly again.")
@click.option(
    "--verify",
    "extent",
    type=click.Choice(["some", "all"]),
    default="some",
    help="How many files pass the whole verification at the end: up to 1,000, or all.",
)
@click.option(
    "--shards",
    type=click.Choice(["also", "only"]),
    help="Write shards of 512 credentials, one a line: beside the files, or instead of them.",
)
@options.issuer_option
@options.network_option
@options.home_option
@options.json_option
def issue(
    roster: Path | None,
    achievement: Path | None,
    credentials: Path | None,
    out: Path,
    extent: str,
    shards: str | None,
    selector: str | None,
    network: str,
    home: Path | None,
    **flags: bool,
) -> None:
    """Turn a roster into anchored credentials.

    \b
    rootseal issue --roster people.csv --achievement achievement.json --out spring
    rootseal issue --credentials drafts --out spring --dry-run

    The same command again goes on where it was, or says that it is done: nothing is anchored twice.
    DIR/<uuid>.json are the learners' files; DIR/batch stays with you.
    """
    _check_inputs(roster, achievement, credentials)
    settings, progress = load_settings(home), TerminalProgress()
    with (
        open_desk(settings, network, selector, progress) as (desk, institution),
        open_spool(settings.home) as spool,
    ):
        source = _load_source(roster, achievement, credentials, institution, progress, spool)
        request = IssueRequest(
            source, out, flags["new_batch"], verify_all=extent == "all", layout=LAYOUTS[shards]
        )
        if flags["dry_run"]:
            _show_preview(preview_batch(desk, request), as_json=flags["as_json"])
            return
        result = issue_batch(desk, request, build_output_check(settings, network))
    _show_result(result, as_json=flags["as_json"])


def build_output_check(settings: Settings, network: str) -> OutputCheck:
    """Return what runs the whole verification on what was written."""
    surroundings = build_surroundings(settings, network)
    return lambda files: check_files(surroundings, files)


def _check_inputs(roster: Path | None, achievement: Path | None, credentials: Path | None) -> None:
    if credentials is not None and (roster or achievement):
        raise click.UsageError("Give --roster and --achievement, or --credentials, not both.")
    if credentials is None and not (roster and achievement):
        raise click.UsageError("Give --roster and --achievement, or --credentials.")


def _load_source(
    roster: Path | None,
    achievement: Path | None,
    credentials: Path | None,
    institution: Institution,
    progress: Progress,
    spool: Spool,
) -> Source:
    now = read_clock()
    if credentials is not None:
        return load_credentials_source(credentials, institution, progress, now=now)
    if roster is None or achievement is None:
        raise click.UsageError("Give --roster and --achievement.")
    if roster.is_file() and roster.stat().st_size >= LARGE_BYTES:
        prepare_workers()
    return load_roster_source(roster, achievement, institution, progress, now=now, store=spool)


def _show_preview(preview: Preview, *, as_json: bool) -> None:
    if as_json:
        answer = {
            "count": preview.count,
            "fee_wei": preview.fee_wei,
            "standing": preview.standing,
            "first": preview.first,
        }
        click.echo(json.dumps(answer, ensure_ascii=False))
        return
    click.echo(
        f"{preview.count:,} credentials; the anchor costs at most {render_ether(preview.fee_wei)}."
    )
    if preview.standing is not IssueProgress.FRESH:
        click.echo(f"This input was seen before; the command would say: {preview.standing}.")
    click.echo("The first credential would be:")
    click.echo(json.dumps(preview.first, ensure_ascii=False, indent=2))
    click.echo("Nothing was signed, sent or written.")


def _show_result(result: IssueResult, *, as_json: bool) -> None:
    anchoring = result.anchoring
    if as_json:
        answer = {
            "progress": result.progress,
            "count": result.count,
            "folder": str(result.folder),
            "network": result.network,
            "root": render_hex(anchoring.root),
            "transaction": render_hex(anchoring.transaction),
            "block": anchoring.block,
            "canonicalised": _list_tally(result.tally),
        }
        click.echo(json.dumps(answer, ensure_ascii=False))
        return
    click.echo(
        f"{result.count:,} credentials {result.progress} in {result.folder}, on {result.network}."
    )
    click.echo(f"Root {render_hex(anchoring.root)}, block {anchoring.block:,}.")
    if result.tally.count:
        click.echo(_describe_tally(result.tally))
    if result.layout.has_files:
        click.echo(f"Hand out {result.folder}/*.json; keep all folders in it to yourself.")
    else:
        click.echo(f"All of it stays with you: {result.folder}/shards holds every learner's.")


def _list_tally(tally: Tally) -> dict[str, object]:
    return {
        "count": tally.count,
        "by_shape": tally.by_shape,
        "rechecked": tally.rechecked,
        "fell_back": dict(tally.fallen_back),
    }


def _describe_tally(tally: Tally) -> str:
    """Say which share fell back: never hidden, and no fault. ``--json`` has the reasons."""
    fallen = tally.count - tally.by_shape
    return (
        f"{tally.by_shape:,} of {tally.count:,} canonical forms came by the fast path; "
        f"{fallen:,} ({fallen / tally.count:.2%}) fell back to JSON-LD proper, "
        f"which gives the same and takes longer. A shape is learned when {SIGHTS} have it."
    )


if __name__ == "__main__":
    sys.exit(run_guarded(lambda: issue.main(standalone_mode=False)))
