"""Published status lists, in the form that a reader's ``Accept`` asks for. Nothing is signed here.

Four readers want three forms at one address (docs/interoperability.md): who names a JSON type gets
the standard form, who names nothing a JWT, and for ``*/*`` the issuer's setting decides. Whoever
asks is not noted: a list is public, and every site's pages may read it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from errno import errorcode
from hashlib import sha256
from pathlib import Path
from typing import Final

from flask import Blueprint, Response, request
from werkzeug.datastructures import MIMEAccept
from werkzeug.exceptions import HTTPException, NotFound

from protocol.credentials.published_lists import (
    PublishedList,
    StatusFor,
    is_published,
    parse_published_list,
    read_published,
    read_status_for,
)
from protocol.credentials.status_list import ListForm
from protocol.errors import StatusListError
from verifier.web.errors import NoSuchFormError
from verifier.web.logs import log_event
from verifier.web.service import find_service

status_lists: Final = Blueprint("status_lists", __name__)
JSON_TYPE: Final = "application/json"
JWT_TYPE: Final = "application/vc+jwt"
OFFERED: Final = {
    JSON_TYPE: ListForm.STANDARD,
    "application/vc": ListForm.STANDARD,
    "application/ld+json": ListForm.STANDARD,
    JWT_TYPE: ListForm.JWT,
}
"""In our order of preference, for readers with a wildcard."""
ANYTHING: Final = "*/*"
NAMES: Final = {
    ListForm.STANDARD: "in the standard form",
    ListForm.JWT: "as a JWT",
    ListForm.BLOCKCERTS: "in the form for Blockcerts' verifier",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a request comes to."""

    folder: Path
    place: PublishedList
    form: ListForm
    media_type: str


@status_lists.get("/status/<issuer>/<list>/<purpose>", merge_slashes=False)
def show(issuer: str, purpose: str, **parts: str) -> Response:
    """Return a published list as it lies in the folder."""
    wanted = _find_wanted(issuer, parts["list"], purpose)
    try:
        file = read_published(wanted.folder, wanted.place.find_parts(wanted.form))
    except OSError as error:
        if not isinstance(error, FileNotFoundError):
            # The operator's to mend; for a reader there is no such list.
            log_event("status_list_unreadable", {"error": errorcode.get(error.errno or 0, "?")})
        raise _explain_absence(wanted) from error
    response = Response(file.data, mimetype=wanted.media_type)
    # Equal bytes under two media types are two answers.
    response.set_etag(sha256(wanted.media_type.encode("ascii") + file.data).hexdigest()[:32])
    response.last_modified = datetime.fromtimestamp(file.written, UTC)
    response.make_conditional(request)
    return response


def _find_wanted(issuer: str, number: str, purpose: str) -> Wanted:
    folder = find_service().config.status_folder
    place = parse_published_list(issuer, number, purpose)
    if folder is None or place is None:
        raise NotFound
    form, media_type = _negotiate(folder, place.issuer)
    return Wanted(folder, place, form, media_type)


def _negotiate(folder: Path, issuer: str) -> tuple[ListForm, str]:
    accept = request.headers.get("Accept", "").strip()
    if not accept:
        return ListForm.JWT, JWT_TYPE
    if accept == ANYTHING:
        return _choose_for_anything(folder, issuer), JSON_TYPE
    # A parameter such as a profile narrows nothing here.
    plain = [(each.partition(";")[0].strip(), quality) for each, quality in _list_accepted()]
    media_type = MIMEAccept(plain).best_match(OFFERED)
    if media_type is None:
        raise NoSuchFormError(f"A list can be had as {', '.join(OFFERED)}.")
    return OFFERED[media_type], media_type


def _list_accepted() -> Iterator[tuple[str, float]]:
    yield from request.accept_mimetypes


def _choose_for_anything(folder: Path, issuer: str) -> ListForm:
    try:
        status_for = read_status_for(folder, issuer)
    except StatusListError:
        # The operator's to mend; the standard's readers are answered meanwhile.
        log_event("status_settings_unreadable", {})
        return ListForm.STANDARD
    return ListForm.BLOCKCERTS if status_for is StatusFor.BLOCKCERTS else ListForm.STANDARD


def _explain_absence(wanted: Wanted) -> HTTPException:
    """Tell a list that is not here from one that is here in other forms."""
    others = [
        NAMES[form]
        for form in ListForm
        if is_published(wanted.folder, wanted.place.find_parts(form))
    ]
    if not others:
        return NotFound()
    here = " and ".join(others)
    return NoSuchFormError(f"This list is published {here}, but not {NAMES[wanted.form]}.")
