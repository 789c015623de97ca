"""Achievements: what is mended silently, and what is refused with file, member and remedy."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from issuer.errors import BadInputError
from issuer.inputs.achievement import load_achievement
from issuer.inputs.achievement_shape import complete_shape
from protocol.credentials.schema import load_definitions
from tests.issuer.inputs import (
    ACHIEVEMENT,
    DID,
    UNIVERSITY,
    change,
    draft,
    find_problems,
    load,
    load_or_list,
    write_achievement,
)

DESCRIPTION = ACHIEVEMENT["resultDescription"][0]
ALIGNMENT = {"type": ["Alignment"], "targetName": "Level 8", "targetUrl": "https://f.example/8"}
PROFILE = {"id": DID, "type": ["Profile"]}
OFTEN = settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def members(folder, achievement):
    problems = find_problems(folder, achievement=achievement)
    assert {each.file.name for each in problems} <= {"achievement.json"}
    return [each.column for each in problems]


def content(folder, achievement):
    return load_achievement(write_achievement(folder, achievement), UNIVERSITY).content


def test_a_good_achievement_stays_as_it_is(tmp_path):
    assert content(tmp_path, ACHIEVEMENT) == ACHIEVEMENT


# The shape.


def test_single_values_and_left_out_types_are_completed(tmp_path):
    loose = {
        "id": ACHIEVEMENT["id"],
        "type": "Achievement",
        "name": "A",
        "description": "B",
        "criteria": {"narrative": "C"},
        "tag": "teaching",
        "image": "https://uni.example.org/badge.png",
        "alignment": {"targetName": "Level 8", "targetUrl": "https://f.example/8"},
        "otherIdentifier": {"identifier": "1", "identifierType": "ext:NZQA"},
        "resultDescription": {
            "id": "urn:example:r",
            "name": "R",
            "resultType": "RubricCriterionLevel",
            "rubricCriterionLevel": {"id": "urn:example:l", "name": "L"},
        },
    }
    assert content(tmp_path, loose) == {
        **loose,
        "type": ["Achievement"],
        "tag": ["teaching"],
        "image": {"id": "https://uni.example.org/badge.png", "type": "Image"},
        "alignment": [ALIGNMENT],
        "otherIdentifier": [
            {"type": "IdentifierEntry", "identifier": "1", "identifierType": "ext:NZQA"}
        ],
        "resultDescription": [
            {
                "id": "urn:example:r",
                "type": ["ResultDescription"],
                "name": "R",
                "resultType": "RubricCriterionLevel",
                "rubricCriterionLevel": [
                    {"id": "urn:example:l", "type": ["RubricCriterionLevel"], "name": "L"}
                ],
            }
        ],
    }


def test_completing_twice_is_completing_once():
    once = complete_shape({**ACHIEVEMENT, "tag": "t", "alignment": ALIGNMENT}, load_definitions())
    assert complete_shape(once, load_definitions()) == once


@pytest.mark.parametrize("context", ["https://www.w3.org/ns/credentials/v2", None])
def test_the_contexts_of_credentials_may_stand_in_the_file(tmp_path, context):
    contexts = context or list(draft(load(tmp_path))["@context"])
    assert content(tmp_path, {"@context": contexts, **ACHIEVEMENT}) == ACHIEVEMENT


def test_any_other_context_is_refused(tmp_path):
    bad = {"@context": {"name": "https://evil.example/name"}, **ACHIEVEMENT}
    assert "@context" in members(tmp_path, bad)[0]


# The creator.


@pytest.mark.parametrize(
    "creator",
    [
        {**PROFILE, "name": "Example University", "url": "https://uni.example.org"},
        {**PROFILE, "name": "Another name", "email": "info@uni.example.org"},
        {"id": DID},
        DID,
        {**PROFILE, "type": "Profile"},
        {**PROFILE, "type": ["Profile", "Organization"]},
        {"id": "did:web:uni%2Eexample.org", "type": ["Profile"], "name": "Example University"},
        {"id": "https://uni.example.org", "type": ["Profile"], "name": "Example University"},
        {"id": "https://uni.example.org/", "type": ["Profile"]},
        {"type": ["Profile"], "name": "Example University"},
    ],
)
def test_a_creator_that_is_the_issuer_is_reduced_to_id_and_type(tmp_path, creator):
    assert content(tmp_path, {**ACHIEVEMENT, "creator": creator})["creator"] == PROFILE


@pytest.mark.parametrize(
    "name",
    ["https://faculty.example.org/", "did:web:other.example.org", "https://uni.example.org/x"],
)
def test_another_creator_is_kept_whole(tmp_path, name):
    creator = {"id": name, "type": ["Profile"], "name": "Faculty", "url": "https://f.example.org"}
    assert content(tmp_path, {**ACHIEVEMENT, "creator": creator})["creator"] == creator


# What is refused.


@pytest.mark.parametrize(
    ("member", "value", "shown"),
    [
        ("id", None, "id"),
        ("name", None, "name"),
        ("description", None, "description"),
        ("criteria", None, "criteria"),
        ("type", ["Badge"], "type"),
        ("id", "achievement-1", "id"),
        ("id", "https://uni.example.org/a 1", "id"),
        ("name", "Assess\u0007ment", None),
        ("name", " ", "name"),
        ("name", {"en": "Assessment"}, "name"),
        ("criteria", {"type": "Criteria"}, "criteria"),
        ("achievementType", "Nanodegree", "achievementType"),
        ("creditsAvailable", "15", "creditsAvailable"),
        ("creditsAvailable", 0.1 + 0.2, "creditsAvailable"),
        ("inLanguage", "English", "inLanguage"),
        ("tag", [], "tag"),
        ("tag", ["a", "a"], "tag"),
        ("colour", "red", "colour"),
        ("https://schema.org/name", "x", "https://schema.org/name"),
        ("@graph", [{"id": "urn:x:1"}], "@graph"),
        ("alignment", [{**ALIGNMENT, "targetUrl": "level 8"}], "targetUrl"),
        ("alignment", [{**ALIGNMENT, "targetURL": "https://x.example"}], "alignment[0].targetURL"),
        ("alignment", [{"type": ["Alignment"], "targetName": "8"}], "alignment[0].targetUrl"),
        ("resultDescription", [DESCRIPTION, {**DESCRIPTION, "name": "Other"}], None),
        (
            "resultDescription",
            [{**DESCRIPTION, "requiredLevel": "urn:example:none"}],
            "resultDescription[0].requiredLevel",
        ),
    ],
)
def test_a_fault_of_the_achievement_is_no_fault_of_the_rows(tmp_path, member, value, shown):
    found = members(tmp_path, change(ACHIEVEMENT, **{member: value}))
    assert shown in found
    assert len(found) <= 2


def test_all_faults_are_listed_at_once(tmp_path):
    bad = change(ACHIEVEMENT, name=None, id="x", tag=[], achievementType="Nanodegree")
    assert sorted(members(tmp_path, bad)) == ["achievementType", "id", "name", "tag"]


def test_no_member_carries_the_place_it_gets_in_a_credential(tmp_path):
    for member, value in (("colour", "red"), ("alignment", [{**ALIGNMENT, "colour": "red"}])):
        [problem] = find_problems(tmp_path, achievement=change(ACHIEVEMENT, **{member: value}))
        assert problem.column.endswith("colour")
        assert "credentialSubject" not in problem.column + problem.reason


def test_a_missing_type_is_added_where_only_one_is_possible(tmp_path):
    """JL-19: without it, the alignment's members would go unsigned."""
    bare = {member: value for member, value in ALIGNMENT.items() if member != "type"}
    assert content(tmp_path, {**ACHIEVEMENT, "alignment": [bare]})["alignment"] == [ALIGNMENT]


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "empty"),
        (b"[]", "not one JSON object"),
        (b"name,email\n", "not JSON"),
        (b'{"id": "urn:x:1", "id": "urn:x:2"}', "twice"),
        (b'{"creditsAvailable": NaN}', "not a JSON number"),
        (json.dumps(ACHIEVEMENT).encode("utf-16"), "UTF-16"),
        (json.dumps(ACHIEVEMENT).encode("utf-16-le"), "UTF-16"),
        ('{"name": "Prüfung"}'.encode("latin-1"), "UTF-8"),
        (b"[" * 100_000, "nested"),
        (b'{"description": "' + b"x" * (1 << 20) + b'"}', "larger"),
        (json.dumps({"credentialSubject": {"achievement": 1}}).encode(), "whole credential"),
    ],
)
def test_a_file_that_is_no_achievement_is_refused_as_a_whole(tmp_path, data, word):
    [problem] = find_problems(tmp_path, achievement=data)
    assert (problem.file.name, problem.row, problem.column) == ("achievement.json", None, None)
    assert word in problem.reason


