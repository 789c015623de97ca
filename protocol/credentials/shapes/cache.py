"""The templates that a process has learned: a bounded number, those least used go first."""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from protocol.credentials.shapes.shape import Shape
from protocol.credentials.shapes.template import Template

RECENT: Final = 4
"""Shapes tried before a document's signature is computed, which costs more than a trial."""
SIGHTS_PER_TEMPLATE: Final = 16
"""Signatures whose sights are counted for each template there is room for; numbers only."""
PATIENCE: Final = 16
"""Further sights of a shape that could not be learned before it is tried again."""


@dataclass(slots=True)
class Family:
    """The templates of one signature: they differ in pinned values, or in what is equal."""

    signature: int
    shape: Shape
    templates: list[Template] = field(default_factory=list)


class ShapeCache:
    """Holds at most ``capacity`` templates and decides when a shape is worth learning."""

    def __init__(self, capacity: int, learn_at_sight: int) -> None:
        """Start with nothing learned."""
        self._capacity = capacity
        self._learn_at_sight = learn_at_sight
        self._families: OrderedDict[int, Family] = OrderedDict()
        self._sights: OrderedDict[int, int] = OrderedDict()

    def __len__(self) -> int:
        """Return the number of templates."""
        return sum(len(family.templates) for family in self._families.values())

    def list_recent(self) -> Iterator[Family]:
        """Yield the families last used."""
        return islice(reversed(self._families.values()), RECENT)

    def find(self, signature: int) -> Family | None:
        """Return the family of a signature, if any of it is learned."""
        return self._families.get(signature)

    def note_use(self, family: Family) -> None:
        """Let a family go last."""
        self._families.move_to_end(family.signature)

    def note_sight(self, signature: int, *, many: bool = False) -> bool:
        """Count a document that no template suits; tell whether it is worth learning.

        It is if ``many`` follow, unless it is left alone, or if it was seen often enough. Each
        further template of a signature takes twice as many sights, so that documents made to differ
        buy little work.
        """
        sights = self._sights.pop(signature, 0) + 1
        family = self._families.get(signature)
        needed = self._learn_at_sight << (0 if family is None else len(family.templates))
        if sights >= needed or (many and sights > 0):
            return True
        self._sights[signature] = sights
        if len(self._sights) > self._capacity * SIGHTS_PER_TEMPLATE:
            self._sights.popitem(last=False)
        return False

    def is_unlearnable(self, signature: int) -> bool:
        """Tell whether a signature is left alone."""
        return self._sights.get(signature, 0) < 0

    def note_unlearnable(self, signature: int) -> None:
        """Leave a signature alone for a while."""
        self._sights[signature] = self._learn_at_sight - PATIENCE

    def add(self, signature: int, template: Template) -> None:
        """Keep a template, in place of the family least used if there is no room."""
        while self._families and len(self) >= self._capacity:
            _, oldest = self._families.popitem(last=False)
            if oldest.signature == signature and len(oldest.templates) > 1:
                oldest.templates.pop()
                self._families[signature] = oldest
        family = self._families.setdefault(signature, Family(signature, template.shape))
        family.templates.insert(0, template)
        self._families.move_to_end(signature)

    def drop(self, family: Family, template: Template) -> None:
        """Forget a template."""
        family.templates.remove(template)
        if not family.templates:
            del self._families[family.signature]
