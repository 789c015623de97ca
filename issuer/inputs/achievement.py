"""Load the achievement that a batch awards, and refuse it before any row is blamed for it."""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from issuer.errors import BadInputError
from issuer.inputs.achievement_shape import complete_shape
from issuer.inputs.draft import PROBE, Awarder, build_issuer, draft_credential
from issuer.inputs.input_files import BYTE_ORDER_MARK, find_wide_encoding, read_input, refuse_file
from issuer.inputs.learner import Learner
from issuer.inputs.problems import Problem
from issuer.inputs.rubric import Level, RubricError, read_levels
from protocol.credentials.canonical import canonicalise
from protocol.credentials.contexts import CREDENTIAL_CONTEXTS
from protocol.credentials.guard import PLACE_RULES, Place, walk
from protocol.credentials.schema import find_achievement_problems, load_definitions
from protocol.credentials.strict_json import CREDENTIAL_LIMIT_BYTES, parse_object
from protocol.errors import GuardError, NotACredentialError, ProtocolError

PLACE: Final = "credentialSubject.achievement"
"""Where it stands in a credential."""
_REQUIRED_TEXTS: Final = ("name", "description")
_REMEDIES: Final[Mapping[str, str]] = {
    "G2": "remove it",
    "G3": "use the name of an Open Badges 3.0 member",
    "G4": "remove it",
    "G5": "write the full address, or another id",
    "G6": "remove it, or correct its name or the type of the object around it",
    "G8": "make the achievement simpler",
}


@dataclass(frozen=True, slots=True)
class Achievement:
    """An achievement that guard and schema accept, in its one written form."""

    content: Mapping[str, object]
    levels: tuple[Level, ...]
    described_ids: frozenset[str]
    """What its parts are called, and the issuer: a learner's evidence may not describe them too."""


def load_achievement(path: Path, awarder: Awarder) -> Achievement:
    """Return the achievement of a file.

    Raises:
        BadInputError: everything that is wrong with it, by member.
    """
    content = shape_achievement(_parse(path), awarder)
    faults = list(_find_faults(content))
    if faults:
        raise BadInputError(
            Problem(path, None, member or None, reason, remedy) for member, reason, remedy in faults
        )
    levels = read_levels(content)
    problem = _probe(path, content, levels, awarder)
    if problem is not None:
        raise BadInputError([problem])
    return Achievement(content, levels, frozenset({awarder.did, *find_described_ids(content)}))


def shape_achievement(document: Mapping[str, object], awarder: Awarder) -> dict[str, object]:
    """Return the achievement with arrays and types filled in, the issuer described once."""
    bare = {member: value for member, value in document.items() if member != "@context"}
    if "@context" in document and not _is_known_context(document["@context"]):
        bare = dict(document)
    return reduce_creator(complete_shape(bare, load_definitions()), awarder)


def reduce_creator(achievement: Mapping[str, object], awarder: Awarder) -> dict[str, object]:
    """Return the achievement; a creator that is the issuer has nothing but its DID and type.

    The issuer is meant by its DID, by the address of its web site, or by its name where no id is
    given. Other creators stay as they are.
    """
    creator = achievement.get("creator")
    if not isinstance(creator, Mapping) or not _names_issuer(creator, awarder):
        return dict(achievement)
    return {**achievement, "creator": {"id": awarder.did, "type": ["Profile"]}}


def find_described_ids(value: object) -> Iterator[str]:
    """Yield the id of every object that says more than its id."""
    if isinstance(value, Mapping):
        name = value.get("id")
        if isinstance(name, str) and len(value) > 1:
            yield name
        for inner in value.values():
            yield from find_described_ids(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from find_described_ids(inner)


def find_remedy(error: ProtocolError) -> str:
    """Return what to do about a refusal of the guard."""
    general = "correct it (Open Badges 3.0)"
    return _REMEDIES.get(error.rule, general) if isinstance(error, GuardError) else general


def find_place_faults(document: Mapping[str, object]) -> Iterator[tuple[str, str, str]]:
    """Yield (member, reason, remedy) for each single value that the guard refuses.

    What is inside a refused member is not mentioned too.
    """
    refused: list[str] = []
    for place in walk(document):
        if place.path.startswith(tuple(refused)):
            continue
        error = _refuse_place(place)
        if error is not None:
            refused += [f"{place.path}.", f"{place.path}["]
            yield error.member, error.reason, find_remedy(error)


def describe_schema(problems: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str, str]]:
    """Yield (member, reason, remedy) for each problem that the schema has."""
    for member, reason in problems:
        missing = reason == "it is missing"
        yield member, reason, "add it" if missing else "correct it (Open Badges 3.0)"


