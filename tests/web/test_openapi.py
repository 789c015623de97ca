"""The API's description is that of the routes there are, and they keep to it."""

import json
from pathlib import Path

import jsonschema
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from verifier.checks import CHECKS
from verifier.web.openapi import OPERATIONS, build_openapi, render_path
from verifier.web.problems import PROBLEMS, PROGRAM_PATHS
from verifier.web.uploads import FIELDS

ALL = list(HealthCheck)
BEYOND_SCHEMAS = [
    # Strict JSON (no control characters, exact numbers, bounded depth) is more than a schema says.
    positive_data_acceptance,
    # On the wire a file is bytes, whatever they were made of: each is answered with its own error.
    negative_data_rejection,
]


@pytest.fixture
def description(client) -> dict:
    return client.get("/api/v1/openapi.json").get_json()


def find_schema(description: dict, name: str) -> dict:
    return {"$ref": f"#/components/schemas/{name}", "components": description["components"]}


def test_every_route_for_programs_is_described(site, description):
    served = {
        (render_path(rule), method.lower())
        for rule in site.url_map.iter_rules()
        if rule.rule.startswith(PROGRAM_PATHS)
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    described = {(path, method) for path, item in description["paths"].items() for method in item}
    assert described == served
    assert {rule.endpoint for rule in site.url_map.iter_rules()} >= set(OPERATIONS)


def test_a_status_list_s_address_is_the_one_of_the_document(description):
    document = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
    (path,) = (each for each in description["paths"] if each.startswith("/status/"))
    assert f"`GET {path}`" in document
    named = [each["name"] for each in description["paths"][path]["get"]["parameters"]]
    assert path == "/status/" + "/".join(f"{{{name}}}" for name in named)


def test_the_description_names_every_check_field_and_limit(site, description):
    text = json.dumps(description)
    check = description["components"]["schemas"]["Check"]["properties"]
    assert check["id"]["enum"] == [each.id for each in CHECKS]
    body = description["paths"]["/api/v1/verify"]["post"]["requestBody"]["content"]
    assert set(body["multipart/form-data"]["schema"]["properties"]) == set(FIELDS)
    assert str(site.extensions["rootseal"].config.limits.submission_bytes) in text
    responses = description["paths"]["/api/v1/verify"]["post"]["responses"]
    named = {int(status) for status in PROBLEMS} - {404, 406}
    assert {int(status) for status in responses} == named | {200}


def test_the_description_is_made_of_the_application(site, description):
    config = site.extensions["rootseal"].config
    assert build_openapi(site, config) == description


@pytest.mark.parametrize("name", ["genuine", "tampered", "revoked", "suspended", "stranger"])
def test_every_report_fits_its_schema(client, demo, description, name):
    answer = client.post(
        "/api/v1/verify", data=demo.read(name), content_type="application/json"
    ).get_json()
    validator = jsonschema.Draft202012Validator(find_schema(description, "Answer"))
    assert list(validator.iter_errors(answer)) == []
    del answer["checks"][3]
    assert list(validator.iter_errors(answer)) != []


@pytest.mark.parametrize(
    ("endpoint", "mode"),
    [
        *((endpoint, GenerationMode.POSITIVE) for endpoint in sorted(OPERATIONS)),
        # The others take nothing that could be wrong.
        ("api.verify", GenerationMode.NEGATIVE),
    ],
)
def test_generated_requests_meet_only_what_the_description_promises(site, endpoint, mode):
    """schemathesis: bodies, forms and fields that fit or do not, all of its checks (WB-25)."""
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", site)
    (rule,) = (rule for rule in site.url_map.iter_rules() if rule.endpoint == endpoint)
    method = "POST" if "POST" in rule.methods else "GET"
    operation = schema[render_path(rule)][method]
    statuses = set()

    @settings(
        max_examples=60, deadline=None, database=None, derandomize=True, suppress_health_check=ALL
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def promise(case) -> None:
        statuses.add(case.call_and_validate(excluded_checks=BEYOND_SCHEMAS).status_code)

    promise()
    assert statuses
    if endpoint == "status_lists.show":
        assert statuses == {404}, "nobody guesses a list"
    elif mode is GenerationMode.POSITIVE:
        assert 200 in statuses
