"""Sorted lines of which constant text decides the order, as far as it can, once for all."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from protocol.credentials.shapes.reasons import NotProvedError, Reason
from protocol.credentials.shapes.shape import pick_from
from protocol.credentials.shapes.statements import Line

Slots = list[bytes]
"""What stands for each leaf, and for each blank node, in the credential at hand."""
Renderer = Callable[[Slots], bytes]


@dataclass(frozen=True, slots=True)
class Lines:
    """Some lines of one subject, or all about one blank node."""

    slots: frozenset[int]
    """Those that stand in them."""
    render: Renderer
    """Returns them in the order of their bytes; raises `NotProvedError` where two are equal."""


def compile_lines(lines: Sequence[Line], shared: Line = ()) -> Lines:
    """Return what renders these lines, which all begin with ``shared``: that decides nothing."""
    runs = [[(*shared, *line) for line in run] for run in _part_by_certainty(lines)]
    renderers = [_compile(run) for run in _join_certain(runs)]
    slots = {piece for run in runs for line in run for piece in line if isinstance(piece, int)}
    if len(renderers) == 1:
        return Lines(frozenset(slots), renderers[0])
    return Lines(frozenset(slots), lambda texts: b"".join([render(texts) for render in renderers]))


def _part_by_certainty(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """Yield runs whose order among each other is certain; that within a run of several is not.

    Two lines are certain to differ, and in which way, unless what one has before its first slot is
    the beginning of the other.
    """
    run: list[Line] = []
    for line in sorted(lines, key=_read_start):
        if run and not _read_start(line).startswith(_read_start(run[0])):
            yield run
            run = []
        run.append(line)
    if run:
        yield run


def _join_certain(runs: Sequence[list[Line]]) -> Iterator[list[Line]]:
    """Yield the runs, those of one line that follow each other as one line."""
    for single, group in groupby(runs, key=lambda run: len(run) == 1):
        if single:
            yield [tuple(piece for run in group for line in run for piece in line)]
        else:
            yield from group


def _read_start(line: Line) -> bytes:
    return line[0] if isinstance(line[0], bytes) else b""


def _compile(run: Sequence[Line]) -> Renderer:
    if len(run) == 1:
        return _compile_line(run[0])
    renderers = [_compile_line(line) for line in run]
    # Where a node is hashed, all others look alike: several objects of one predicate are one line.
    different = len(set(run))

    def render_sorted(slots: Slots) -> bytes:
        lines = [render(slots) for render in renderers]
        if len(set(lines)) < different:
            raise NotProvedError(Reason.EQUAL_STATEMENTS)
        return b"".join(sorted(lines))

    return render_sorted


def _compile_line(line: Line) -> Renderer:
    pattern = b"".join(
        b"%b" if isinstance(piece, int) else piece.replace(b"%", b"%%") for piece in line
    )
    pick = pick_from([piece for piece in line if isinstance(piece, int)])
    return lambda slots: pattern % pick(slots)
