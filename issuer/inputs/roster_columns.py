"""The columns of a roster, and what is wrong with a header."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from issuer.inputs.cells import CellError, parse_line

IDENTIFYING: Final = ("email", "student_id", "did")
PLAIN: Final = (
    "name",
    *IDENTIFYING,
    "awarded_on",
    "valid_until",
    "result",
    "narrative",
    "language",
)
EVIDENCE: Final = ("evidence_url", "evidence_file", "evidence_name", "evidence_genre")
KNOWN: Final = (*PLAIN, *EVIDENCE)
_EVIDENCE_COLUMN: Final = re.compile(
    r"(evidence_(?:url|file|name|genre))((?:_(?:[2-9]|[1-9][0-9]))?)\Z"
)


@dataclass(frozen=True, slots=True)
class EvidenceColumns:
    """The headings that describe one piece of evidence; a roster may lack some of them."""

    url: str
    file: str
    name: str
    genre: str


@dataclass(frozen=True, slots=True)
class Header:
    """A good header: its columns in order (empty for one without heading), its evidence groups."""

    columns: tuple[str, ...]
    evidence: tuple[EvidenceColumns, ...]
    """First the group without number, then ``_2``, ``_3`` …"""


@dataclass(frozen=True, slots=True)
class HeaderFault:
    """A column of the header that cannot be used."""

    column: str | None
    reason: str
    remedy: str


def find_header_faults(columns: Sequence[str]) -> Iterator[HeaderFault]:
    """Yield everything that is wrong with a header whose cells are trimmed."""
    if len(columns) == 1 and any(sign in columns[0] for sign in ";\t|"):
        yield HeaderFault(
            None, "its cells are not separated by commas", "save it as “CSV UTF-8 (comma)”"
        )
        return
    for column, count in Counter(columns).items():
        if column and not is_known(column):
            yield _describe_unknown(column)
        if column and count > 1:
            yield HeaderFault(column, f"is there {count} times", "keep one of these columns")
    if "name" not in columns:
        yield HeaderFault("name", "this column is missing", "add it: the learner's name")
    if not any(column in columns for column in IDENTIFYING):
        reason = "there is no column email, student_id or did"
        yield HeaderFault(None, reason, "add at least one, so that a learner can be recognised")


def read_header(columns: Sequence[str]) -> Header:
    """Return the header of columns without faults."""
    suffixes = {match[2] for column in columns if (match := _EVIDENCE_COLUMN.match(column))}
    ordered = sorted(suffixes, key=lambda suffix: int(suffix[1:] or 1))
    groups = (EvidenceColumns(*(name + suffix for name in EVIDENCE)) for suffix in ordered)
    return Header(tuple(columns), tuple(groups))


def is_known(column: str) -> bool:
    """Tell whether a roster may have this column."""
    return column in PLAIN or _EVIDENCE_COLUMN.match(column) is not None


def clean_heading(raw: str) -> str:
    """Return a heading trimmed; one with unusable characters comes back as it is."""
    try:
        return parse_line(raw)
    except CellError:
        return raw


def _describe_unknown(column: str) -> HeaderFault:
    near = get_close_matches(re.sub(r"[\W]+", "_", column.casefold()).strip("_"), KNOWN, n=1)
    hint = f"did you mean {near[0]}? Otherwise remove it" if near else "remove it"
    return HeaderFault(column, "is no column of a roster", f"{hint}; known are {', '.join(KNOWN)}")
