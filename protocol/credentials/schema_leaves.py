"""What the schema asks of single texts of a document that is known to be as it wants it.

The schema's answer about a document depends on its structure, and on what its patterns, formats and
choices say to single texts. So where a document was accepted, one of the same structure is accepted
too if each of them says to its own text what it said to the first's. Which are asked is found by
following them once (`follow_schema`), without knowing the schema; what the prose demands besides is
added by hand. As everywhere, only a yes is believed: whoever gets a no asks `find_schema_problems`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Self

from protocol.credentials.schema import (
    FORMATS,
    find_schema_problems,
    is_language,
    load_schema,
    parse_moment,
)
from protocol.credentials.schema_fast import Check, SchemaCompiler

_ASKING: Final = frozenset({"enum", "pattern", "format"})
"""Keywords that look at the text of a text."""


class Followed(str):
    """A text of a document that remembers what was asked of it."""

    __slots__ = ("asked",)
    asked: dict[Check, bool]
    """With the answers."""

    def __new__(cls, text: str) -> Self:
        """Follow a text that was asked nothing yet."""
        followed = super().__new__(cls, text)
        followed.asked = {}
        return followed


@dataclass(frozen=True, slots=True)
class TextRules:
    """What must be said to each text, so that the document stays as the schema wants it."""

    rules: tuple[tuple[int, Check, bool], ...]
    """Which text, what is asked of it, the answer."""

    def hold(self, texts: Sequence[str]) -> bool:
        """Tell whether a document with these texts in their places is as the schema wants it."""
        for number, check, answer in self.rules:  # noqa: SIM110 (a generator costs as much again)
            if check(texts[number]) is not answer:
                return False
        return True


def follow_schema(document: Mapping[str, object], texts: Sequence[Followed]) -> TextRules | None:
    """Return what schema and prose ask of the texts of a document in which they stand.

    None if they do not accept the document as it is, or if ``validFrom`` is one of the texts.
    """
    if find_schema_problems(document) or isinstance(document.get("validFrom"), Followed):
        return None
    if not _load_follower()(document):
        return None
    _follow_prose(document)
    return TextRules(
        tuple(
            (number, check, answer)
            for number, text in enumerate(texts)
            for check, answer in text.asked.items()
        )
    )


class _Follower(SchemaCompiler):
    """Compiles a schema so that texts remember what it asks of them."""

    def compile_keyword(self, keyword: str, rule: Any, schema: Mapping[str, Any]) -> Check:  # noqa: ANN401 (JSON)
        plain = super().compile_keyword(keyword, rule, schema)
        if keyword not in _ASKING:
            return plain

        def follow(value: Any) -> bool:  # noqa: ANN401 (JSON)
            answer = plain(value)
            if isinstance(value, Followed):
                value.asked[plain] = answer
            return answer

        return follow


@cache
def _load_follower() -> Check:
    schema = load_schema()
    return _Follower(schema.get("$defs", {}), FORMATS).compile(schema)


def _follow_prose(document: Mapping[str, object]) -> None:
    """Ask of texts what `find_schema_problems` asks beside the schema."""
    for text in _list_languages(document):
        text.asked[is_language] = True
    end, start = document.get("validUntil"), document.get("validFrom")
    if isinstance(end, Followed) and isinstance(start, str):
        begun = parse_moment(start)
        end.asked[lambda text: parse_moment(text) >= begun] = True


def _list_languages(value: object) -> list[Followed]:
    if isinstance(value, list):
        return [each for item in value for each in _list_languages(item)]
    if not isinstance(value, Mapping):
        return []
    own = value.get("inLanguage")
    found = [own] if isinstance(own, Followed) else []
    return found + [each for inner in value.values() for each in _list_languages(inner)]
