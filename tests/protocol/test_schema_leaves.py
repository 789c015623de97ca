"""What is asked of single texts says yes only where schema and prose, asked in full, do."""

import copy
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from random import Random

import pytest

from protocol.credentials.schema import find_schema_problems
from protocol.credentials.schema_leaves import Followed, TextRules, follow_schema
from tests.protocol.credentials import build_unsigned
from tests.protocol.shapes.documents import ADDRESSES, TAGS, TEXTS, draw_text, list_places

ROUNDS = 4_000
MOMENTS = (
    "2025-12-31T23:59:59Z", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00.0Z",
    "2026-01-01T13:00:00+13:00", "2026-01-01T12:59:59+13:00", "2025-12-31T12:00:01-12:00",
    "2030-01-01T00:00:00Z", "2030-01-01", "2030-01-01T00:00:00", "2030-02-30T00:00:00Z",
    "2030-01-01T24:00:00Z", "2030-01-01t00:00:00z", "2030-01-01T00:00:00+14:01",
    "2030-01-01T00:00:00+14:00", "0001-01-01T00:00:00+14:00", "", "9999-12-31T23:59:59-14:00",
    "9999-12-31T23:59:59Z", "0000-01-01T00:00:00Z", "2030-01-01T00:00:60Z",
    "2030-01-01T00:00:00Z\n", "2030-01-01T00:00:00.1234567Z", "٢٠٣٠-01-01T00:00:00Z", "1999-12-31",
)  # fmt: skip
TERMS = (
    "Profile", "Achievement", "Evidence", "AchievementSubject", "OpenBadgeCredential", "Result",
    "VerifiableCredential", "AchievementCredential", "ext:Level", "ext:", "ext:a b", "Ext:Level",
    "ext", "ext:Level\n", "MicroCredential", "Certificate", "CFItem", "Alignment",
    "IdentityObject", "name", "emailAddress", "sourcedId", "ResultDescription", "Status",
    "LetterGrade", "RubricCriterionLevel", "1EdTechJsonSchemaValidator2019", "Address",
    "GeoCoordinates", "Image", "+64", "+6421", "a@b.example",
    "https://www.w3.org/ns/credentials/v2", "en", "mi", "pt-BR", "e", "english please", "en\n",
    "--03-01",
)  # fmt: skip
Path = tuple[object, ...]
Edit = Callable[[dict], object]


def add_everything(document: dict) -> None:
    """Give it members of all the forms that the schema asks for."""
    achievement = document["credentialSubject"]["achievement"]
    achievement |= {"achievementType": "MicroCredential", "inLanguage": "mi"}
    document["credentialSubject"] |= {
        "activityStartDate": "2025-01-01T00:00:00Z",
        "result": [{"type": ["Result"], "status": "Completed", "value": "pass"}],
    }
    document["issuer"] |= {
        "email": "a@issuer.example",
        "phone": "+6421000000",
        "dateOfBirth": "1999-12-31",
        "address": {"type": ["Address"], "addressCountryCode": "NZ"},
        "otherIdentifier": [
            {"type": "IdentifierEntry", "identifier": "1", "identifierType": "ext:Own"}
        ],
    }


def find_texts(document: dict) -> list[Path]:
    """Return where each text stands, but for the begin, which may not be followed."""
    return [path for path in walk(document) if path != ("validFrom",)]


def walk(value: object, path: Path = ()) -> Iterator[Path]:
    if isinstance(value, str):
        yield path
    elif isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from walk(inner, (*path, key))


def read(document: dict, path: Path) -> object:
    value: object = document
    for step in path:
        value = value[step]
    return value


def put(document: dict, texts: Mapping[Path, str]) -> dict:
    """Return a copy with these texts in their places."""
    changed = copy.deepcopy(document)
    for (*steps, last), text in texts.items():
        read(changed, tuple(steps))[last] = text
    return changed


def follow(document: dict, paths: list[Path]) -> TextRules | None:
    followed = {path: Followed(read(document, path)) for path in paths}
    return follow_schema(put(document, followed), [*followed.values()])


def make(*edits: Edit) -> dict:
    document = build_unsigned()
    for edit in (add_everything, *edits):
        edit(document)
    assert find_schema_problems(document) == ()
    return document


def draw_spoilt(draw: Random) -> str:
    chance = draw.random()
    if chance < 0.3:
        return draw.choice(TERMS)
    if chance < 0.6:
        return draw.choice(MOMENTS)
    return draw_text(draw) if chance < 0.7 else draw.choice((*TEXTS, *ADDRESSES, *TAGS))


