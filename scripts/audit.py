"""`rootseal audit`: account for every record of the registry, at one stated block."""

import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from protocol.credentials.status_index import LIST_ENTRIES, LIST_LIMIT
from scripts.auditing import (
    Answer,
    audited,
    choose_issuers,
    find_owner,
    issuer_option,
    open_audit,
    parse_achievement,
    parse_key,
    parse_root,
    show,
)
from scripts.chains import read_clock
from scripts.failures import run_guarded
from scripts.moments import parse_moment
from verifier.audit.census import EVERYTHING, Scope
from verifier.audit.chains import ChainKind
from verifier.audit.claims import load_claim
from verifier.audit.published import Publication
from verifier.audit.reconcile import Reconciliation
from verifier.audit.rows import Row, Table
from verifier.audit.session import Session
from verifier.audit.tables import accreditations as grants
from verifier.audit.tables import batches as anchored
from verifier.audit.tables import institutions as registered
from verifier.audit.tables import statuses
from verifier.audit.tables.gaps import tabulate_gaps

REGISTRY, AFFAIRS = frozenset({ChainKind.REGISTRY}), frozenset({ChainKind.AFFAIRS})


@click.group()
def audit() -> None:
    """Account for every record of the registry, at one stated block.

    \b
    rootseal audit gaps
    rootseal audit gaps --network sepolia
    rootseal audit batches --issuer example.org --csv > batches.csv

    Each answer says what was seen, at which block, and on whose word.

    Exit code: 0 complete, 1 a gap or difference, 2 could not be determined, 4 unreachable.
    """


@audit.command()
@click.option(
    "--show",
    "what",
    type=click.Choice(["institutions", "names", "standings", "keys", "acts"]),
    default="institutions",
    show_default=True,
    help="Who is registered; under which names, in what standing, with which keys over time; "
    "what the authority did.",
)
@issuer_option
@audited
def issuers(what: str, issuer: str | None, **given: Any) -> int:
    """Tell who is or was registered, under which names, in what standing, with which keys.

    \b
    rootseal audit issuers
    rootseal audit issuers --show keys --issuer example.org
    rootseal audit issuers --show standings --at-block 8311
    rootseal audit issuers --show acts --csv
    """
    session = open_audit(**given)
    chosen = choose_issuers(session, issuer)
    kinds = {"institutions": REGISTRY, "names": REGISTRY, "acts": REGISTRY | AFFAIRS}
    entries = session.census.go(Scope(kinds.get(what, AFFAIRS), chosen))
    match what:
        case "institutions":
            table = registered.tabulate_institutions(session.state, chosen, entries)
        case "names":
            table = registered.tabulate_names(entries, chosen)
        case "standings":
            table = registered.tabulate_standings(entries, session.names)
        case "keys":
            table = registered.tabulate_keys(entries, session.names)
        case _:
            table = registered.tabulate_acts(entries)
    return _show(session, table, given)


@audit.command()
@click.option("--key", metavar="ADDRESS", help="Only what this key anchored.")
@click.option("--root", metavar="ROOT", help="Only this root (0x…).")
@click.option("--after-compromise", is_flag=True, help="Only from its key's compromise on.")
@issuer_option
@audited
def batches(
    key: str | None, root: str | None, issuer: str | None, *, after_compromise: bool, **given: Any
) -> int:
    """List every batch that was anchored, newest first: root, key, block, and what became of it.

    \b
    rootseal audit batches --issuer example.org
    rootseal audit batches --key 0x65275ED4566e1dFB166D05541F0429B61ABa061a --csv
    rootseal audit batches --after-compromise --json
    """
    address, wanted = parse_key(key), parse_root(root)
    session = open_audit(**given)
    chosen = choose_issuers(session, issuer) if address is None else find_owner(session, address)
    scope = Scope(frozenset({ChainKind.KEY}), chosen, address)

    def is_wanted(row: Row) -> bool:
        named = wanted is None or row["root"] == "0x" + wanted.hex()
        return named and (not after_compromise or row["after_compromise"] is True)

    census = session.census
    table = anchored.tabulate_batches(
        census.go(scope), census.keys, session.names, is_wanted, by_compromised=after_compromise
    )
    who = "This key" if key else "This institution" if issuer else "Nobody"
    what = "this root" if root else "anything"
    when = ", from its key's compromise on" if after_compromise else ""
    verb = "anchored" if who == "Nobody" else "has not anchored"
    return _show(session, replace(table, empty=f"{who} {verb} {what}{when}."), given)


