"""Learners that lie in a spool: one line of JSON each, read a range at a time.

A part of them is pickled as a path and byte offsets: a worker process reads its own rows.
"""

import json
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, overload
from zoneinfo import ZoneInfo

from issuer.batches.ranges import RANGE_SIZE
from issuer.inputs.learner import EvidenceItem, Learner
from issuer.inputs.rubric import Level
from protocol.primitives import Digest


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the lines of a spool do not say, because it is the same for all."""

    levels: tuple[Level, ...]
    time_zone: ZoneInfo
    """In which awards are made."""


class SpooledLearners(Sequence[Learner]):
    """Some learners of a spool, in their order; the last range that was read is kept."""

    __slots__ = ("_around", "_chosen", "_loaded", "_offsets", "_path")

    def __init__(
        self, path: Path, offsets: "array[int]", chosen: range, around: Surroundings
    ) -> None:
        """Take where each range begins, and the last one ends; ``chosen`` counts from the first."""
        self._path = path
        self._offsets = offsets
        self._chosen = chosen
        self._around = around
        self._loaded: tuple[int, list[Learner]] = (-1, [])

    def __len__(self) -> int:
        return len(self._chosen)

    @overload
    def __getitem__(self, position: int) -> Learner: ...
    @overload
    def __getitem__(self, position: slice) -> Sequence[Learner]: ...
    def __getitem__(self, position: int | slice) -> Learner | Sequence[Learner]:
        if isinstance(position, slice):
            return self._take(range(len(self))[position])
        number, place = divmod(self._chosen[position], RANGE_SIZE)
        if self._loaded[0] != number:
            self._loaded = (number, self._load(number))
        return self._loaded[1][place]

    def __reduce__(self) -> tuple[object, ...]:
        return SpooledLearners, (self._path, self._offsets, self._chosen, self._around)

    def _take(self, positions: range) -> Sequence[Learner]:
        if positions.step != 1 or not positions:
            return tuple(map(self.__getitem__, positions))
        chosen = self._chosen[positions.start : positions.stop]
        first = chosen.start // RANGE_SIZE
        offsets = self._offsets[first : (chosen.stop - 1) // RANGE_SIZE + 2]
        start = chosen.start - first * RANGE_SIZE
        return SpooledLearners(self._path, offsets, range(start, start + len(chosen)), self._around)

    def _load(self, number: int) -> list[Learner]:
        begin, end = self._offsets[number : number + 2]
        with self._path.open("rb") as file:
            file.seek(begin)
            lines = file.read(end - begin).splitlines()
        rows = json.loads(b"[" + b",".join(lines) + b"]")
        return [_parse_row(row, self._around) for row in rows]


def render_line(learner: Learner, content: bytes, around: Surroundings) -> bytes:
    """Return a learner as a line: the row, the number of the level, and the content as hashed."""
    level = "null" if learner.level is None else around.levels.index(learner.level)
    return b"[%d,%b,%b]\n" % (learner.row, str(level).encode("ascii"), content)


def _parse_row(line: list[Any], around: Surroundings) -> Learner:
    row, level, content = line
    name, email, student_id, did, awarded_at, valid_until, _, narrative, language, items = content
    return Learner(
        row=row,
        name=name,
        email=email,
        student_id=student_id,
        did=did,
        awarded_at=awarded_at and _parse_award(awarded_at, around.time_zone),
        valid_until=valid_until and datetime.fromisoformat(valid_until),
        level=None if level is None else around.levels[level],
        narrative=narrative,
        language=language,
        evidence=tuple(
            EvidenceItem(url, digest and Digest(bytes.fromhex(digest)), item_name, genre)
            for url, digest, item_name, genre in items
        ),
    )


def _parse_award(text: str, time_zone: ZoneInfo) -> datetime:
    """Return a moment of the institution's zone; where clocks skip an hour its offset is unsure."""
    return datetime.fromisoformat(text).replace(tzinfo=time_zone)
