"""What is seen at a glance is what a look at every character finds."""

import json
from random import Random

import pytest

from protocol.credentials.credential import PROOF_MEMBERS, _has_plain_values
from protocol.credentials.guard import check_values
from protocol.credentials.strict_json import MEMBER_LIMIT, find_text_problem, parse_object
from protocol.errors import NotACredentialError

BLOCK = 0x400


def is_refused(text: str) -> bool:
    try:
        parse_object(f'{{"a": "{text}"}}'.encode())
    except NotACredentialError:
        return True
    return False


def list_characters(first: int) -> list[str]:
    codes = [*range(first, first + BLOCK)]
    return [chr(code) for code in codes if not 0xD800 <= code <= 0xDFFF]


@pytest.mark.parametrize("first", [0, 0x400, 0xFC00, 0x1F000, 0x10FC00])
def test_no_unwanted_character_slips_through_whatever_stands_beside_it(first) -> None:
    for character in list_characters(first):
        for beside in ("", "°", "ā", "王"):
            written = json.dumps(beside + character, ensure_ascii=False)[1:-1]
            unwanted = find_text_problem(character) is not None
            # JSON itself has no tab and no line's end within a text, only escapes for them.
            assert is_refused(written) is unwanted, hex(ord(character))


@pytest.mark.parametrize("code", [*range(0x20), *range(0x7F, 0xC0), 0xD800, 0xDFFF])
def test_an_unwanted_character_is_seen_when_it_is_escaped(code) -> None:
    assert is_refused(f"\\u{code:04x}") is (find_text_problem(chr(code)) is not None)


def test_members_of_a_proof_that_look_plain_are_refused_by_no_rule() -> None:
    draw = Random(3)
    plain = 0
    for _ in range(2_000):
        alphabet = [chr(code) for code in range(draw.choice((0, 0x21)), draw.choice((0x7F, 0x180)))]
        proof: dict[str, object] = {
            member: "".join(draw.choices(alphabet, k=draw.randrange(12)))
            for member in PROOF_MEMBERS
        }
        if _has_plain_values(proof):
            plain += 1
            check_values(proof)
    assert plain > 10


@pytest.mark.parametrize("value", ["", " ", "a b", "\n", "ā", None, 1, True, [], {}, ["a"]])
def test_anything_else_is_left_to_the_rules(value) -> None:
    assert not _has_plain_values({"created": value})


@pytest.mark.parametrize("wrap", [lambda members: members, lambda members: {"a": members}])
def test_more_members_than_a_credential_has_are_refused_without_any_nesting(wrap) -> None:
    members = {f"m{number}": 1 for number in range(MEMBER_LIMIT)}
    parse_object(json.dumps(members).encode())
    with pytest.raises(NotACredentialError, match="more than 10000 members"):
        parse_object(json.dumps(wrap(members | {"one more": 1})).encode())
