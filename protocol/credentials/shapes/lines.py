"""Sorted lines of which constant text decides the order, as far as it can, once for all.

Everything here works on columns: for each slot the texts of many credentials, in their order.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from protocol.credentials.shapes.reasons import NotProvedError, Reason
from protocol.credentials.shapes.statements import Line, join_pieces

Column = Sequence[bytes]
"""What stands in one slot, or in one place of the canonical form, in each credential at hand."""
Renderer = Callable[[Sequence[Column]], Column]
"""Takes the columns of all slots."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Some lines of one subject, or all about one blank node."""

    constant: bytes | None
    """Their text, if it is the same for all credentials."""
    render: Renderer
    """Returns them in the order of their bytes; raises `NotProvedError` where two are equal."""


def compile_lines(lines: Sequence[Line], shared: Line = ()) -> Lines:
    """Return what renders these lines, which all begin with ``shared``: that decides nothing."""
    runs = [[(*shared, *line) for line in run] for run in _part_by_certainty(lines)]
    joined = [*_join_certain(runs)]
    if len(joined) == 1 and len(joined[0]) == 1:
        (line,) = joined[0]
        match line:
            case (bytes() as constant,):
                return Lines(constant, _refuse)
    renderers = [_compile(run) for run in joined]
    return Lines(None, renderers[0] if len(renderers) == 1 else _join(renderers))


def _refuse(_: Sequence[Column]) -> Column:
    message = "a constant is not rendered"
    raise ValueError(message)


def _join(renderers: Sequence[Renderer]) -> Renderer:
    return lambda columns: [
        *map(b"".join, zip(*[render(columns) for render in renderers], strict=True))
    ]


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


def _compile(run: Sequence[Line]) -> Renderer:
    different = len(set(run))
    renderers = [_compile_line(line) for line in run]
    if different == 1:
        # Where a node is hashed, all others look alike: several objects of one predicate.
        count, render = len(run), renderers[0]
        return render if count == 1 else lambda columns: [each * count for each in render(columns)]

    def render_sorted(columns: Sequence[Column]) -> Column:
        rows = [*map(sorted, zip(*[render(columns) for render in renderers], strict=True))]
        if any(len(set(row)) < different for row in rows):
            raise NotProvedError(Reason.EQUAL_STATEMENTS)
        return [*map(b"".join, rows)]

    return render_sorted


def _compile_line(line: Line) -> Renderer:
    match line:
        case (bytes() as constant,):
            return lambda columns: [constant] * len(columns[0])
    pattern = b"".join(
        b"%b" if isinstance(piece, int) else piece.replace(b"%", b"%%") for piece in line
    )
    slots = [piece for piece in line if isinstance(piece, int)]
    return lambda columns: [
        pattern % row for row in zip(*[columns[slot] for slot in slots], strict=True)
    ]
