"""Answers to requests that got no report: RFC 9457 for programs, a page for people."""

import json
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Final

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from protocol.errors import NotACredentialError
from verifier.verify import FutureMomentError
from verifier.web.errors import BadFieldError, NoSuchFormError, NothingSentError, SeveralFilesError
from verifier.web.incoming import discard_rest
from verifier.web.logs import find_request_id
from verifier.web.metrics import Refusal
from verifier.web.pages import render_error
from verifier.web.service import find_service

PROBLEM_TYPE: Final = "application/problem+json"
URN: Final = "urn:rootseal:problem:"
PROGRAM_PATHS: Final = ("/api/", "/healthz", "/readyz", "/metrics", "/status/")
ERROR_FLOOR: Final = 400
_KEPT_HEADERS: Final = ("Retry-After", "Allow")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is said of one status."""

    name: str
    title: str
    detail: str
    """For a program's developer; ``{retry}`` stands for seconds."""
    words: str
    """For a person."""
    refusal: Refusal | None = None


NOT_A_CREDENTIAL: Final = Problem(
    "not-a-credential",
    "Not a credential",
    "{reason}",
    "Not a credential. We need the .json file, not a picture.",
)
PROBLEMS: Final = {
    HTTPStatus.BAD_REQUEST: Problem(
        "bad-request",
        "The request cannot be read",
        "{reason}",
        "{reason} Go back and send it again.",
        Refusal.BAD_REQUEST,
    ),
    HTTPStatus.NOT_FOUND: Problem(
        "not-found", "Not found", "There is nothing at this address.", "There is no such page."
    ),
    HTTPStatus.METHOD_NOT_ALLOWED: Problem(
        "method-not-allowed",
        "Method not allowed",
        "The header Allow lists the methods of this address.",
        "This page is not opened this way. Start again at the first page.",
    ),
    HTTPStatus.NOT_ACCEPTABLE: Problem(
        "not-acceptable", "Not in this form", "{reason}", "It cannot be had in this form."
    ),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: Problem(
        "too-large",
        "Too large",
        "A credential is at most {megabytes} MiB, a request {files} files and {total} MiB.",
        "Too large: over {megabytes} MB.",
        Refusal.TOO_LARGE,
    ),
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: Problem(
        "media-type",
        "Unsupported media type",
        "Send application/json with one credential, or multipart/form-data with the field file.",
        "Not a credential. We need the .json file, not a picture.",
        Refusal.MEDIA_TYPE,
    ),
    HTTPStatus.TOO_MANY_REQUESTS: Problem(
        "too-many",
        "Too many requests",
        "{a_minute} verifications a minute are made for one address. Try again in {retry} seconds.",
        "Busy. Try again in {retry} seconds.",
        Refusal.TOO_MANY,
    ),
    HTTPStatus.SERVICE_UNAVAILABLE: Problem(
        "busy",
        "Busy",
        "Nothing was judged. Try again in {retry} seconds.",
        "Busy. Try again in {retry} seconds.",
        Refusal.BUSY,
    ),
    HTTPStatus.INTERNAL_SERVER_ERROR: Problem(
        "our-mistake",
        "Our mistake",
        "The mistake is ours: the file was not judged.",
        "Our mistake: the file was not judged.",
        Refusal.OUR_BUG,
    ),
}
NOTHING_SENT: Final = replace(
    NOT_A_CREDENTIAL, words="No file was chosen. Go back and choose the .json file."
)
SEVERAL_FILES: Final = replace(
    PROBLEMS[HTTPStatus.BAD_REQUEST],
    words="{reason} Go back and choose one. Programs can send several at once to the API.",
)


def answer_errors(app: Flask) -> None:
    """Answer every error in the reader's own form."""
    app.register_error_handler(HTTPException, _answer_http)
    app.register_error_handler(NotACredentialError, _answer_not_a_credential)
    app.register_error_handler(FutureMomentError, _answer_future)


def _answer_http(error: HTTPException) -> Response | HTTPException:
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    if status < ERROR_FLOOR:
        return error
    problem = PROBLEMS.get(status) or _name_plainly(status)
    if isinstance(error, SeveralFilesError):
        problem = SEVERAL_FILES
    headers = dict(error.get_headers(request.environ))
    kept: dict[str, str] = {name: headers[name] for name in _KEPT_HEADERS if name in headers}
    return _answer(status, problem, _choose_reason(error), kept)


def _choose_reason(error: HTTPException) -> str:
    """Return our own words; those of libraries may quote what was sent."""
    if isinstance(error, BadFieldError | NoSuchFormError) and error.description:
        return error.description
    return "The request cannot be read."


def _answer_not_a_credential(error: NotACredentialError) -> Response:
    problem = NOTHING_SENT if isinstance(error, NothingSentError) else NOT_A_CREDENTIAL
    return _answer(HTTPStatus.BAD_REQUEST, problem, str(error), {})


def _answer_future(error: FutureMomentError) -> Response:
    problem = PROBLEMS[HTTPStatus.BAD_REQUEST]
    return _answer(HTTPStatus.BAD_REQUEST, problem, str(error), {})


def _answer(status: HTTPStatus, problem: Problem, reason: str, headers: dict[str, str]) -> Response:
    discard_rest(request)
    service = find_service()
    if problem.refusal is not None:
        service.metrics.count("rootseal_refused_total", {"reason": str(problem.refusal)})
    limits = service.config.limits
    values: dict[str, object] = {
        "reason": reason,
        "retry": headers.get("Retry-After", ""),
        "megabytes": limits.submission_bytes >> 20,
        "total": limits.request_bytes >> 20,
        "files": limits.files,
        "a_minute": limits.verifications_a_minute,
    }
    if request.path.startswith(PROGRAM_PATHS):
        response = _render_problem(status, problem, problem.detail.format_map(values))
    else:
        words = problem.words.format_map(values)
        response = Response(render_error(status, words), status, mimetype="text/html")
    response.headers.update(headers)
    return response


def _render_problem(status: HTTPStatus, problem: Problem, detail: str) -> Response:
    body = {
        "type": f"{URN}{problem.name}",
        "title": problem.title,
        "status": int(status),
        "detail": detail,
        "requestId": find_request_id(),
    }
    return Response(json.dumps(body, ensure_ascii=False), status, mimetype=PROBLEM_TYPE)


def _name_plainly(status: HTTPStatus) -> Problem:
    name = status.phrase.lower().replace(" ", "-")
    return Problem(name, status.phrase, f"{status.phrase}.", f"{status.phrase}.")
