"""The API's description (OpenAPI 3.1), built from the routes, limits, checks and problems."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from flask import Flask
from werkzeug.routing import Rule

from verifier.web import schemas
from verifier.web.config import WebConfig
from verifier.web.problems import PROBLEM_TYPE, PROBLEMS
from verifier.web.uploads import JSON_TYPES

JSON: Final = "application/json"
METHODS: Final = ("GET", "POST", "PUT", "DELETE", "PATCH")
ANYWHERE: Final = (HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.INTERNAL_SERVER_ERROR)
"""Any address may answer with these."""


@dataclass(frozen=True, slots=True)
class Operation:
    """What the routes themselves do not tell."""

    summary: str
    answers: Mapping[HTTPStatus, tuple[str, str | tuple[str, ...], str]]
    """For each status: what it means, media type or types, schema."""
    problems: tuple[HTTPStatus, ...] = ()
    takes_credentials: bool = False
    parameters: tuple[tuple[str, Mapping[str, object]], ...] = ()
    """Schema of each part of the path."""


OPERATIONS: Final[Mapping[str, Operation]] = {
    "api.verify": Operation(
        "Verify credentials: 200 whatever the verdict",
        {HTTPStatus.OK: ("One report, or one for each file.", JSON, "Answer")},
        (
            HTTPStatus.BAD_REQUEST,
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            HTTPStatus.TOO_MANY_REQUESTS,
            HTTPStatus.SERVICE_UNAVAILABLE,
        ),
        takes_credentials=True,
    ),
    "operations.healthz": Operation(
        "Does this process answer?", {HTTPStatus.OK: ("It does.", JSON, "Health")}
    ),
    "operations.readyz": Operation(
        "Can reports be made?",
        {
            HTTPStatus.OK: ("They can.", JSON, "Readiness"),
            HTTPStatus.SERVICE_UNAVAILABLE: ("Not now; the body says why.", JSON, "Readiness"),
        },
    ),
    "operations.metrics": Operation(
        "Counters in Prometheus's text form",
        {HTTPStatus.OK: ("Lines of text.", "text/plain", "Text")},
    ),
    "status_lists.show": Operation(
        "A published Bitstring Status List, in the form that Accept asks for",
        {HTTPStatus.OK: ("The list, signed by its issuer.", schemas.LIST_FORMS, "StatusList")},
        (HTTPStatus.NOT_FOUND, HTTPStatus.NOT_ACCEPTABLE),
        parameters=schemas.LIST_PARAMETERS,
    ),
    "operations.openapi": Operation(
        "This description", {HTTPStatus.OK: ("OpenAPI 3.1.", JSON, "Description")}
    ),
}
"""By the routes' own names; a test compares them with the routes that there are."""


def build_openapi(app: Flask, config: WebConfig) -> dict[str, object]:
    """Return the description of the routes that this application has for programs."""
    paths: dict[str, dict[str, object]] = {}
    for rule in app.url_map.iter_rules():
        if rule.endpoint in OPERATIONS:
            methods = [method for method in METHODS if method in (rule.methods or ())]
            described = {method.lower(): _describe(rule, config) for method in methods}
            paths.setdefault(render_path(rule), {}).update(described)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Rootseal verifier",
            "version": config.version,
            "description": "Checks micro-credentials against their issuer's register.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": dict(sorted(paths.items())),
        "components": {"schemas": schemas.build_schemas()},
    }


def render_path(rule: Rule) -> str:
    """Return a route's path as OpenAPI writes it."""
    return rule.rule.replace("<", "{").replace(">", "}")


def _describe(rule: Rule, config: WebConfig) -> dict[str, object]:
    operation = OPERATIONS[rule.endpoint]
    responses = {
        str(int(status)): _describe_answer(*answer) for status, answer in operation.answers.items()
    }
    for status in (*operation.problems, *ANYWHERE):
        responses.setdefault(str(int(status)), _describe_problem(status))
    described: dict[str, object] = {
        "operationId": rule.endpoint.partition(".")[2],
        "summary": operation.summary,
        "responses": dict(sorted(responses.items())),
    }
    if operation.parameters:
        described["parameters"] = [
            {"name": name, "in": "path", "required": True, "schema": schema}
            for name, schema in operation.parameters
        ]
    if operation.takes_credentials:
        described["requestBody"] = _describe_body(config)
    return described


def _describe_answer(
    description: str, media_types: str | tuple[str, ...], schema: str
) -> dict[str, object]:
    types = (media_types,) if isinstance(media_types, str) else media_types
    content = {each: {"schema": {"$ref": f"#/components/schemas/{schema}"}} for each in types}
    return {"description": description, "content": content}


def _describe_problem(status: HTTPStatus) -> dict[str, object]:
    description = PROBLEMS[status].title
    answer = _describe_answer(description, PROBLEM_TYPE, "Problem")
    if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        retry = {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}}
        answer["headers"] = {"Retry-After": retry}
    return answer


def _describe_body(config: WebConfig) -> dict[str, object]:
    credential = {"schema": {"$ref": "#/components/schemas/Credential"}}
    form = {"schema": schemas.build_form(config)}
    limit = config.limits.submission_bytes
    return {
        "required": True,
        "description": f"One credential, at most {limit} bytes; or a form.",
        "content": {**dict.fromkeys(JSON_TYPES, credential), "multipart/form-data": form},
    }
