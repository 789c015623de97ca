"""Canonicalise by learned shapes where that is proved right, by JSON-LD proper where it is not.

A template only ever says yes: a credential for which any condition is not met, also one that the
guard refuses, goes to `canonical.canonicalise`, which gives the answer or refuses with its rule.
"""

import secrets
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from protocol.credentials.canonical import Canonical, Canonicalise, canonicalise
from protocol.credentials.shapes.cache import Family, ShapeCache
from protocol.credentials.shapes.folding import Folded, find_positions, fold
from protocol.credentials.shapes.learning import UnlearnableError, learn
from protocol.credentials.shapes.reasons import NotProvedError, Reason
from protocol.credentials.shapes.shape import Flat, sign
from protocol.credentials.shapes.template import Template
from protocol.errors import CanonicalisationDifferenceError, ProtocolError

CAPACITY: Final = 64
RECHECK_EVERY: Final = 1_000


@dataclass(slots=True)
class Counts:
    """What became of the credentials so far."""

    fast: int = 0
    slow: Counter[Reason] = field(default_factory=Counter)
    """By JSON-LD proper, those refused included, by what could not be proved."""
    learned: int = 0
    rechecked: int = 0


class Canonicaliser:
    """Has learned some shapes. For one thread; each process or worker has its own."""

    def __init__(
        self,
        *,
        capacity: int = CAPACITY,
        learn_at_sight: int = 1,
        recheck_every: int = RECHECK_EVERY,
        slowly: Canonicalise = canonicalise,
    ) -> None:
        """Hold at most ``capacity`` templates, each learned when a shape is seen so many times.

        One credential in ``recheck_every`` is canonicalised both ways, besides the first of each
        template; which ones, nobody outside can know. ``slowly`` is what is learned from, and what
        answers wherever nothing is proved.
        """
        self.counts: Final = Counts()
        self.slowly: Final = slowly
        self._cache = ShapeCache(capacity, learn_at_sight)
        self._recheck_every = recheck_every
        self._until_recheck = self._draw_distance()

    def canonicalise(self, document: Mapping[str, object], *, many: bool = False) -> Canonical:
        """Return the canonical form of a credential without ``proof``, if the guard passes it.

        Where ``many`` of its shape follow, that is learned at once, however seldom it was seen.

        Raises:
            GuardError: a rule refuses it.
            UnknownContextError: a context that no profile knows.
            CanonicalisationDifferenceError: a re-check found other bytes.
        """
        answer = self.try_shapes(document)
        if isinstance(answer, Canonical):
            return answer
        canonical = self.slowly(document)
        signature = self.note_sight(document, answer, many=many)
        if signature is not None:
            self.keep(signature, try_to_learn(document, canonical, self.slowly))
        return canonical

    def try_shapes(self, document: Mapping[str, object]) -> Canonical | Reason:
        """Return the canonical form by what is learned, or why nothing can be said.

        Raises:
            CanonicalisationDifferenceError: a re-check found other bytes.
        """
        try:
            family, template, flat = self._find(document)
            nquads = template.fill(flat)
        except NotProvedError as left:
            self.counts.slow[left.reason] += 1
            return left.reason
        try:
            self._count(nquads, template, lambda: document)
        except CanonicalisationDifferenceError:
            self._cache.drop(family, template)
            raise
        return Canonical(nquads)

    def fold(
        self, document: Mapping[str, object], marked: Mapping[str, object], marks: Sequence[str]
    ) -> Folded | None:
        """Return what fills in a document's texts where ``marked`` has marks, if that is proved.

        ``document`` was canonicalised before; ``marked`` is the same but for its marks.
        """
        try:
            _, template, flat = self._find(document)
            other = template.shape.flatten(marked)
            if other is None:
                return None
            return fold(template, flat, find_positions(template.shape, flat, other, marks))
        except (NotProvedError, UnlearnableError):
            return None

    def fill(
        self,
        folded: Folded,
        rows: Sequence[tuple[str, ...]],
        draft: Callable[[int], Mapping[str, object]],
    ) -> list[bytes | None]:
        """Return the canonical form of each credential by its texts; None if nothing is proved.

        Whoever gets None takes the credential to `canonicalise`, which counts it. ``draft`` makes
        the credential of a row, where it is to be re-checked.

        Raises:
            CanonicalisationDifferenceError: a re-check found other bytes.
        """
        filled = folded.fill(rows)
        for row, nquads in enumerate(filled):
            if nquads is not None:
                self._count(nquads, folded.template, partial(draft, row))
        return filled

    def note_sight(
        self, document: Mapping[str, object], reason: Reason, *, many: bool = False
    ) -> int | None:
        """Count a credential that no template suits; return its signature if it is to be learned.

        Whoever gets one learns by `try_to_learn`, which takes its time, and lets it `keep` that.
        """
        signature = sign(document) if reason in (Reason.NEW_SHAPE, Reason.UNLEARNABLE) else None
        if signature is None:
            return None
        known = self._cache.find(signature)
        if known is not None and _match(known, document) is not None:
            return None  # learned by another thread, since this one looked
        return signature if self._cache.note_sight(signature, many=many) else None

    def keep(self, signature: int, template: Template | None) -> None:
        """Keep what was learned, or that nothing could be."""
        if template is None:
            self._cache.note_unlearnable(signature)
            return
        self._cache.add(signature, template)
        self.counts.learned += 1

    def _find(self, document: Mapping[str, object]) -> tuple[Family, Template, Flat]:
        for family in self._cache.list_recent():
            found = _match(family, document)
            if found is not None:
                return family, *found
        signature = sign(document)
        if signature is None:
            raise NotProvedError(Reason.TOO_LARGE)
        known = self._cache.find(signature)
        found = None if known is None else _match(known, document)
        if known is None or found is None:
            left_alone = self._cache.is_unlearnable(signature)
            raise NotProvedError(Reason.UNLEARNABLE if left_alone else Reason.NEW_SHAPE)
        self._cache.note_use(known)
        return known, *found

    def _count(
        self, nquads: bytes, template: Template, draft: Callable[[], Mapping[str, object]]
    ) -> None:
        """Count a credential that was filled in, and re-check it if it is its turn."""
        self.counts.fast += 1
        self._until_recheck -= 1
        if self._until_recheck <= 0 or not template.tried:
            self._until_recheck = self._draw_distance()
            self.counts.rechecked += 1
            self._recheck(nquads, draft())
            template.tried = True

    def _recheck(self, nquads: bytes, document: Mapping[str, object]) -> None:
        try:
            expected = self.slowly(document).nquads
        except ProtocolError as error:
            raise CanonicalisationDifferenceError(str(document.get("id"))) from error
        if nquads != expected:
            raise CanonicalisationDifferenceError(str(document.get("id")))

    def _draw_distance(self) -> int:
        """Return how many credentials from now one is re-checked: on average as many as asked."""
        return 1 + secrets.randbelow(2 * self._recheck_every - 1)


def try_to_learn(
    document: Mapping[str, object], canonical: Canonical, slowly: Canonicalise = canonicalise
) -> Template | None:
    """Return the template of a credential whose canonical form is known; None if not proved."""
    try:
        return learn(document, canonical.nquads, slowly)
    except UnlearnableError:
        return None


def _match(family: Family, document: Mapping[str, object]) -> tuple[Template, Flat] | None:
    flat = family.shape.flatten(document)
    if flat is None:
        return None
    for template in family.templates:
        if template.conditions.hold(flat):
            return template, flat
    return None
