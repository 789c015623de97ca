"""`rootseal status`: what others may read of it."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Final

import click

from issuer.affairs.institution import find_institution
from issuer.keys.keystore import load_credential_signer
from issuer.status.publishing import ListResult, PublishingJob, PublishingResult, publish_lists
from protocol.credentials.published_lists import parse_list_number
from protocol.credentials.status_list import render_moment
from protocol.primitives import render_hex
from scripts import options
from scripts.chains import reach, read_clock
from scripts.config import load_settings
from scripts.desks import open_channel
from scripts.rings import open_ring
from scripts.terminal import TerminalProgress

DAYS: Final = 7
MOST_DAYS: Final = 366


@click.group()
def status() -> None:
    """Publish what the registry says of credentials.

    \b
    rootseal status publish

    To change it: rootseal revoke, suspend, reinstate.
    """


@status.command()
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder to publish to.  [default: HOME/status, which rootseal serve serves]",
)
@click.option(
    "--valid-for",
    "days",
    metavar="DAYS",
    type=click.IntRange(1, MOST_DAYS),
    default=DAYS,
    show_default=True,
    help="When a list that is not published again stops counting.",
)
@click.option(
    "--list",
    "numbers",
    metavar="NUMBER",
    multiple=True,
    help="Publish this list too: of a lost home, of another desk; may be repeated.",
)
@options.issuer_option
@options.network_option
@options.home_option
@options.json_option
def publish(
    out: Path | None,
    days: int,
    numbers: tuple[str, ...],
    selector: str | None,
    network: str,
    home: Path | None,
    *,
    as_json: bool,
) -> None:
    """Write the Bitstring Status Lists for readers that do not ask the chain.

    \b
    rootseal status publish --out /srv/status
    rootseal status publish --network sepolia --json

    Read at one block and signed, DIR/<issuer>/<list>/<purpose> in three forms. Run it after each
    status change and at least daily (docs/operations.md): what is not renewed in time is refused.
    """
    settings, lists = load_settings(home), frozenset(map(_parse_list, numbers))
    connection = reach(settings, network)
    institution = find_institution(settings.home, connection.network, selector)
    ring = open_ring(settings, institution)
    signer = load_credential_signer(ring, institution.signing_method)
    folder = out or settings.home / options.PUBLISHED_FOLDER
    job = PublishingJob(institution, signer, folder, timedelta(days=days), lists)
    with open_channel(settings, connection, TerminalProgress()) as channel:
        result = publish_lists(channel, job, read_clock())
    _show(job, result, as_json=as_json)


def _parse_list(text: str) -> int:
    number = parse_list_number(text)
    if number is None:
        raise click.UsageError(f"--list: {text!r} is no list's number (batch/batch.json has it).")
    return number


def _show(job: PublishingJob, result: PublishingResult, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(_describe(job, result), ensure_ascii=False))
        return
    if not result.lists:
        click.echo("There is no list yet: nothing was issued.")
        return
    for each in result.lists:
        click.echo(
            f"{each.place.list} {each.place.purpose}: {each.count:,} set, "
            f"{'written' if each.changed else 'unchanged'}, "
            f"until {render_moment(each.valid_until)}"
        )
    for batch in result.unseen:
        click.echo(
            f"{batch.count:,} credentials are revoked with their whole batch alone, which no list "
            f"shows: rootseal revoke --csv DIR/batch/manifest.csv ({render_hex(batch.root)})"
        )
    click.echo(
        f"Read at block {result.block.number:,}; published in {job.folder} "
        f"for {job.institution.status_base}/…"
    )


def _describe(job: PublishingJob, result: PublishingResult) -> dict[str, object]:
    block = result.block
    return {
        "issuer": job.institution.did,
        "folder": str(job.folder),
        "status_base": job.institution.status_base,
        "status_for": job.institution.status_for,
        "block": {
            "number": block.number,
            "hash": render_hex(block.hash),
            "time": render_moment(block.time),
        },
        "lists": [_describe_list(each) for each in result.lists],
        "unseen": [
            {"batch": render_hex(each.root), "credentials": each.count} for each in result.unseen
        ],
    }


def _describe_list(each: ListResult) -> dict[str, object]:
    return {
        "list": str(each.place.list),
        "purpose": each.place.purpose,
        "set": each.count,
        "changed": each.changed,
        "valid_until": render_moment(each.valid_until),
    }
