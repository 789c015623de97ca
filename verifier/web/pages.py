"""Pages for people: the first page, a result, an error. What they say is in ``presentation``."""

import re
from typing import Final

from flask import Blueprint, Response, render_template, request
from werkzeug.exceptions import NotFound

from verifier.report import Report
from verifier.web.examples import Example, find_example, list_examples
from verifier.web.presentation.page import Again, ResultPage, build_page
from verifier.web.presentation.practice import is_practice_network
from verifier.web.service import find_service
from verifier.web.uploads import AT, RECIPIENT, Answer, Submission, verify_known, verify_upload

pages: Final = Blueprint("pages", __name__)
UNNAMED: Final = "https://THIS-SITE/"
_LOOPBACK: Final = re.compile(r"(?:127\.0\.0\.1|localhost|\[::1\])(?::[0-9]{1,5})?\Z")


@pages.get("/")
def show_home() -> str:
    """Show the first page."""
    config = find_service().config
    practice = is_practice_network(config.network) or config.demo_folder is not None
    return render_template("home.html", examples=list_examples(config), practice=practice)


@pages.get("/about")
def show_about() -> str:
    """Say what is checked, what is trusted, and how programs ask."""
    return render_template("about.html", address=_tell_address())


@pages.post("/verify")
def show_result() -> str:
    """Verify what was sent and show the result."""
    return render_template("result.html", page=_build(verify_upload()))


@pages.get("/demo/<name>")
def show_example(name: str) -> str:
    """Verify one of the demo's files and show the result."""
    example = _find(name)
    return render_template("result.html", page=_build(verify_known(_read(example))))


@pages.get("/demo/<name>.json")
def download_example(name: str) -> Response:
    """Hand out one of the demo's files."""
    submission = _read(_find(name))
    named = {"Content-Disposition": f"attachment; filename={submission.source}"}
    return Response(submission.data, mimetype="application/json", headers=named)


def render_error(status: int, words: str) -> str:
    """Return the page for an error that is no verdict."""
    return render_template("error.html", status=status, words=words)


def _tell_address() -> str:
    """Return our own address; a host name that nobody configured is whatever the caller wrote."""
    known = find_service().config.hosts or _LOOPBACK.match(request.host)
    return request.host_url if known else UNNAMED


def _build(answer: Answer) -> ResultPage:
    """Return the page of an answer.

    Raises:
        NotACredentialError: there is none.
    """
    if not isinstance(answer.result, Report):
        raise answer.result
    text = answer.submission.data.decode("utf-8", errors="replace")
    asked = Again(text, request.form.get(RECIPIENT, "").strip(), request.form.get(AT, "").strip())
    return build_page(answer.result, asked)


def _find(name: str) -> Example:
    example = find_example(find_service().config, name)
    if example is None:
        raise NotFound
    return example


def _read(example: Example) -> Submission:
    return Submission(example.path.name, example.path.read_bytes())
