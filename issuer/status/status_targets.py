"""Whose status is to change: credential files, rows of a CSV, or a whole batch.

Where a file is named, its list and index count only if the file's own bytes lead to a root that
this institution anchored: a changed file must not hit somebody else's credential. A credential's id
is looked up in the journal.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from issuer.batches.desk import Desk
from issuer.batches.workers import map_items
from issuer.errors import StatusInputError
from issuer.journal import entries
from issuer.sending.channel import ask_patiently, find_registry_scope
from issuer.status.reasons import parse_reason
from issuer.status.status_files import ReadJob, SignedPlace, Spot, read_place
from issuer.status.status_rows import StatusRow, read_rows
from protocol.errors import TransactionRefusedError
from protocol.identifiers import hash_identifier
from protocol.primitives import IssuerId, Root, render_hex

Place = tuple[int, int]
"""List and index."""


@dataclass(frozen=True, slots=True)
class StatusRequest:
    """What was named on the command line."""

    files: tuple[Path, ...] = ()
    csv: Path | None = None
    batch: Root | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """One credential, by the place of its status."""

    label: str
    """The file, or the row, as it was named."""
    list: int
    index: int
    reason: int | None
    """Its own reason, where its row gives one."""


@dataclass(frozen=True, slots=True)
class Targets:
    """Everything that was named, each credential once."""

    targets: tuple[Target, ...]
    batch: Root | None
    """The batch that was named; its credentials are targets where this home knows them."""


@dataclass(frozen=True, slots=True)
class _Named:
    """One thing named: a file, or what the journal knows of an id."""

    label: str
    file: Spot | None
    credential: str | None
    place: Place | None
    reason: int | None


def find_targets(desk: Desk, request: StatusRequest) -> Targets:
    """Return whose status is to change.

    Raises:
        StatusInputError: listing every file and row that cannot be used.
        ChainError: the chain cannot be asked.
    """
    problems: list[str] = []
    named = [_Named(str(path), (path, None), None, None, None) for path in request.files]
    if request.csv is not None:
        named.extend(_read_csv(desk, request.csv, problems))
    found = [*_place_all(desk, named, problems)]
    if request.batch is not None:
        found.extend(_find_batch(desk, request.batch, problems))
    if not (named or problems or request.batch):
        problems.append("no credential was named: give files, --csv or --batch")
    targets = _merge(found, problems)
    if problems:
        raise StatusInputError(problems)
    return Targets(targets, request.batch)


def find_issuer_id(desk: Desk) -> IssuerId:
    """Return the institution's number in the registry.

    Raises:
        TransactionRefusedError: it is not registered.
    """
    chain = desk.channel.chain
    wanted = hash_identifier(desk.institution.did)
    found = ask_patiently(desk.channel, lambda: chain.read_issuer_id(wanted, chain.read_latest()))
    if found is None:
        raise TransactionRefusedError(f"{desk.institution.did} is not registered")
    return found


def _read_csv(desk: Desk, path: Path, problems: list[str]) -> Iterator[_Named]:
    scope = find_registry_scope(desk.channel.chain)
    for row in read_rows(path, problems):
        reason = _read_reason(row, problems)
        place = None
        if row.credential is not None:
            known = entries.find_status_place(desk.channel.journal, scope, row.credential)
            place = None if known is None else (known.list, known.index)
        if place is None and row.file is None:
            problems.append(
                f"{row.label}: this home knows no credential {row.credential}; name its file"
            )
            continue
        spot = None if row.file is None else (row.file, row.line)
        yield _Named(row.label, spot, row.credential, place, reason)


def _read_reason(row: StatusRow, problems: list[str]) -> int | None:
    if row.reason is None:
        return None
    try:
        return parse_reason(row.reason)
    except ValueError as error:
        problems.append(f"{row.label}: {error}")
        return None


def _place_all(desk: Desk, named: Sequence[_Named], problems: list[str]) -> Iterator[Target]:
    """Read every file that is needed, in worker processes where there are many."""
    chain_id = desk.channel.chain.network.chain_id
    job = ReadJob(desk.institution.did, chain_id)
    spots = [item.file for item in named if item.place is None and item.file is not None]
    read = iter([*map_items(read_place, job, spots, desk.workers)])
    roots: dict[Root, bool] = {}
    for number, item in enumerate(named, start=1):
        desk.channel.progress.report("Reading credentials", number, len(named))
        if item.place is not None:
            yield Target(item.label, *item.place, item.reason)
            continue
        place = next(read)
        fault = place if isinstance(place, str) else _check_place(desk, item, place, roots)
        if isinstance(place, SignedPlace) and fault is None:
            yield Target(item.label, place.list, place.index, item.reason)
        else:
            problems.append(f"{item.label}: {fault}")


def _check_place(
    desk: Desk, item: _Named, place: SignedPlace, roots: dict[Root, bool]
) -> str | None:
    """Say why a file's place cannot be used; None if it can."""
    if item.credential is not None and item.credential != place.credential:
        return f"the file holds {place.credential} and not {item.credential}"
    if place.root not in roots:
        roots[place.root] = _is_anchored(desk, place.root)
    if not roots[place.root]:
        return (
            "it was changed, or was not anchored by this institution on "
            f"{desk.channel.chain.network.name}"
        )
    return None


def _is_anchored(desk: Desk, root: Root) -> bool:
    chain, issuer_id = desk.channel.chain, find_issuer_id(desk)
    return (
        ask_patiently(desk.channel, lambda: chain.read_anchor(issuer_id, root, chain.read_latest()))
        is not None
    )


def _find_batch(desk: Desk, root: Root, problems: list[str]) -> Iterator[Target]:
    if not _is_anchored(desk, root):
        problems.append(f"{render_hex(root)} is no batch of this institution on this network")
        return
    scope = find_registry_scope(desk.channel.chain)
    for place in entries.find_batch_places(desk.channel.journal, scope, root):
        yield Target(place.credential, place.list, place.index, None)


def _merge(found: Sequence[Target], problems: list[str]) -> tuple[Target, ...]:
    """Return each credential once; two reasons for one credential are a fault."""
    merged: dict[Place, Target] = {}
    for target in found:
        first = merged.setdefault((target.list, target.index), target)
        if first.reason is None and target.reason is not None:
            merged[target.list, target.index] = replace(first, reason=target.reason)
        elif target.reason is not None and first.reason != target.reason:
            problems.append(f"{target.label}: {first.label} gives another reason for the same")
    return tuple(merged.values())
