"""Publish an issuer's status lists: read from the chain at one block, signed, written whole.

A list that says the same as before, and will do so for more than half its time, stays as it is to
the byte. Everything is read before anything is written: a silent chain leaves the folder untouched.
"""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from errno import ELOOP
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from issuer.affairs.institution import Duty, Institution
from issuer.errors import EndpointBehindError
from issuer.files import PUBLIC, make_public_folder, publish_whole, refuse_folder, sync_folder
from issuer.journal.lists import find_lists
from issuer.keys.signer import CredentialSigner
from issuer.sending.channel import Channel, ask_patiently, find_registry_scope
from issuer.sending.locks import hold_folder
from issuer.status.chain_lists import ChainLists, read_chain_lists
from issuer.status.kept_lists import Dates, KeptList, find_kept, read_kept
from issuer.status.list_forms import sign_status_list
from issuer.status.unseen import UnseenBatch, find_unseen
from protocol.chain import Block
from protocol.credentials.published_lists import (
    SETTINGS_FILE,
    PublishedList,
    name_folder,
    read_published,
    render_settings,
)
from protocol.credentials.status_index import find_key_index
from protocol.credentials.status_list import ListForm, StatusList, render_moment
from protocol.errors import ConfigurationError

STAGING: Final = ".unfinished-lists-"
"""So the folders of unfinished files begin; what a killed run left is swept by the next."""
OTHERS: Final = "Waiting for another process that publishes there"


@dataclass(frozen=True, slots=True)
class PublishingJob:
    """What is to be published, by whom and where."""

    institution: Institution
    signer: CredentialSigner
    folder: Path
    valid_for: timedelta
    lists: frozenset[int] = frozenset()
    """Lists beyond those that home, chain and its own files name: of a lost home, another desk."""


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


Kept = Mapping[PublishedList, KeptList | None]


def publish_lists(channel: Channel, job: PublishingJob, now: datetime) -> PublishingResult:
    """Publish every list of the issuer that is in use, for both purposes.

    In use is what this home planned a batch in, what a status change on the chain names, what the
    job names, and what lies in the folder signed with a key of this institution: a folder that
    anybody made there names nothing.

    Raises:
        ConfigurationError: the job names a list that no key of the issuer can have opened.
        TransactionRefusedError: the issuer is not registered.
        EndpointBehindError: the chain's answers are older than what is published already.
        ChainError: the chain cannot be asked; nothing was written.
        LockedFolderError: another process publishes there.
        OSError: the folder cannot be written; each file there is whole.
    """
    name = name_folder(job.institution.did)
    found = read_chain_lists(channel, job.institution.did, _find_wanted(channel, job, name), now)
    _refuse_impossible(job, found)
    make_public_folder(job.folder)
    with _hold(channel, job.folder) as staging:
        kept = _read_all_kept(job, name, found)
        _refuse_going_back(channel, found.block, kept)
        settings = job.folder / name / SETTINGS_FILE
        _write(job, settings, render_settings(job.institution.status_for), staging)
        results = tuple(_publish_all(job, found, kept, now, staging))
    if results:
        channel.progress.report("Publishing lists", len(results), len(results))
    return PublishingResult(found.block, results, tuple(find_unseen(channel, found)))


@contextmanager
def _hold(channel: Channel, folder: Path) -> Iterator[Path]:
    """Let one process at a time publish in a folder, with a place for its unfinished files."""
    with hold_folder(
        folder,
        on_wait=lambda: channel.progress.report(OTHERS, 0, 1),
        wait_seconds=channel.patience.lock_seconds,
    ):
        for left in folder.glob(f"{STAGING}*"):
            shutil.rmtree(left, ignore_errors=True)
        with TemporaryDirectory(dir=folder, prefix=STAGING) as staging:
            yield Path(staging)


