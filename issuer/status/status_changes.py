"""Revoking, suspending and reinstating: one transaction for many credentials.

What is as it should be already is said and left out: the registry refuses a word in which nothing
changes. So the same command after a crash changes nothing twice.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, assert_never

from issuer.batches.desk import Desk
from issuer.errors import StatusInputError
from issuer.sending.channel import ask_patiently
from issuer.sending.operations import open_carrier, send_call
from issuer.status.status_targets import Target, Targets, find_issuer_id
from protocol.chain import Block, StatusWord, Transaction
from protocol.credentials.status_index import locate
from protocol.errors import TransactionRefusedError
from protocol.primitives import IssuerId, Root, render_hex
from protocol.registry.calldata import encode_call
from protocol.registry.events import BatchRevoked, StatusChanged

WORDS_PER_TRANSACTION: Final = 256
"""The registry takes no more in one call; each costs some 27,000 gas."""


class StatusAction(StrEnum):
    """What is done, by the registry's name for it."""

    REVOKE = "revoke"
    SUSPEND = "suspend"
    REINSTATE = "reinstate"


@dataclass(frozen=True, slots=True)
class Unchanged:
    """A credential that is left out, and why."""

    label: str
    why: str


@dataclass(frozen=True, slots=True)
class StatusPreview:
    """What a change would do now."""

    changing: tuple[Target, ...]
    unchanged: tuple[Unchanged, ...]
    whole_batch: Root | None
    """The batch that is revoked as a whole."""
    transactions: int


@dataclass(frozen=True, slots=True)
class StatusResult:
    """What a change did."""

    transactions: tuple[Transaction, ...]
    changed: tuple[Target, ...]
    unchanged: tuple[Unchanged, ...]
    whole_batch: Root | None


@dataclass(frozen=True, slots=True)
class _Call:
    """One transaction and the events that it must bring."""

    data: bytes
    words: Mapping[int, int]
    """For each word the bits that change."""
    batch: Root | None


@dataclass(frozen=True, slots=True)
class _Change:
    """Everything that is to be sent."""

    preview: StatusPreview
    calls: tuple[_Call, ...]


def preview_change(
    desk: Desk, action: StatusAction, targets: Targets, reason: int
) -> StatusPreview:
    """Return what a change would do, without sending anything.

    Raises:
        StatusInputError: a batch is to be suspended whose credentials this home does not know.
        ChainError: the chain cannot be asked.
    """
    return _plan(desk, action, targets, reason).preview


def change_status(desk: Desk, action: StatusAction, targets: Targets, reason: int) -> StatusResult:
    """Change the status of all that is not yet as wanted.

    ``reason`` is for those whose row gives none. Different reasons take a transaction each.

    Raises:
        StatusInputError: as `preview_change`.
        TransactionRefusedError: the registry refuses; nothing more is sent.
        ChainError: the chain is silent; the same command goes on.
    """
    with open_carrier(desk.channel, desk.signers.status) as carrier:
        change = _plan(desk, action, targets, reason)
        mined: list[Transaction] = []
        for number, call in enumerate(change.calls, start=1):
            mined.append(send_call(carrier, call.data))
            _check_events(call, mined[-1])
            desk.channel.progress.report("Changing status", number, len(change.calls))
    preview = change.preview
    return StatusResult(tuple(mined), preview.changing, preview.unchanged, preview.whole_batch)


def _plan(desk: Desk, action: StatusAction, targets: Targets, reason: int) -> _Change:
    issuer_id = find_issuer_id(desk)
    chain = desk.channel.chain
    latest = ask_patiently(desk.channel, chain.read_latest)
    if targets.batch is not None and action is StatusAction.REVOKE:
        return _plan_batch(desk, issuer_id, targets.batch, latest, reason)
    if targets.batch is not None and not targets.targets:
        raise StatusInputError(
            [
                f"this home does not know which credentials are in {render_hex(targets.batch)}; "
                "name its files or its manifest instead"
            ]
        )
    changing, unchanged = _sort(desk, action, issuer_id, targets.targets, latest)
    calls = tuple(_build_calls(action, changing, reason))
    return _Change(StatusPreview(changing, unchanged, None, len(calls)), calls)


