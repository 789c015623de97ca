"""Sorted lines of which constant text decides the order, as far as it can, once for all.

Lines are rendered for one credential, or for many at once from columns: for each slot the texts of
all of them, in their order.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from protocol.credentials.shapes.reasons import NotProvedError, Reason
from protocol.credentials.shapes.shape import pick_from
from protocol.credentials.shapes.statements import Line, join_pieces

Slots = Sequence[bytes]
"""What stands for each leaf, and for each blank node, in one credential."""
Column = Sequence[bytes]
"""What stands in one slot, or in one place of the canonical form, in many credentials."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Some lines in the order of their bytes: of one subject, or all about one blank node.

    Rendering raises `NotProvedError` where two are equal.
    """

    constant: bytes | None
    """Their text, if it is the same for all credentials."""
    render: Callable[[Slots], bytes]
    render_all: Callable[[Sequence[Column], int], Column]
    """Takes the columns of all slots, and for how many credentials they are."""


def compile_lines(lines: Sequence[Line], shared: Line = ()) -> Lines:
    """Return what renders these lines, which all begin with ``shared``: that decides nothing."""
    runs = [
        [join_pieces(iter((*shared, *line))) for line in run] for run in _part_by_certainty(lines)
    ]
    parts = [_compile(run) for run in _join_certain(runs)]
    return parts[0] if len(parts) == 1 else _join(parts)


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
            yield [join_pieces(piece for run in group for line in run for piece in line)]
        else:
            yield from group


def _read_start(line: Line) -> bytes:
    return line[0] if isinstance(line[0], bytes) else b""


def _join(parts: Sequence[Lines]) -> Lines:
    singly = [part.render for part in parts]
    at_once = [part.render_all for part in parts]
    return Lines(
        None,
        lambda slots: b"".join([render(slots) for render in singly]),
        lambda columns, count: [
            *map(b"".join, zip(*[render(columns, count) for render in at_once], strict=True))
        ],
    )


def _compile(run: Sequence[Line]) -> Lines:
    lines, different = [_compile_line(line) for line in run], len(set(run))
    if len(run) == 1:
        return lines[0]
    return _repeat(lines[0], len(run)) if different == 1 else _sort(lines, different)


def _repeat(line: Lines, times: int) -> Lines:
    """Render one line several times.

    Where a node is hashed, all others look alike: several objects of one predicate are one line.
    """
    return Lines(
        line.constant and line.constant * times,
        lambda slots: line.render(slots) * times,
        lambda columns, count: [text * times for text in line.render_all(columns, count)],
    )


def _sort(lines: Sequence[Lines], different: int) -> Lines:
    def join_sorted(texts: Sequence[bytes]) -> bytes:
        if len(set(texts)) < different:
            raise NotProvedError(Reason.EQUAL_STATEMENTS)
        return b"".join(sorted(texts))

    singly = [line.render for line in lines]
    at_once = [line.render_all for line in lines]
    return Lines(
        None,
        lambda slots: join_sorted([render(slots) for render in singly]),
        lambda columns, count: [
            *map(join_sorted, zip(*[render(columns, count) for render in at_once], strict=True))
        ],
    )


def _compile_line(line: Line) -> Lines:
    match line:
        case (bytes() as text,):
            return Lines(text, lambda _: text, lambda _, count: [text] * count)
    pattern = b"".join(
        b"%b" if isinstance(piece, int) else piece.replace(b"%", b"%%") for piece in line
    )
    slots = [piece for piece in line if isinstance(piece, int)]
    pick = pick_from(slots)
    return Lines(
        None,
        lambda texts: pattern % pick(texts),
        lambda columns, _: [pattern % row for row in zip(*pick(columns), strict=True)],
    )
