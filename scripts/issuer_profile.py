"""`rootseal issuer profile`: what an institution's own web server shows."""

import json
from pathlib import Path

import click

from issuer.affairs.institution import Institution, find_institution
from issuer.affairs.web_root import (
    DID_DOCUMENT,
    PROFILE,
    WebRoot,
    build_web_root,
    set_status_for,
    write_web_root,
)
from protocol.credentials.published_lists import StatusFor
from protocol.primitives import render_hex
from scripts import options
from scripts.chains import reach
from scripts.config import load_settings


@click.command()
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Web root to write both files into.  [default: print them]",
)
@click.option(
    "--status-for",
    type=click.Choice([each.value for each in StatusFor]),
    help="Whose readers come first where readers of status lists ask alike; kept for later runs.",
)
@options.issuer_option
@options.network_option
@options.home_option
@options.json_option
def profile(
    out: Path | None,
    status_for: str | None,
    selector: str | None,
    network: str,
    home: Path | None,
    *,
    as_json: bool,
) -> None:
    """Print or write the did:web document and the Blockcerts issuer profile.

    \b
    rootseal issuer profile --out /srv/www/issuer.example.org
    rootseal issuer profile --status-for blockcerts

    Both are compared with the registry first. --status-for takes effect with the next rootseal
    status publish (docs/operations.md).
    """
    settings = load_settings(home)
    connection = reach(settings, network)
    institution = find_institution(settings.home, connection.network, selector)
    root = build_web_root(connection.reader, institution)
    if status_for is not None:
        chosen = StatusFor(status_for)
        institution = set_status_for(settings.home, connection.network, institution, chosen)
    written = write_web_root(out, root) if out is not None else ()
    if as_json:
        click.echo(json.dumps(_describe(institution, root, written), ensure_ascii=False))
    else:
        _show(institution, root, written)


def _describe(
    institution: Institution, root: WebRoot, written: tuple[Path, ...]
) -> dict[str, object]:
    return {
        "did": institution.did,
        "did_document": json.loads(root.did_document),
        "profile": json.loads(root.profile),
        "digest": render_hex(root.digest),
        "registered": root.is_registered,
        "status_for": institution.status_for,
        "written": [str(path) for path in written],
    }


def _show(institution: Institution, root: WebRoot, written: tuple[Path, ...]) -> None:
    state = "is the registered one" if root.is_registered else "is not registered yet"
    click.echo(f"The DID document of {institution.did} {state}.", err=True)
    click.echo(f"Status lists are for {institution.status_for} readers first.", err=True)
    for path in written:
        click.echo(f"Written: {path}")
    if written:
        return
    for name, data in ((DID_DOCUMENT, root.did_document), (PROFILE, root.profile)):
        click.echo(f"https://{institution.domain}/{name}:", err=True)
        click.echo(data.decode("utf-8"), nl=False)
