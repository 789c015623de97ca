"""Learned shapes for a server: many threads, strangers' credentials, and no batch to stop."""

import threading
from collections.abc import Callable, Mapping

from protocol.credentials.canonical import Canonical
from protocol.credentials.shapes.canonicaliser import Canonicaliser, try_to_learn
from protocol.credentials.shapes.reasons import Reason
from protocol.errors import CanonicalisationDifferenceError


class SharedCanonicaliser:
    """Lends one canonicaliser to one thread at a time.

    Where a re-check finds other bytes, it asks JSON-LD proper for good, and for the credential at
    hand too: whoever waits for a report gets the right one.
    """

    def __init__(
        self, inner: Canonicaliser, tell: Callable[[CanonicalisationDifferenceError], None]
    ) -> None:
        """Take the canonicaliser, which nobody else uses, and who is told of a difference."""
        self._inner = inner
        self._tell = tell
        self._trusted = True
        self._under_way: set[int] = set()
        self._lock = threading.Lock()

    def canonicalise(self, document: Mapping[str, object]) -> Canonical:
        """Return the canonical form of a credential without ``proof``, if the guard passes it.

        Raises:
            GuardError: a rule refuses it.
            UnknownContextError: a context that no profile knows.
        """
        with self._lock:
            answer = self._try_shapes(document)
        if isinstance(answer, Canonical):
            return answer
        canonical = self._inner.slowly(document)
        with self._lock:
            signature = self._inner.note_sight(document, answer)
            if signature is None or signature in self._under_way:
                return canonical
            self._under_way.add(signature)
        self._learn(document, canonical, signature)
        return canonical

    def _learn(self, document: Mapping[str, object], canonical: Canonical, signature: int) -> None:
        """Learn what no other thread is learning, while they go on."""
        try:
            template = try_to_learn(document, canonical, self._inner.slowly)
            with self._lock:
                self._inner.keep(signature, template)
        finally:
            with self._lock:
                self._under_way.discard(signature)

    def _try_shapes(self, document: Mapping[str, object]) -> Canonical | Reason:
        if not self._trusted:
            self._inner.counts.slow[Reason.DISTRUSTED] += 1
            return Reason.DISTRUSTED
        try:
            return self._inner.try_shapes(document)
        except CanonicalisationDifferenceError as difference:
            self._trusted = False
            self._tell(difference)
            return Reason.DISTRUSTED