@pytest.mark.parametrize("seed", range(3))
def test_a_yes_is_a_yes_of_the_schema_and_of_the_prose(seed: int) -> None:
    draw, answers = Random(seed), Counter()
    document = make()
    paths = find_texts(document)
    rules = follow(document, paths)
    original = {path: str(read(document, path)) for path in paths}
    assert rules.hold([*original.values()])
    for _ in range(ROUNDS // 3):
        spoilt = {path: draw_spoilt(draw) for path in draw.sample(paths, draw.choice((1, 1, 2, 4)))}
        texts = {**original, **spoilt}
        holds, problems = rules.hold([*texts.values()]), find_schema_problems(put(document, spoilt))
        assert not (holds and problems), (spoilt, problems)
        answers[holds, not problems] += 1
    assert answers[True, True] > ROUNDS / 20
    assert answers[False, False] > ROUNDS / 20


def test_every_text_with_every_spoilt_one() -> None:
    """One text at a time, so that no other's no hides what is not asked of it."""
    document = make()
    paths = find_texts(document)
    rules = follow(document, paths)
    original = {path: str(read(document, path)) for path in paths}
    answers: Counter[Path] = Counter()
    for path in paths:
        for text in {*MOMENTS, *TERMS, *TAGS, "", "\x00", "\U0001f600"}:
            if rules.hold([*{**original, path: text}.values()]):
                assert find_schema_problems(put(document, {path: text})) == (), (path, text)
            else:
                answers[path] += 1
    asked = {path[-1] if isinstance(path[-1], str) else path[-2] for path in answers}
    assert asked >= {
        *("@context", "type", "validUntil", "awardedDate", "inLanguage", "activityStartDate"),
        *("achievementType", "identityType", "status", "dateOfBirth"),
        *("resultType", "targetType", "identifierType"),
    }


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("begin", ["2026-01-01T00:00:00Z", "2026-01-01T12:59:59.5+13:00"])
def test_an_end_is_held_to_the_begin_it_was_followed_with(begin: str, moment: str) -> None:
    document = make(lambda each: each.update(validFrom=begin, validUntil="2031-01-01T00:00:00Z"))
    rules = follow(document, [("validUntil",)])
    plain = find_schema_problems(document | {"validUntil": moment}) == ()
    assert rules.hold([moment]) is plain


def test_each_begin_has_rules_of_its_own() -> None:
    early = follow(make(), [("validUntil",)])
    late = follow(
        make(lambda each: each.update(validFrom="2029-12-31T00:00:00Z")), [("validUntil",)]
    )
    assert (early.hold(["2029-01-01T00:00:00Z"]), late.hold(["2029-01-01T00:00:00Z"])) == (
        True,
        False,
    )
    assert early.hold(["2030-01-01T00:00:00Z"])
    assert late.hold(["2030-01-01T00:00:00Z"])


@pytest.mark.parametrize("tag", [*TAGS, "mi", "pt-BR", "en\n", "e", "zh-Hant-TW", "x-a", "%b"])
def test_a_language_is_one_wherever_it_stands(tag: str) -> None:
    document = make()
    for path in (("inLanguage",), ("credentialSubject", "achievement", "inLanguage")):
        plain = find_schema_problems(put(document, {path: tag})) == ()
        assert follow(document, [path]).hold([tag]) is plain


def test_what_may_be_one_of_several_stays_the_one_that_it_was() -> None:
    """A term of one's own may be right too, but was not followed: that is asked in full."""
    path = ("credentialSubject", "achievement", "achievementType")
    document = make()
    rules = follow(document, [path])
    assert rules.hold(["Certificate"])
    assert not rules.hold(["ext:Something"])
    assert not rules.hold(["Something"])
    own = follow(put(document, {path: "ext:Mine"}), [path])
    assert own.hold(["ext:Something"])
    assert not own.hold(["Certificate"])


def test_a_begin_is_not_followed() -> None:
    assert follow(make(), [("validFrom",), ("name",)]) is None


@pytest.mark.parametrize(
    "edit",
    [
        lambda each: each.update(inLanguage="no language"),
        lambda each: each.update(validUntil="2001-01-01T00:00:00Z"),
        lambda each: each.update(awardedDate="yesterday"),
        lambda each: each.pop("issuer"),
        lambda each: each["credentialSubject"]["achievement"].update(creditsAvailable="1"),
    ],
)
def test_what_is_not_accepted_is_not_followed(edit: Edit) -> None:
    document = make()
    edit(document)
    assert follow(document, [("name",)]) is None


def test_all_that_the_schema_asks_of_a_text_is_asked_of_one_in_its_place() -> None:
    """All is well, only one rule is missing: some text is then wrongly held to be right."""
    document = make()
    paths = [("validUntil",), ("inLanguage",), ("awardedDate",)]
    rules = follow(document, paths)
    bad = [["2026-01-01"], ["no language"], ["yesterday"], ["2001-01-01T00:00:00Z"]]
    good = [str(read(document, path)) for path in paths]
    for number, (text,) in zip((0, 1, 2, 0), bad, strict=True):
        texts = [text if at == number else each for at, each in enumerate(good)]
        assert not rules.hold(texts)
        assert TextRules(()).hold(texts)


def test_texts_are_followed_without_changing_the_answer() -> None:
    """A followed text is a text to every rule: all answers are the plain one's."""
    draw, document = Random(5), make()
    paths = find_texts(document)
    places = len(list(list_places(document)))
    assert places > len(paths) > 60
    for _ in range(200):
        spoilt = {path: draw_spoilt(draw) for path in draw.sample(paths, 1)}
        plain = put(document, spoilt)
        followed = put(document, {path: Followed(text) for path, text in spoilt.items()})
        assert find_schema_problems(followed) == find_schema_problems(plain)
