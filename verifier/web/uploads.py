"""From a request to reports: the one way in for pages and programs.

A credential comes as a JSON body, as form files (field ``file``) or pasted (field ``text``). It is
held in memory for the length of the request, and its file's name is a label, never a path.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from flask import Request, request
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

from protocol.errors import NotACredentialError
from verifier.report import Report
from verifier.verify import Question, verify
from verifier.web.errors import BadFieldError, NothingSentError, SeveralFilesError
from verifier.web.metrics import Refusal
from verifier.web.moments import parse_moment
from verifier.web.service import Service, find_service
from verifier.web.watched_node import limit_questions

FILE: Final = "file"
TEXT: Final = "text"
AT: Final = "at"
RECIPIENT: Final = "recipient"
TEXTS: Final = (TEXT, AT, RECIPIENT)
"""Fields that are text and stand once; none of them may come as a file, nor a file as text."""
FIELDS: Final = (FILE, *TEXTS)
"""Every field of a form that means something here."""
JSON_TYPES: Final = (
    "application/json",
    "application/ld+json",
    "application/vc",
)
UNTYPED: Final = "application/x-www-form-urlencoded"
"""What curl and others call a body of which nobody said what it is."""
FORM_TYPES: Final = ("multipart/form-data", UNTYPED)
BODY_SOURCE: Final = "body"
SOURCE_CHARACTERS: Final = 120
_UNSHOWABLE: Final = re.compile("[^\\w .()+,@#&'=~-]")
"""Anything in a file name but letters, digits and a few marks: no line breaks, no overrides."""


@dataclass(frozen=True, slots=True)
class Submission:
    """One credential as it came."""

    source: str
    """A label: the file's name without folders and odd characters."""
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one submission: a report, or why there is none."""

    submission: Submission
    result: Report | NotACredentialError


def verify_uploads() -> tuple[Answer, ...]:
    """Verify every credential of the current request, in the order given.

    Raises:
        NotACredentialError: there is none.
        FutureMomentError: the moment asked about has not come.
        werkzeug.exceptions.HTTPException: 400 odd moment, 413, 415, 429 or 503.
    """
    service = find_service()
    _refuse_what_would_be_passed_over(request)
    submissions = _read_submissions(request, service)
    at = parse_moment(request.form.get(AT))
    recipient = request.form.get(RECIPIENT, "").strip() or None
    service.limiter.charge(request.remote_addr or "", len(submissions))
    with service.gate.enter(), limit_questions(service.config.limits.request_seconds):
        return tuple(_verify(each, at, recipient, service) for each in submissions)


def verify_upload() -> Answer:
    """Verify the one credential of the current request; for its page.

    Raises:
        NotACredentialError: it is none.
        SeveralFilesError: there are several, and a page could show one verdict only.
        FutureMomentError, werkzeug.exceptions.HTTPException: as `verify_uploads`.
    """
    if len([each for each in request.files.getlist(FILE) if each.filename]) > 1:
        raise SeveralFilesError
    answer = verify_uploads()[0]
    if isinstance(answer.result, NotACredentialError):
        raise answer.result
    return answer


def verify_known(submission: Submission) -> Answer:
    """Verify bytes that this server holds itself (the demo's files), under the same limits."""
    service = find_service()
    service.limiter.charge(request.remote_addr or "", 1)
    with service.gate.enter():
        return _verify(submission, None, None, service)


def _verify(
    submission: Submission, at: datetime | None, recipient: str | None, service: Service
) -> Answer:
    with service.watch_verification() as watch:
        try:
            report = verify(Question(submission.data, at, recipient), service.surroundings)
        except NotACredentialError as error:
            watch.note_refusal(Refusal.NOT_A_CREDENTIAL)
            return Answer(submission, error)
        watch.note_report(report)
        return Answer(submission, report)


def _read_submissions(incoming: Request, service: Service) -> tuple[Submission, ...]:
    submissions = tuple(_iterate_submissions(incoming))
    if not submissions:
        raise NothingSentError
    limit = service.config.limits.submission_bytes
    if len(submissions) > service.config.limits.files:
        raise RequestEntityTooLarge
    if len(submissions) == 1 and len(submissions[0].data) > limit:
        raise RequestEntityTooLarge
    return submissions


def _iterate_submissions(incoming: Request) -> Iterator[Submission]:
    if incoming.content_encoding not in (None, "identity"):
        raise UnsupportedMediaType
    if incoming.mimetype in JSON_TYPES:
        yield Submission(BODY_SOURCE, incoming.get_data(cache=False))
    elif incoming.mimetype in FORM_TYPES:
        yield from _iterate_form(incoming)
    else:
        raise UnsupportedMediaType


def _iterate_form(incoming: Request) -> Iterator[Submission]:
    """Yield the files; browsers send an empty one where none was chosen. Then what was pasted."""
    files = [each for each in incoming.files.getlist(FILE) if each.filename]
    for number, file in enumerate(files, start=1):
        yield Submission(_label(file, number), file.stream.read())
    pasted = incoming.form.get(TEXT, "")
    if pasted.strip() and not files:
        yield Submission("pasted", pasted.encode("utf-8", errors="surrogatepass"))


def _refuse_what_would_be_passed_over(incoming: Request) -> None:
    """Refuse what nobody would look at: an unasked question would be answered with yes."""
    if incoming.args or {*incoming.form} - {*TEXTS} or {*incoming.files} - {FILE}:
        fields = f"{FILE} (a file), {', '.join(TEXTS)} (texts)"
        known = f"Known form fields are {fields}; there are no query parameters."
        raise BadFieldError(f"{known}{_tell_content_type(incoming)}")
    for name in TEXTS:
        if len(incoming.form.getlist(name)) > 1:
            raise BadFieldError(f"The field {name} may be given once.")


def _tell_content_type(incoming: Request) -> str:
    """Tell whoever sent a body without a type what to add: curl calls it a form by itself."""
    if incoming.mimetype != UNTYPED:
        return ""
    return f" A credential that is the body itself needs the header Content-Type: {JSON_TYPES[0]}."


def _label(file: FileStorage, number: int) -> str:
    name = (file.filename or "").replace("\\", "/").rpartition("/")[2]
    shown = _UNSHOWABLE.sub("", name)[:SOURCE_CHARACTERS].strip()
    return shown or f"file {number}"