def _read_all_kept(job: PublishingJob, issuer: str, found: ChainLists) -> Kept:
    places = [
        PublishedList(issuer, number, purpose)
        for number, by_purpose in found.lists.items()
        for purpose in by_purpose
    ]
    return {place: read_kept(job.institution, job.folder, place) for place in places}


def _refuse_going_back(channel: Channel, block: Block, kept: Kept) -> None:
    """Refuse to replace a list by what the chain said before: it would take revocations back."""
    starts = [each.dates.valid_from for each in kept.values() if each and each.is_trusted]
    newest = max(starts, default=block.time)
    if newest > block.time:
        what = (
            f"it answers at block {block.number:,} of {render_moment(block.time)}, and lists of "
            f"{render_moment(newest)} are published"
        )
        raise EndpointBehindError(channel.chain.network.name, what)


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
    return planned | job.lists | frozenset(find_kept(job.institution, job.folder, name))


def _publish_all(
    job: PublishingJob, found: ChainLists, kept: Kept, now: datetime, staging: Path
) -> Iterator[ListResult]:
    fresh = _choose_dates(job, found.block, now)
    for place, before in kept.items():
        bits = found.lists[place.list][place.purpose]
        unchanged = None if before is None else _keep(job, place, bits, before.dates, now)
        yield unchanged or _publish(job, place, bits, fresh, staging)


def _choose_dates(job: PublishingJob, block: Block, now: datetime) -> Dates:
    """A list speaks from its block on: an auditor finds the block by ``validFrom``."""
    now = now.replace(microsecond=0)
    return Dates(min(block.time, now), now + job.valid_for, now)


def _keep(
    job: PublishingJob, place: PublishedList, bits: bytes, kept: Dates, now: datetime
) -> ListResult | None:
    """Return a list that says the same, for long enough, whose files are there to the byte."""
    if not _is_far(job, kept, now):
        return None
    if not all(_holds(job, path, data) for path, data in _sign(job, place, bits, kept)):
        return None
    return _describe(place, bits, kept, changed=False)


def _publish(
    job: PublishingJob, place: PublishedList, bits: bytes, fresh: Dates, staging: Path
) -> ListResult:
    files = _sign(job, place, bits, fresh)
    for path, _ in files:
        refuse_folder(path)
    for path, data in files:
        _write(job, path, data, staging)
    sync_folder(files[0][0].parent)
    return _describe(place, bits, fresh, changed=True)


def _is_far(job: PublishingJob, kept: Dates, now: datetime) -> bool:
    """Tell whether a list's end is neither near nor further than a new one's would be."""
    return job.valid_for / 2 < kept.valid_until - now <= job.valid_for


def _sign(
    job: PublishingJob, place: PublishedList, bits: bytes, dates: Dates
) -> Sequence[tuple[Path, bytes]]:
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


def _holds(job: PublishingJob, path: Path, data: bytes) -> bool:
    """Tell whether a file is there to the byte, and a web server may read it."""
    try:
        parts = path.relative_to(job.folder).parts
        held = read_published(job.folder, parts, len(data)).data == data
        return held and path.stat().st_mode & PUBLIC == PUBLIC
    except OSError:
        return False


def _write(job: PublishingJob, path: Path, data: bytes, staging: Path) -> None:
    if not _holds(job, path, data):
        _make_folders(job, path)
        publish_whole(path, data, staging)


def _make_folders(job: PublishingJob, path: Path) -> None:
    """Make what lies between; no reader of ours follows a link there, and it may lead anywhere."""
    for part in reversed(path.relative_to(job.folder).parents[:-1]):
        folder = job.folder / part
        make_public_folder(folder)
        if folder.is_symlink():
            raise OSError(ELOOP, "a link, and none is followed here", str(folder))


def _describe(place: PublishedList, bits: bytes, dates: Dates, *, changed: bool) -> ListResult:
    count = int.from_bytes(bits, "big").bit_count()
    return ListResult(place, dates.valid_until, count, changed)
