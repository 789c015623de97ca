"""The master property: no edit of a good credential goes unnoticed and yet changes what is read.

For every edit: the guard or the schema refuses it, or the hash differs, or the view is equal. And
more: whatever an accepted file says, in whatever member, is in the view, so it is in the hash.
"""

import collections
import copy
import json
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from protocol.credentials.canonical import canonicalise
from protocol.credentials.schema import find_schema_problems
from protocol.credentials.view import build_view
from protocol.errors import ProtocolError
from tests.protocol.credentials import build_unsigned

GOOD = build_unsigned()
GOOD_FORM = canonicalise(GOOD).nquads
GOOD_VIEW = build_view(GOOD_FORM, GOOD["id"])
IDS = (
    GOOD["id"],
    GOOD["issuer"]["id"],
    GOOD["credentialSubject"]["id"],
    GOOD["credentialSubject"]["achievement"]["id"],
    "urn:uuid:00000000-0000-4000-8000-000000000000",
    "https://other.example/a",
)
MEMBERS = (
    "name", "description", "narrative", "id", "type", "url", "image", "evidence", "result", "value",
    "criteria", "creator", "related", "tag", "identifier", "identityHash", "alignment", "targetUrl",
    "validFrom", "validUntil", "issuer", "credentialSubject", "credentialStatus", "inLanguage",
    "achievement", "source", "relatedResource", "mediaType", "digestSRI", "digestMultibase",
    "termsOfUse", "refreshService", "confidenceMethod", "renderMethod", "sub", "iss", "cnf", "_sd",
    "gradePointAverage", "issuanceDate", "__proto__", "@id", "@type", "@value", "@language",
    "@index", "@graph", "@included", "@reverse", "@nest", "@set", "@list", "@context",
    "@direction", "@json",
    "https://schema.org/name", "schema:name", "https://www.w3.org/2018/credentials#validUntil",
)  # fmt: skip
TEXTS = st.one_of(
    st.sampled_from(
        (
            *IDS,
            "no iri",
            "relative",
            "_:b0",
            "",
            "PASS",
            "en",
            "3",
            "2.5",
            "true",
            "Profile",
            "Evidence",
            "Achievement",
            "AchievementCredential",
            "2026-01-01T00:00:00Z",
            "name",
            "https://issuer.example/rd/1 ",
            "x\ny",
            "tūī \u202e",
            "e\u0301",
        )
    ),
    st.text(max_size=6),
)
NUMBERS = st.one_of(
    st.sampled_from((0, 1, 3, 3.0, 2.5, 2.50000001, -0.0, 1e21, 1e-9, 0.1 + 0.2, 2**53)),
    st.integers(),
    st.floats(allow_nan=False),
)
SCALARS = st.one_of(TEXTS, NUMBERS, st.booleans(), st.none())
KEYS = st.one_of(st.sampled_from(MEMBERS), st.text(min_size=1, max_size=5))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)
    ),
    max_leaves=5,
)  # fmt: skip


def list_places(value: object, path: tuple = ()) -> Iterator[tuple]:
    yield path
    if isinstance(value, dict):
        for member, inner in value.items():
            yield from list_places(inner, (*path, member))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from list_places(inner, (*path, index))


def find(document: object, path: tuple) -> object:
    for step in path:
        document = document[step]
    return document


@st.composite
def edits(draw: st.DrawFn) -> dict:
    document = copy.deepcopy(GOOD)
    for _ in range(draw(st.integers(1, 3))):
        places = [path for path in list_places(document) if path]
        if not places:
            break
        path = draw(st.sampled_from(places))
        operation = draw(st.sampled_from(OPERATIONS))
        operation(draw, document, find(document, path[:-1]), path[-1])
    return document


def set_value(draw, _document, parent, step) -> None:
    parent[step] = draw(VALUES)


def remove(_draw, _document, parent, step) -> None:
    del parent[step]


def wrap(_draw, _document, parent, step) -> None:
    parent[step] = [parent[step]]


def unwrap(_draw, _document, parent, step) -> None:
    if isinstance(parent[step], list) and len(parent[step]) == 1:
        parent[step] = parent[step][0]


def repeat(_draw, _document, parent, step) -> None:
    if isinstance(parent[step], list) and parent[step]:
        parent[step].append(copy.deepcopy(parent[step][0]))


def reverse(_draw, _document, parent, step) -> None:
    if isinstance(parent[step], list):
        parent[step].reverse()


