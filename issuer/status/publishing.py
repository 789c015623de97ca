"""Publish an issuer's status lists: read from the chain at one block, signed, written whole.

A list that says the same as before, and will do so for more than half its time, stays as it is to
the byte. Everything is read before anything is written: a silent chain leaves the folder untouched.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from issuer.affairs.institution import Duty, Institution
from issuer.files import sync_folder, write_whole
from issuer.journal.lists import find_lists
from issuer.keys.signer import CredentialSigner
from issuer.sending.channel import Channel, ask_patiently, find_registry_scope
from issuer.status.chain_lists import ChainLists, read_chain_lists
from issuer.status.list_forms import sign_status_list
from issuer.status.unseen import UnseenBatch, find_unseen
from protocol.chain import Block
from protocol.credentials.published_lists import (
    SETTINGS_FILE,
    PublishedList,
    name_folder,
    parse_list_number,
    render_settings,
)
from protocol.credentials.status_index import find_key_index
from protocol.credentials.status_list import ListForm, StatusList
from protocol.credentials.strict_json import parse_object
from protocol.errors import ConfigurationError, NotACredentialError

LIST_FILE_LIMIT_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class PublishingJob:
    """What is to be published, by whom and where."""

    institution: Institution
    signer: CredentialSigner
    folder: Path
    valid_for: timedelta
    lists: frozenset[int] = frozenset()
    """Lists beyond those that home, folder and chain name: of a lost home, of another desk."""


@dataclass(frozen=True, slots=True)
class ListResult:
    """One published list."""

    place: PublishedList
    valid_until: datetime
    count: int
    """How many entries are set."""
    changed: bool
    """False: it was there already."""


@dataclass(frozen=True, slots=True)
class PublishingResult:
    """What lies in the folder now."""

    block: Block
    """Where the chain was read."""
    lists: tuple[ListResult, ...]
    unseen: tuple[UnseenBatch, ...]
    """Batches of this home whose end the lists do not show."""


@dataclass(frozen=True, slots=True)
class _Dates:
    valid_from: datetime
    valid_until: datetime
    created: datetime


def publish_lists(channel: Channel, job: PublishingJob, now: datetime) -> PublishingResult:
    """Publish every list of the issuer that is in use, for both purposes.

    In use is what this home planned a batch in, what a status change on the chain names, what was
    published before, and what the job names.

    Raises:
        ConfigurationError: the job names a list that no key of the issuer can have opened.
        TransactionRefusedError: the issuer is not registered.
        ChainError: the chain cannot be asked; nothing was written.
        OSError: the folder cannot be written; each file there is whole.
    """
    name = name_folder(job.institution.did)
    found = read_chain_lists(channel, job.institution.did, _find_wanted(channel, job, name))
    _refuse_impossible(job, found)
    (job.folder / name).mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=job.folder, prefix=".unfinished-") as staging:
        settings = job.folder / name / SETTINGS_FILE
        _write(settings, render_settings(job.institution.status_for), Path(staging))
        results = tuple(_publish_all(job, found, now, Path(staging)))
    if results:
        channel.progress.report("Publishing lists", len(results), len(results))
    return PublishingResult(found.block, results, tuple(find_unseen(channel, found)))


def _refuse_impossible(job: PublishingJob, found: ChainLists) -> None:
    for number in sorted(job.lists - found.lists.keys()):
        raise ConfigurationError(
            f"--list {number}",
            f"{job.institution.did} has no key {find_key_index(number)} that could have opened it",
            "Take the number from the batch's batch.json.",
        )


def _find_wanted(channel: Channel, job: PublishingJob, name: str) -> frozenset[int]:
    scope = ask_patiently(channel, lambda: find_registry_scope(channel.chain))
    accounts = [key.address for key in job.institution.keys if key.duty is Duty.ANCHOR]
    planned = find_lists(channel.journal, scope, accounts)
    return planned | job.lists | frozenset(_find_published(job.folder / name))


def _find_published(folder: Path) -> Iterator[int]:
    for path in folder.iterdir() if folder.is_dir() else ():
        number = parse_list_number(path.name)
        if number is not None and path.is_dir():
            yield number


def _publish_all(
    job: PublishingJob, found: ChainLists, now: datetime, staging: Path
) -> Iterator[ListResult]:
    issuer = name_folder(job.institution.did)
    for number, by_purpose in found.lists.items():
        for purpose, bits in by_purpose.items():
            place = PublishedList(issuer, number, purpose)
            yield _publish(job, place, bits, _choose_dates(job, found.block, now), staging, now)
        sync_folder(job.folder / issuer / str(number))


def _choose_dates(job: PublishingJob, block: Block, now: datetime) -> _Dates:
    """A list speaks from its block on: an auditor finds the block by ``validFrom``."""
    now = now.replace(microsecond=0)
    return _Dates(min(block.time, now), now + job.valid_for, now)


def _publish(
    job: PublishingJob,
    place: PublishedList,
    bits: bytes,
    fresh: _Dates,
    staging: Path,
    now: datetime,
) -> ListResult:
    kept = _read_dates(place.find_file(job.folder, ListForm.STANDARD))
    if kept is not None and _is_far(job, kept, now):
        files = _sign(job, place, bits, kept)
        if all(_holds(path, data) for path, data in files):
            return _describe(place, bits, kept, changed=False)
    for path, data in _sign(job, place, bits, fresh):
        _write(path, data, staging)
    return _describe(place, bits, fresh, changed=True)


def _is_far(job: PublishingJob, kept: _Dates, now: datetime) -> bool:
    """Tell whether a list's end is neither near nor further than a new one's would be."""
    return job.valid_for / 2 < kept.valid_until - now <= job.valid_for


def _sign(
    job: PublishingJob, place: PublishedList, bits: bytes, dates: _Dates
) -> Iterable[tuple[Path, bytes]]:
    """Return every form's file; equal bits, dates and keys give equal bytes."""
    listed = StatusList(
        issuer=job.institution.did,
        address=f"{job.institution.status_base}/{place.list}/{place.purpose}",
        purpose=place.purpose,
        bits=bits,
        valid_from=dates.valid_from,
        valid_until=dates.valid_until,
    )
    return [
        (
            place.find_file(job.folder, form),
            sign_status_list(listed, form, job.signer, dates.created),
        )
        for form in ListForm
    ]


def _read_dates(path: Path) -> _Dates | None:
    """Return the dates of a list that was published before; None where it cannot be read."""
    try:
        document = parse_object(path.read_bytes(), LIST_FILE_LIMIT_BYTES)
        proof = document["proof"]
        created = proof["created"] if isinstance(proof, dict) else ""
        texts = (document["validFrom"], document["validUntil"], created)
        moments = [datetime.fromisoformat(str(text)) for text in texts]
    except (OSError, NotACredentialError, KeyError, ValueError):
        return None
    return _Dates(*moments) if all(each.tzinfo for each in moments) else None


def _holds(path: Path, data: bytes) -> bool:
    return path.is_file() and path.read_bytes() == data


def _write(path: Path, data: bytes, staging: Path) -> None:
    if not _holds(path, data):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, data, staging)


def _describe(place: PublishedList, bits: bytes, dates: _Dates, *, changed: bool) -> ListResult:
    count = int.from_bytes(bits, "big").bit_count()
    return ListResult(place, dates.valid_until, count, changed)
