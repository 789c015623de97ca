"""Problems are named by member and said in words that a registrar understands."""

import copy

import pytest

from protocol.credentials.schema import (
    find_achievement_problems,
    find_schema_problems,
    load_definitions,
    parse_moment,
)
from tests.protocol.credentials import build_signed, build_unsigned

MOMENT = "expected a date and time with zone, such as 2026-11-24T09:00:00Z"
LANGUAGE = "expected a language tag such as en, mi or pt-BR"


def set_member(path: str, value: object) -> dict:
    """Return the good credential with one member set, or taken away if the value is ``...``."""
    document = build_unsigned()
    *steps, last = (int(step) if step.isdigit() else step for step in path.split("."))
    place = document
    for step in steps:
        place = place[step]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return document


def test_a_full_credential_has_no_problems_with_and_without_proof() -> None:
    assert find_schema_problems(build_unsigned()) == ()
    assert find_schema_problems(build_signed()) == ()


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        ("validFrom", ..., ("validFrom", "it is missing")),
        ("validFrom", "2026-01-01", ("validFrom", MOMENT)),
        ("validUntil", "2025-01-01T00:00:00Z", ("validUntil", "expected a moment after validFrom")),
        ("name", ["Welding"], ("name", "expected text, found a list")),
        ("issuer", 5, ("issuer", "expected an object or text, found a number")),
        ("issuer.type", "Profile", ("issuer.type", "expected a list, found text")),
        ("issuer.type", ..., ("issuer.type", "it is missing")),
        ("inLanguage", "en_GB", ("inLanguage", LANGUAGE)),
        ("inLanguage", "en\n", ("inLanguage", LANGUAGE)),
        (
            "type",
            ["OpenBadgeCredential"],
            ("type", 'expected "VerifiableCredential" among these'),
        ),
        (
            "credentialSubject.achievement.criteria",
            ...,
            ("credentialSubject.achievement.criteria", "it is missing"),
        ),
        (
            "credentialSubject.achievement.image",
            "https://x.example/i.png",
            ("credentialSubject.achievement.image", "expected an object, found text"),
        ),
        (
            "credentialSubject.achievement.image.size",
            5,
            (
                "credentialSubject.achievement.image",
                "only these members are known here: caption, id, type",
            ),
        ),
        (
            "credentialSubject.result.0.value",
            5,
            ("credentialSubject.result[0].value", "expected text, found a number"),
        ),
        (
            "credentialSubject.achievement.alignment.0.targetName",
            ...,
            ("credentialSubject.achievement.alignment[0].targetName", "it is missing"),
        ),
        (
            "credentialSubject.identifier.0.type",
            "Identity",
            ("credentialSubject.identifier[0].type", 'expected "IdentityObject"'),
        ),
        (
            "credentialStatus",
            [{"id": "urn:x:y", "type": "BitstringStatusListEntry"}],
            ("credentialStatus", "expected an object, found a list"),
        ),
    ],
)
def test_one_spoiled_member_is_one_problem(path, value, problem) -> None:
    assert find_schema_problems(set_member(path, value)) == (problem,)


def test_a_learner_without_id_and_identifier_is_a_problem() -> None:
    document = build_unsigned()
    del document["credentialSubject"]["id"]
    assert find_schema_problems(document) == ()
    del document["credentialSubject"]["identifier"]
    assert find_schema_problems(document) == (
        ("credentialSubject", "expected an id or an identifier of the learner"),
    )


def test_an_unknown_kind_of_achievement_lists_the_known() -> None:
    document = set_member("credentialSubject.achievement.achievementType", "Micro")
    ((member, reason),) = find_schema_problems(document)
    assert member == "credentialSubject.achievement.achievementType"
    assert reason.startswith('expected "Achievement" or ')
    assert reason.endswith("or a term of your own such as ext:Something")


def test_all_problems_are_listed_not_the_first() -> None:
    document = build_unsigned()
    del document["validFrom"], document["credentialSubject"]["achievement"]["name"]
    document["name"] = 5
    assert [member for member, _ in find_schema_problems(document)] == [
        "credentialSubject.achievement.name",
        "name",
        "validFrom",
    ]


def test_an_achievement_is_checked_by_itself() -> None:
    achievement = build_unsigned()["credentialSubject"]["achievement"]
    assert find_achievement_problems(achievement) == ()
    spoiled = copy.deepcopy(achievement) | {"creditsAvailable": "3", "inLanguage": "en_US"}
    del spoiled["criteria"]
    assert find_achievement_problems(spoiled) == (
        ("creditsAvailable", "expected a number, found text"),
        ("criteria", "it is missing"),
        ("inLanguage", LANGUAGE),
    )


def test_the_definitions_of_the_schema_are_there() -> None:
    assert {"Achievement", "Profile", "Evidence", "Result"} < load_definitions().keys()


def test_a_problem_in_another_language_member_is_found_wherever_it_is() -> None:
    document = set_member("credentialSubject.achievement.related", [])
    document["credentialSubject"]["achievement"]["related"] = [
        {"id": "urn:x:y", "type": ["Related"], "inLanguage": "xx_"}
    ]
    assert find_schema_problems(document) == (
        ("credentialSubject.achievement.related[0].inLanguage", LANGUAGE),
    )


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-01T00:00:00Z",
        "2026-01-01T00:00:00.123Z",
        "2026-02-28T23:59:59+13:45",
        "2024-02-29T12:00:00-14:00",
    ],
)
def test_st_12_moments_with_zone_are_read(text) -> None:
    assert parse_moment(text).utcoffset() is not None


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-01",
        "2026-01-01T00:00:00",
        "2026-01-01T00:00Z",
        "2026-W01-1T00:00:00Z",
        "20260101T000000Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T23:59:60Z",
        "2026-02-30T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-01-01 00:00:00Z",
        "2026-01-01t00:00:00z",
        "2026-01-01T00:00:00Z\n",
        "٢٠٢٦-01-01T00:00:00Z",
        "2026-01-01T00:00:00+24:00",
        "2026-01-01T00:00:00+14:01",
        "2026-01-01T00:00:00+1345",
        "0000-01-01T00:00:00Z",
        "",
    ],
)
def test_st_12_anything_else_is_no_moment(text) -> None:
    with pytest.raises(ValueError, match=r"expected|year|day|month|hour|second|offset"):
        parse_moment(text)
    document = build_unsigned() | {"validFrom": text}
    assert ("validFrom", MOMENT) in find_schema_problems(document)