@audit.command()
@click.option("--list", "list_", type=click.IntRange(0, LIST_LIMIT - 1), metavar="L")
@click.option("--index", type=click.IntRange(0, LIST_ENTRIES - 1), metavar="I")
@click.option("--root", metavar="ROOT", help="Only what befell this batch as a whole (0x…).")
@click.option(
    "--published",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Compare the published lists in this folder.",
)
@issuer_option
@audited
def status(published: Path | None, issuer: str | None, **given: Any) -> int:
    """List what was revoked, suspended, reinstated or endorsed, when, by whom and why.

    \b
    rootseal audit status --issuer example.org
    rootseal audit status --issuer example.org --list 4294967297 --index 5 --at-block 8311
    rootseal audit status --root 0x6b1f…
    rootseal audit status --published status

    List and index stand in a credential's credentialStatus.
    """
    index, list_ = given["index"], given["list_"]
    if index is not None and (list_ is None or issuer is None):
        raise click.UsageError("--index needs --list and --issuer.")
    wanted = statuses.Wanted(list_, index, parse_root(given["root"]))
    if published is not None and wanted != statuses.Wanted():
        raise click.UsageError("--published compares whole lists: leave --list and --root out.")
    session = open_audit(**given)
    chosen = choose_issuers(session, issuer)
    entries = session.census.go(Scope(frozenset({ChainKind.STATUS}), chosen))
    table = statuses.tabulate_statuses(entries, session.names, wanted)
    table = replace(table, empty=statuses.name_nothing(wanted))
    if published is not None:
        compared = Publication(session, published, chosen, _find_now(session, given))
        return _show(session, compared.follow(table), given, compared.answer)
    if index is not None and chosen is not None:
        answered = statuses.EntryAnswer(session.census, next(iter(chosen)), wanted)
        return _show(session, answered.follow(table), given, answered.answer)
    listed = None if wanted.root is None else statuses.tell_listed
    return _show(session, table, given, listed)


@audit.command()
@click.option("--achievement", metavar="ID", help="Only this achievement, by its id.")
@click.option("--at", metavar="TIME", help="Accredited then?  [default: the block's time]")
@issuer_option
@audited
def accreditations(
    achievement: str | None, at: str | None, issuer: str | None, **given: Any
) -> int:
    """List who was accredited for what, and tell whether it was so at a moment.

    \b
    rootseal audit accreditations --issuer example.org
    rootseal audit accreditations --achievement https://example.org/a/1 --at 2026-11-24T12:00:00Z
    """
    moment = None if at is None else parse_moment(at)
    session = open_audit(**given)
    moment = moment or session.snapshot.block.time
    if moment > session.snapshot.block.time:
        raise click.UsageError(f"--at {at} is later than the block that is read.")
    hashed = None if achievement is None else parse_achievement(achievement)
    entries = session.census.go(Scope(AFFAIRS, choose_issuers(session, issuer)))
    table = grants.tabulate_accreditations(entries, session.names, hashed, moment)
    what = "" if achievement is None else " of this id"
    whose = "" if issuer is None else " for this institution"
    table = replace(table, empty=f"No grant{what} is on record{whose}.")
    return _show(session, table, given)


@audit.command()
@audited
def gaps(**given: Any) -> int:
    """Walk everything, compare it with storage, and name every gap and difference.

    \b
    rootseal audit gaps
    rootseal audit gaps --network sepolia --prove --json
    """
    session = open_audit(**given)
    table = tabulate_gaps(session.census, Scope(EVERYTHING), session.inquiry.ledger)
    return _show(session, table, given)


@audit.command()
@click.argument("path", metavar="DIR|FILE", type=click.Path(exists=True, path_type=Path))
@issuer_option
@audited
def reconcile(path: Path, issuer: str | None, **given: Any) -> int:
    """Compare a batch folder, its batch.json, or a list of leaves with the registry.

    \b
    rootseal audit reconcile spring
    rootseal audit reconcile spring/batch/batch.json --network sepolia
    rootseal audit reconcile leaves.txt --issuer example.org

    batch.json and a list (one leaf in hexadecimal a line) hold nothing personal. What was revoked
    or suspended since is listed, and is no difference.
    """
    claim = load_claim(path)
    session = open_audit(**given)
    compared = Reconciliation(session, claim, choose_issuers(session, issuer))
    return _show(session, compared.tabulate(), given, compared.answer)


def _find_now(session: Session, given: Mapping[str, Any]) -> datetime:
    """Return when lists have to be valid: now, or at the past block that was named."""
    return read_clock() if given["at_block"] is None else session.snapshot.block.time


def _show(
    session: Session, table: Table, given: Mapping[str, Any], answer: Answer | None = None
) -> int:
    return show(session, table, answer, as_json=given["as_json"], as_csv=given["as_csv"])


if __name__ == "__main__":
    sys.exit(run_guarded(lambda: audit.main(standalone_mode=False)))
