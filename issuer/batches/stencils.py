"""Stencils: the credentials of one form and one batch, with places for what is a learner's own.

Of a credential that is drafted from a roster, nine tenths are the batch's and not the learner's. A
stencil has them as constant text, in the JSON that is written and in the canonical form that is
hashed, and knows what the schema asks of each text that is put in. It is learned from one
credential that went the long way, with marks in place of the texts, and says only yes: whatever it
cannot vouch for goes the long way too, and so does one in a thousand besides, to be compared.
"""

import re
import secrets
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from json.encoder import encode_basestring
from typing import Final

from issuer.batches.lines import render_line
from issuer.inputs.draft import Draft, Form, Frame, arrange_credential
from protocol.credentials.schema_leaves import Followed, TextRules, follow_schema
from protocol.credentials.shapes import Canonicaliser, Folded

STENCILS: Final = 1_024
"""Stencils of one worker: forms of a batch differ in which columns are filled, and in level. The
oldest makes room."""


class Stencil:
    """What the credentials of one form and one batch have in common."""

    def __init__(
        self, pieces: Sequence[bytes], order: Sequence[int], folded: Folded, rules: TextRules
    ) -> None:
        """Take JSON with gaps, the number of the text for each gap, canonical form and rules."""
        self.folded: Final = folded
        self.rules: Final = rules
        self._pattern: Final = b"%b".join(piece.replace(b"%", b"%%") for piece in pieces)
        self._order: Final = tuple(order)

    def write(self, rows: Sequence[tuple[str, ...]]) -> list[bytes]:
        """Return the credentials with these texts, each as one line of JSON."""
        columns = [*zip(*rows, strict=True)]
        quoted = [_quote(columns[number]) for number in self._order]
        return [self._pattern % row for row in zip(*quoted, strict=True)]


def _quote(column: Sequence[str]) -> list[bytes]:
    return [*map(str.encode, map(encode_basestring, column))]


@dataclass(frozen=True, slots=True)
class Mould:
    """A credential of one form and one batch with marks in place of its texts."""

    frame: Frame
    form: Form
    marks: tuple[str, ...]
    marked: Mapping[str, object]
    pieces: tuple[bytes, ...]
    """The constant text of its JSON, between the marks."""
    order: tuple[int, ...]
    """The number of the mark in each gap."""


def make_mould(frame: Frame, form: Form, size: int) -> Mould | None:
    """Return the mould of a form that has ``size`` texts; None if a mark was in them before."""
    stem = secrets.token_hex(16)
    marks = tuple(f"{stem}-{number}" for number in range(size))
    marked = arrange_credential(frame, Draft(form, marks))
    found = re.split(rf'"{stem}-([0-9]+)"', render_line(marked).decode())
    pieces, order = tuple(each.encode() for each in found[0::2]), tuple(map(int, found[1::2]))
    if sorted(order) != [*range(size)] or any(stem.encode() in each for each in pieces):
        return None
    return Mould(frame, form, marks, marked, pieces, order)


def learn_stencil(mould: Mould, draft: Draft, canonicaliser: Canonicaliser) -> Stencil | None:
    """Return the stencil of a credential that was canonicalised before; None if nothing is proved.

    It is kept for all whose constants are the same.
    """
    document = arrange_credential(mould.frame, draft)
    followed = [*map(Followed, draft.texts)]
    traced = arrange_credential(mould.frame, Draft(draft.form, tuple(followed)))
    rules = follow_schema(traced, followed)
    folded = canonicaliser.fold(document, mould.marked, mould.marks)
    if folded is None or rules is None:
        return None
    stencil = Stencil(mould.pieces, mould.order, folded, rules)
    if stencil.write([draft.texts]) != [render_line(document)]:
        return None
    known = find_stencils()
    if len(known) >= STENCILS:
        del known[next(iter(known))]
    known[mould.pieces] = stencil
    return stencil


class _Own(threading.local):
    """What each thread has for itself, as its canonicaliser."""

    def __init__(self) -> None:
        self.stencils: dict[tuple[bytes, ...], Stencil] = {}


_OWN: Final = _Own()


def find_stencils() -> dict[tuple[bytes, ...], Stencil]:
    """Return this thread's stencils by their constant text: what one range learned serves all."""
    return _OWN.stencils
