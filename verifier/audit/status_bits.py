"""The status chain beside storage: its bits add up to the words, its batches to the roots' records.

Each entry says which bits changed, so the exclusive or of a word's entries is the word. An entry
that sets what is set already, or clears what is clear, cannot have been written by the contract.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from protocol.chain import AnchorRecord
from protocol.registry.events import (
    BatchEndorsed,
    BatchRevoked,
    Event,
    StatusChange,
    StatusChanged,
)
from verifier.audit.chains import ChainKind, ChainName
from verifier.audit.comparison import Pairs, add_difference, compare
from verifier.audit.findings import Kind, Ledger
from verifier.audit.state import Anchor, State, Word

WORDS_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Bits:
    """What the entries of one word, newest first, have come to so far."""

    revoked: int = 0
    suspended: int = 0
    """Exclusive or of all changes."""
    next_suspends: int = 0
    """Bits whose next later change suspends."""
    next_reinstates: int = 0


class StatusBits:
    """Adds up status entries; to be shown them newest first."""

    def __init__(self, state: State, ledger: Ledger) -> None:
        """Compare with ``state`` at the end."""
        self._state = state
        self._ledger = ledger
        self._words: dict[Word, Bits] = {}
        self._revoked: dict[Anchor, tuple[BatchRevoked, datetime]] = {}
        self._endorsed: dict[Anchor, BatchEndorsed] = {}

    @property
    def revoked_batches(self) -> frozenset[Anchor]:
        """Return the batches that were revoked whole."""
        return frozenset(self._revoked)

    @property
    def endorsed_batches(self) -> frozenset[Anchor]:
        """Return the batches that another key vouched for."""
        return frozenset(self._endorsed)

    def see(self, event: Event, time: datetime) -> None:
        """Take an entry of a block with this time into account."""
        match event:
            case StatusChanged():
                word = Word(event.issuer_id, event.word)
                self._words[word] = self._add(self._words.get(word, Bits()), event)
            case BatchRevoked():
                self._revoked.setdefault(Anchor(event.issuer_id, event.root), (event, time))
            case BatchEndorsed():
                self._endorsed.setdefault(Anchor(event.issuer_id, event.root), event)
            case _:
                pass

    def compare_all(self, complete: frozenset[ChainName]) -> None:
        """Compare words and batches with storage; of chains with a gap only what is certain."""
        words = [
            word for word in self._words if ChainName(ChainKind.STATUS, word.issuer_id) in complete
        ]
        for at in range(0, len(words), WORDS_AT_ONCE):
            self._compare_words(words[at : at + WORDS_AT_ONCE])
        self._compare_batches()

    def _add(self, bits: Bits, event: StatusChanged) -> Bits:
        match event.change:
            case StatusChange.REVOKE:
                if bits.revoked & event.bits:
                    add_difference(self._ledger, event, "revokes what a later entry revokes again")
                return replace(bits, revoked=bits.revoked ^ event.bits)
            case StatusChange.SUSPEND:
                if bits.next_suspends & event.bits:
                    clause = "suspends what a later entry suspends without a reinstatement between"
                    add_difference(self._ledger, event, clause)
                return _move(bits, event.bits, suspends=True)
            case _:
                if bits.next_reinstates & event.bits:
                    clause = "reinstates what a later entry reinstates without a suspension between"
                    add_difference(self._ledger, event, clause)
                return _move(bits, event.bits, suspends=False)

    def _compare_words(self, words: list[Word]) -> None:
        stored = self._state.read_words(words)
        for word in words:
            bits, kept = self._words[word], stored.get(word)
            if kept is None:
                continue
            self._compare_word(word, "revoked", bits.revoked, kept.revoked)
            self._compare_word(word, "suspended", bits.suspended, kept.suspended)
            if bits.next_reinstates:
                sentence = (
                    f"Of word {word.number} of institution {word.issuer_id} the first change of "
                    f"some entries is a reinstatement ({bits.next_reinstates:#x})."
                )
                self._ledger.add(Kind.DIFFERENCE, sentence)

    def _compare_word(self, word: Word, what: str, said: int, stored: int) -> None:
        if said != stored:
            sentence = (
                f"Word {word.number} of the {what} bits of institution {word.issuer_id}: the "
                f"status chain adds up to {said:#x}, storage says {stored:#x}."
            )
            self._ledger.add(Kind.DIFFERENCE, sentence)

    def _compare_batches(self) -> None:
        records = self._state.read_anchors({**self._revoked, **self._endorsed})
        for anchor, (event, time) in self._revoked.items():
            self._compare_batch(event, anchor, records, time)
        for anchor, endorsement in self._endorsed.items():
            self._compare_batch(endorsement, anchor, records, None)

    def _compare_batch(
        self,
        event: BatchRevoked | BatchEndorsed,
        anchor: Anchor,
        records: dict[Anchor, AnchorRecord | None],
        time: datetime | None,
    ) -> None:
        if anchor not in records:
            return
        record = records[anchor]
        if record is None:
            clause = "is about a root that its institution never anchored, by storage"
            add_difference(self._ledger, event, clause)
            return
        pairs: Pairs = (
            {"the reason": (event.reason, record.reason), "the time": (time, record.revoked_at)}
            if isinstance(event, BatchRevoked)
            else {"the endorsing key": (event.key_index, record.endorsed_by)}
        )
        compare(self._ledger, event, pairs)


def _move(bits: Bits, changed: int, *, suspends: bool) -> Bits:
    """Return the sums with one earlier change of the suspension bits."""
    others_suspend, others_reinstate = (
        bits.next_suspends & ~changed,
        bits.next_reinstates & ~changed,
    )
    return replace(
        bits,
        suspended=bits.suspended ^ changed,
        next_suspends=others_suspend | (changed if suspends else 0),
        next_reinstates=others_reinstate | (0 if suspends else changed),
    )
