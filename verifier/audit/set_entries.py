"""Which entries of a status list are revoked or suspended, by storage."""

from collections.abc import Iterator
from dataclasses import dataclass

from protocol.credentials.status_index import locate
from protocol.primitives import IssuerId
from verifier.audit.state import State, Word


@dataclass(frozen=True, slots=True)
class SetEntry:
    """One entry that is revoked, suspended, or both."""

    index: int
    revoked: bool
    suspended: bool


def list_set_entries(
    state: State, issuer_id: IssuerId, number: int, indices: range
) -> Iterator[SetEntry]:
    """Yield what is set of some indices of one list; what cannot be read is the state's to report.

    A word is read once, and nothing is kept for an entry: a list has 131,072.
    """
    if not indices:
        return
    (first, _), (last, _) = locate(number, indices[0]), locate(number, indices[-1])
    bits = state.read_words(Word(issuer_id, each) for each in range(first, last + 1))
    for index in indices:
        place, mask = locate(number, index)
        word = bits.get(Word(issuer_id, place))
        if word is not None and (word.revoked | word.suspended) & mask:
            yield SetEntry(index, bool(word.revoked & mask), bool(word.suspended & mask))
