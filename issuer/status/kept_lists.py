"""What lies in a published folder already. A web server's files may be anybody's.

A list there counts only where this institution signed it; everything else is as good as absent and
is written anew.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from issuer.affairs.institution import Duty, HeldKey, Institution, Stage
from protocol.credentials.canonical import canonicalise, hash_leaf
from protocol.credentials.contexts import LIST_CONTEXTS
from protocol.credentials.published_lists import (
    PublishedList,
    parse_list_number,
    read_published,
)
from protocol.credentials.status_list import PURPOSES, ListForm
from protocol.credentials.strict_json import parse_object
from protocol.errors import ProtocolError
from protocol.proofs.data_integrity import (
    hash_options,
    parse_signature,
    signing_input,
    verify_ed25519,
)
from protocol.proofs.multikey import Ed25519Key, parse_multikey

_VALUE: Final = "proofValue"
_METHOD: Final = "verificationMethod"


@dataclass(frozen=True, slots=True)
class Dates:
    """When a list counts and when it was signed."""

    valid_from: datetime
    valid_until: datetime
    created: datetime


@dataclass(frozen=True, slots=True)
class KeptList:
    """A list that this institution signed once."""

    dates: Dates
    is_trusted: bool
    """False: its key is reported stolen, so that a thief may have chosen the dates."""


def find_kept(institution: Institution, folder: Path, issuer: str) -> Iterator[int]:
    """Yield the lists below a folder that this institution published there itself."""
    for number in sorted(_find_numbers(folder / issuer)):
        places = (PublishedList(issuer, number, purpose) for purpose in PURPOSES)
        if any(read_kept(institution, folder, place) for place in places):
            yield number


def read_kept(institution: Institution, folder: Path, place: PublishedList) -> KeptList | None:
    """Return a list in its standard form; None unless one of the institution's keys signed it."""
    try:
        data = read_published(folder, place.find_parts(ListForm.STANDARD)).data
        document = parse_object(data)
        proof = document.pop("proof")
        if not isinstance(proof, dict) or not _is_place(document, institution, place):
            return None
        key = _find_key(institution.keys, str(proof[_METHOD]).removeprefix(f"{institution.did}#"))
        if key is None or not _is_signed(document, proof, key):
            return None
        dates = _parse_dates((document["validFrom"], document["validUntil"], proof["created"]))
    except (OSError, ProtocolError, KeyError, ValueError, OverflowError):
        return None
    return KeptList(dates, key.stage is not Stage.COMPROMISED)


def _find_numbers(folder: Path) -> Iterator[int]:
    try:
        names = [path.name for path in folder.iterdir()]
    except (FileNotFoundError, NotADirectoryError):
        return
    for name in names:
        number = parse_list_number(name)
        if number is not None:
            yield number


def _is_place(document: dict[str, object], institution: Institution, place: PublishedList) -> bool:
    """Tell whether a document says that it belongs where it lies, at whatever address."""
    address = f"/{place.list}/{place.purpose}"
    return document["issuer"] == institution.did and str(document["id"]).endswith(address)


def _find_key(keys: Iterable[HeldKey], multikey: str) -> HeldKey | None:
    """Return a signing key, past ones too: a list outlives the change of keys."""
    return next(
        (key for key in keys if key.duty is Duty.SIGNING and key.multikey == multikey), None
    )


def _is_signed(document: dict[str, object], proof: dict[str, object], key: HeldKey) -> bool:
    public = parse_multikey(key.multikey)
    if not isinstance(public, Ed25519Key):
        return False
    options = {name: value for name, value in proof.items() if name != _VALUE}
    leaf = hash_leaf(canonicalise(document, LIST_CONTEXTS).nquads)
    message = signing_input(hash_options(options, LIST_CONTEXTS), leaf)
    return verify_ed25519(public.raw, parse_signature(str(proof[_VALUE])), message)


def _parse_dates(texts: Iterable[object]) -> Dates:
    """Return dates in UTC, which not every date with an offset can be said in."""
    moments = [datetime.fromisoformat(str(text)) for text in texts]
    if not all(each.tzinfo for each in moments):
        message = "a date without a time zone"
        raise ValueError(message)
    return Dates(*(each.astimezone(UTC) for each in moments))