def rename(draw, _document, parent, step) -> None:
    if isinstance(parent, dict):
        parent[draw(KEYS)] = parent.pop(step)


def add(draw, _document, parent, step) -> None:
    if isinstance(parent[step], dict):
        parent[step][draw(KEYS)] = draw(VALUES)


def give_id(draw, _document, parent, step) -> None:
    if isinstance(parent[step], dict):
        parent[step]["id"] = draw(st.sampled_from(IDS))


def write_long(_draw, _document, parent, step) -> None:
    if isinstance(parent[step], str):
        parent[step] = {"@value": parent[step]}


def write_as_text(draw, _document, parent, step) -> None:
    if isinstance(parent[step], str | int | float):
        parent[step] = str(parent[step]) + draw(st.sampled_from(("", " ", "0")))


def copy_elsewhere(draw, document, parent, step) -> None:
    places = [path for path in list_places(document) if isinstance(find(document, path), dict)]
    goal = find(document, draw(st.sampled_from(places)))
    goal[step if isinstance(step, str) else draw(KEYS)] = copy.deepcopy(parent[step])


def move(draw, document, parent, step) -> None:
    value = parent.pop(step)
    places = [path for path in list_places(document) if isinstance(find(document, path), dict)]
    goal = find(document, draw(st.sampled_from(places)))
    goal[step if isinstance(step, str) else draw(KEYS)] = value


OPERATIONS = (
    set_value,
    remove,
    wrap,
    unwrap,
    repeat,
    reverse,
    rename,
    add,
    give_id,
    write_long,
    write_as_text,
    copy_elsewhere,
    move,
)


def judge(document: dict) -> str:
    """Tell what became of an edit; an unnoticed change of meaning fails."""
    if json.dumps(document, sort_keys=True) == json.dumps(GOOD, sort_keys=True):
        return "no change"
    try:
        nquads = canonicalise(document).nquads
    except ProtocolError:
        return "refused by the guard"
    refused = bool(find_schema_problems(document))
    shown = build_view(nquads, document["id"])
    if not refused:
        assert list_said(document) <= list_said(shown), "all that is said is signed and shown"
    if nquads == GOOD_FORM:
        assert shown == GOOD_VIEW
        return "same hash, refused by the schema" if refused else "same hash, same view"
    return "another hash, refused by the schema" if refused else "another hash"


def list_said(value: object, member: str = "") -> set[tuple[str, str]]:
    """List what a tree says, member by member, in whatever shape it says it."""
    if isinstance(value, list):
        return {said for item in value for said in list_said(item, member)}
    if isinstance(value, dict):
        return {
            said
            for name, inner in value.items()
            if name not in ("@context", "@language")
            for said in list_said(inner, member if name in ("id", "@value") else name)
        }
    if isinstance(value, bool):
        value = str(value).lower()
    elif isinstance(value, int | float):
        value = f"{value:.15g}"
    return {(member, "OpenBadgeCredential" if value == "AchievementCredential" else str(value))}


@settings(max_examples=1_500, derandomize=True, deadline=None, database=None,
          suppress_health_check=list(HealthCheck))  # fmt: skip
@given(edits())
def test_no_edit_goes_unnoticed(document) -> None:
    judge(document)


@pytest.fixture
def _asked_for(request) -> None:
    if "long" not in request.config.getoption("-m"):
        pytest.skip("asked for with -m long")


@pytest.mark.long
@pytest.mark.timeout(3_600)
@pytest.mark.usefixtures("_asked_for")
def test_no_edit_of_twenty_thousand_goes_unnoticed() -> None:
    fates: collections.Counter[str] = collections.Counter()

    @settings(max_examples=20_000, deadline=None, database=None,
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(edits())
    def run(document: dict) -> None:
        fates[judge(document)] += 1

    run()
    print(dict(fates))  # noqa: T201 (the figures are what one asked for)
    assert min(fates.values()) > 0


def test_the_property_sees_a_hole(monkeypatch) -> None:
    """With one rule off, an edit that it stops does go unnoticed: the property can fail."""
    monkeypatch.setattr("protocol.credentials.statement_guard.refuse_dropped", lambda *_: None)
    document = copy.deepcopy(GOOD) | {"gradePointAverage": "4.0"}
    with pytest.raises(AssertionError, match="all that is said is signed"):
        judge(document)
