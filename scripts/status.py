"""`rootseal revoke`, `suspend` and `reinstate`: what still counts."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from issuer.status.reasons import REASONS
from issuer.status.status_changes import (
    StatusAction,
    StatusPreview,
    StatusResult,
    change_status,
    preview_change,
)
from issuer.status.status_targets import StatusRequest, find_targets
from protocol.primitives import DIGEST_BYTES, Root, parse_prefixed_hex, render_hex
from scripts import options
from scripts.asking import confirm
from scripts.config import load_settings
from scripts.desks import open_desk
from scripts.terminal import TerminalProgress

Function = TypeVar("Function", bound=Callable[..., None])
INPUT_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
DONE: Final = {
    StatusAction.REVOKE: "revoked",
    StatusAction.SUSPEND: "suspended",
    StatusAction.REINSTATE: "reinstated",
}


def _take_targets(function: Function) -> Function:
    """Give one of the three commands what all of them take."""
    for option in reversed(
        [
            click.argument("files", nargs=-1, metavar="[FILE]…", type=INPUT_FILE),
            click.option("--csv", type=INPUT_FILE, help="Rows with credential_id or file."),
            click.option("--batch", metavar="ROOT", help="A whole batch, by its root (0x…)."),
            click.option(
                "--reason",
                type=click.Choice(list(REASONS)),
                default="unspecified",
                show_default=True,
            ),
            options.yes_option,
            options.issuer_option,
            options.network_option,
            options.home_option,
            options.json_option,
        ]
    ):
        function = option(function)
    return function


@click.command()
@_take_targets
def revoke(**given: Any) -> None:
    """Withdraw credentials for good.

    \b
    rootseal revoke spring/3f….json --reason issued-in-error
    rootseal revoke --csv filtered-manifest.csv --yes
    """
    _change(StatusAction.REVOKE, **given)


@click.command()
@_take_targets
def suspend(**given: Any) -> None:
    """Put credentials on hold; they may be reinstated.

    \b
    rootseal suspend spring/3f….json --reason investigation
    """
    _change(StatusAction.SUSPEND, **given)


@click.command()
@_take_targets
def reinstate(**given: Any) -> None:
    """Lift the hold on credentials; what is revoked stays revoked.

    \b
    rootseal reinstate spring/3f….json
    """
    _change(StatusAction.REINSTATE, **given)


def _change(
    action: StatusAction,
    files: tuple[Path, ...],
    csv: Path | None,
    batch: str | None,
    reason: str,
    selector: str | None,
    network: str,
    home: Path | None,
    *,
    yes: bool,
    as_json: bool,
) -> None:
    if not (files or csv or batch):
        raise click.UsageError("Name credentials: give files, --csv or --batch.")
    request = StatusRequest(files, csv, _parse_root(batch))
    with open_desk(load_settings(home), network, selector, TerminalProgress()) as (desk, _):
        targets = find_targets(desk, request)
        preview = preview_change(desk, action, targets, REASONS[reason])
        if _needs_asking(request, preview):
            confirm(_describe(action, preview), yes=yes)
        result = change_status(desk, action, targets, REASONS[reason])
    _show(action, result, as_json=as_json)


def _parse_root(text: str | None) -> Root | None:
    if text is None:
        return None
    try:
        return Root(parse_prefixed_hex(text, DIGEST_BYTES))
    except ValueError as error:
        raise click.UsageError(f"--batch: {error}; the root stands in batch/batch.json.") from error


def _needs_asking(request: StatusRequest, preview: StatusPreview) -> bool:
    """Tell whether this is a bulk change: a slip there hits many learners at once."""
    many = len(preview.changing) > 1 and len(request.files) != len(preview.changing)
    return preview.whole_batch is not None or (many and preview.transactions > 0)


def _describe(action: StatusAction, preview: StatusPreview) -> str:
    what = (
        f"the whole batch {render_hex(preview.whole_batch)}"
        if preview.whole_batch is not None
        else f"{len(preview.changing):,} credentials ({len(preview.unchanged):,} stay as they are)"
    )
    return f"This will {action} {what}. Go on?"


def _show(action: StatusAction, result: StatusResult, *, as_json: bool) -> None:
    if as_json:
        answer = {
            "changed": [target.label for target in result.changed],
            "unchanged": [{"source": each.label, "why": each.why} for each in result.unchanged],
            "batch": render_hex(result.whole_batch) if result.whole_batch else None,
            "transactions": [render_hex(each.hash) for each in result.transactions],
        }
        click.echo(json.dumps(answer, ensure_ascii=False))
        return
    for each in result.unchanged:
        click.echo(f"{each.label}: {each.why}; left as it is.")
    if result.whole_batch is not None:
        click.echo(f"The whole batch {render_hex(result.whole_batch)} is revoked.")
    elif result.changed:
        click.echo(
            f"{len(result.changed):,} {DONE[action]} in {len(result.transactions)} transaction(s)."
        )
    else:
        click.echo("Nothing changed.")
