"""For programs: ``/api/v1``."""

import json
from collections.abc import Sequence
from typing import Final

from flask import Blueprint, Response, request

from protocol.errors import NotACredentialError
from verifier.render.json import report_to_dict
from verifier.web.errors import BadFieldError
from verifier.web.uploads import FILE, TEXT, Answer, verify_uploads

api: Final = Blueprint("api", __name__, url_prefix="/api/v1")


@api.post("/verify")
def verify() -> Response:
    """Verify one credential or several."""
    _refuse_two_ways()
    return render_answers(verify_uploads())


def render_answers(answers: Sequence[Answer]) -> Response:
    """Return one report, or the list of them with their sources.

    Raises:
        NotACredentialError: a single submission is none.
    """
    if len(answers) == 1:
        return _render_json(_describe_only(answers[0]))
    return _render_json({"reports": [_describe_one_of_many(each) for each in answers]})


def _describe_only(answer: Answer) -> dict[str, object]:
    if isinstance(answer.result, NotACredentialError):
        raise answer.result
    return report_to_dict(answer.result)


def _describe_one_of_many(answer: Answer) -> dict[str, object]:
    source = answer.submission.source
    if isinstance(answer.result, NotACredentialError):
        return {"source": source, "error": str(answer.result)}
    return {"source": source} | report_to_dict(answer.result)


def _refuse_two_ways() -> None:
    """The page says which of two counts; a program is told to decide."""
    if request.files and request.form.get(TEXT):
        raise BadFieldError(f"Send {FILE} or {TEXT}, not both.")


def _render_json(body: dict[str, object]) -> Response:
    return Response(json.dumps(body, ensure_ascii=False), mimetype="application/json")