def parse_json_file(path: Path, remedy: str) -> dict[str, object]:
    """Return the JSON object of a file; a byte order mark is dropped.

    Raises:
        BadInputError: it is none.
    """
    data = read_input(path, CREDENTIAL_LIMIT_BYTES)
    encoding = find_wide_encoding(data)
    if encoding is not None:
        refuse_file(path, f"is in the encoding {encoding}, not UTF-8", "save it as UTF-8")
    try:
        return parse_object(data.removeprefix(BYTE_ORDER_MARK))
    except NotACredentialError as error:
        raise BadInputError([Problem(path, None, None, error.reason, remedy)]) from error


def _refuse_place(place: Place) -> GuardError | None:
    for rule in PLACE_RULES:
        try:
            rule(place)
        except GuardError as error:
            return error
    return None


def _parse(path: Path) -> dict[str, object]:
    document = parse_json_file(path, "give one Open Badges 3.0 Achievement as JSON in UTF-8")
    if "credentialSubject" in document:
        reason = "is a whole credential, not an achievement"
        refuse_file(path, reason, f"give only what stands in its {PLACE}")
    return document


def _is_known_context(context: object) -> bool:
    contexts = context if isinstance(context, list) else [context]
    return all(each in CREDENTIAL_CONTEXTS for each in contexts)


def _names_issuer(creator: Mapping[str, object], awarder: Awarder) -> bool:
    name = creator.get("id")
    if name is None:
        return creator.get("name") == awarder.name
    site = f"https://{awarder.domain}"
    return isinstance(name, str) and unquote(name.strip()) in (
        unquote(awarder.did),
        site,
        f"{site}/",
    )


def _find_faults(achievement: Mapping[str, object]) -> Iterator[tuple[str, str, str]]:
    guarded = list(find_place_faults(achievement))
    yield from guarded
    members = {member for member, _, _ in guarded}
    problems = find_achievement_problems(achievement)
    yield from describe_schema(each for each in problems if each[0] not in members)
    if guarded or problems:
        return
    yield from _find_blank_texts(achievement)
    try:
        read_levels(achievement)
    except RubricError as error:
        yield error.member, error.reason, "write the id of one of them, or leave it out"


def _find_blank_texts(achievement: Mapping[str, object]) -> Iterator[tuple[str, str, str]]:
    for member in _REQUIRED_TEXTS:
        if not _is_visible(achievement[member]):
            yield member, "has no visible character", "write it"
    criteria = achievement["criteria"]
    if isinstance(criteria, Mapping) and not ({"id", "narrative"} & criteria.keys()):
        yield "criteria", "has neither id nor narrative", "write what has to be shown to earn it"


def _is_visible(value: object) -> bool:
    return isinstance(value, str) and any(unicodedata.category(sign)[0] in "LNPS" for sign in value)


def _probe(
    path: Path, achievement: Mapping[str, object], levels: tuple[Level, ...], awarder: Awarder
) -> Problem | None:
    """Draft for nobody and let the guard judge: what it refuses then is the achievement's fault."""
    learner = Learner(
        row=0,
        name="Nobody",
        email=None,
        student_id=None,
        did=None,
        awarded_at=None,
        valid_until=None,
        level=levels[0] if levels else None,
        narrative=None,
        language=None,
        evidence=(),
    )
    credential = draft_credential(build_issuer(awarder), achievement, learner, PROBE)
    try:
        canonicalise(credential)
    except GuardError as error:
        member = error.member.removeprefix(PLACE).removeprefix(".")
        return Problem(path, None, member or None, error.reason, find_remedy(error))
    except ProtocolError as error:
        return Problem(path, None, None, str(error), find_remedy(error))
    return None