def _plan_batch(desk: Desk, issuer_id: IssuerId, root: Root, latest: Block, reason: int) -> _Change:
    chain = desk.channel.chain
    record = ask_patiently(desk.channel, lambda: chain.read_anchor(issuer_id, root, latest))
    if record is None or record.revoked_at is not None:
        left = (Unchanged(render_hex(root), "the whole batch is revoked already"),)
        return _Change(StatusPreview((), left, None, 0), ())
    call = _Call(encode_call("revokeBatch", root, reason), {}, root)
    return _Change(StatusPreview((), (), root, 1), (call,))


def _sort(
    desk: Desk,
    action: StatusAction,
    issuer_id: IssuerId,
    targets: Sequence[Target],
    latest: Block,
) -> tuple[tuple[Target, ...], tuple[Unchanged, ...]]:
    """Part those that change from those that are as wanted."""
    words: dict[int, StatusWord] = {}
    changing: list[Target] = []
    unchanged: list[Unchanged] = []
    for number, target in enumerate(targets, start=1):
        word, mask = locate(target.list, target.index)
        if word not in words:
            words[word] = _read_word(desk, issuer_id, word, latest)
        why = _find_obstacle(action, words[word], mask)
        if why is None:
            changing.append(target)
        else:
            unchanged.append(Unchanged(target.label, why))
        desk.channel.progress.report("Reading the present status", number, len(targets))
    return tuple(changing), tuple(unchanged)


def _read_word(desk: Desk, issuer_id: IssuerId, word: int, latest: Block) -> StatusWord:
    chain = desk.channel.chain
    return ask_patiently(desk.channel, lambda: chain.read_status(issuer_id, word, latest))


def _find_obstacle(action: StatusAction, word: StatusWord, mask: int) -> str | None:
    """Say why nothing changes; None if something does."""
    revoked, suspended = bool(word.revoked & mask), bool(word.suspended & mask)
    match action:
        case StatusAction.REVOKE:
            return "it is revoked already" if revoked else None
        case StatusAction.SUSPEND:
            return "it is suspended already" if suspended else None
        case StatusAction.REINSTATE:
            if suspended:
                return None
            return "it is revoked, which nothing undoes" if revoked else "it is not suspended"
        case _:
            assert_never(action)


def _build_calls(action: StatusAction, changing: Sequence[Target], reason: int) -> Iterator[_Call]:
    """Yield a call for each reason, and one more for every so many words."""
    by_reason: dict[int, dict[int, int]] = {}
    for target in changing:
        word, mask = locate(target.list, target.index)
        own = reason if target.reason is None else target.reason
        words = by_reason.setdefault(own, {})
        words[word] = words.get(word, 0) | mask
    for own, words in sorted(by_reason.items()):
        numbers = sorted(words)
        for at in range(0, len(numbers), WORDS_PER_TRANSACTION):
            part = numbers[at : at + WORDS_PER_TRANSACTION]
            masks = [words[number] for number in part]
            data = encode_call(action.value, part, masks, own)
            yield _Call(data, dict(zip(part, masks, strict=True)), None)


def _check_events(call: _Call, mined: Transaction) -> None:
    """Believe a change only by the registry's events in the receipt (KO-11)."""
    seen = {event.word: event.bits for event in mined.events if isinstance(event, StatusChanged)}
    roots = {event.root for event in mined.events if isinstance(event, BatchRevoked)}
    if seen != call.words or (call.batch is not None and call.batch not in roots):
        raise TransactionRefusedError(
            f"transaction {render_hex(mined.hash)} was mined and did not do what it says"
        )