def test_an_achievement_that_is_not_there_is_named(tmp_path):
    with pytest.raises(BadInputError, match="there is no such file"):
        load_achievement(tmp_path / "missing.json", UNIVERSITY)


@OFTEN
@given(data=st.binary(max_size=200))
def test_no_bytes_make_more_than_a_list_of_problems(tmp_path, data):
    assert find_problems(tmp_path, achievement=data)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
CLASSES = sorted(
    {member for schema in load_definitions().values() for member in schema.get("properties", {})}
)


@OFTEN
@given(member=st.sampled_from(CLASSES), value=JSON)
def test_no_value_of_a_member_makes_more_than_a_list_of_problems(tmp_path, member, value):
    """JS-16: valid JSON of the wrong shape, at every member."""
    found = load_or_list(tmp_path, achievement={**ACHIEVEMENT, member: value})
    assert isinstance(found, tuple) or found.count == 2


@OFTEN
@given(value=JSON)
def test_no_value_in_a_nested_object_makes_more_than_a_list_of_problems(tmp_path, value):
    for member in ("rubricCriterionLevel", "requiredLevel", "id"):
        bad = {**ACHIEVEMENT, "resultDescription": [{**DESCRIPTION, member: value}]}
        found = load_or_list(tmp_path, achievement=bad)
        assert isinstance(found, tuple) or found.count == 2
