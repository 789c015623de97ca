"""JS: bytes that two JSON readers read differently, or that hurt the reader."""

import json

import pytest

from protocol.credentials import guard, strict_json
from protocol.credentials.canonical import canonicalise
from protocol.credentials.credential import open_credential, parse_submission
from protocol.credentials.schema import find_schema_problems
from protocol.credentials.statement_guard import refuse_unlike_kinds
from protocol.credentials.strict_json import MEMBER_LIMIT, parse_object
from protocol.errors import GuardError, NotACredentialError, UnknownContextError
from tests.protocol.credentials import VECTORS, build_signed, build_unsigned, disable, load_base

pytestmark = pytest.mark.usefixtures("both_paths")
SUITE = sorted((VECTORS / "json_test_suite").glob("*.bin"))
BYTES = sorted((VECTORS / "json_bytes").iterdir())
OUR_REASONS = (
    "it is not one JSON object",
    "is written twice",
    "control character",
    "too large to be read alike",
)
"""RFC 8259 lets readers differ about these; a credential does not."""


def write(**members: str) -> bytes:
    """Write the good credential with some members' values as raw JSON."""
    text = json.dumps(load_base() | {name: f"@@{name}@@" for name in members})
    for name, raw in members.items():
        text = text.replace(f'"@@{name}@@"', raw)
    return text.encode()


def write_twice(first: str) -> bytes:
    return (
        b'{"%s": "did:web:stranger.example", ' % first.encode()
        + json.dumps(load_base()).encode()[1:]
    )


@pytest.mark.parametrize("path", BYTES, ids=lambda path: path.name)
def test_every_file_of_hostile_bytes_is_refused(path) -> None:
    with pytest.raises((NotACredentialError, GuardError)):
        canonicalise(parse_submission(path.read_bytes()))


def read_hooks() -> dict:
    """Return the guards that the decoder calls."""
    decoder = strict_json._DECODER
    names = ("object_pairs_hook", "parse_constant", "parse_int", "parse_float")
    return {name: getattr(decoder, name) for name in names}


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (write_twice("issuer"), "object_pairs_hook"),
        (write_twice("\\u0069ssuer"), "object_pairs_hook"),
        (write(credit="NaN"), "parse_constant"),
        (write(credit="-Infinity"), "parse_constant"),
        (write(credit="1e999"), "parse_float"),
    ],
    ids=["JS-01", "JS-02", "JS-03", "JS-03 infinity", "JS-04"],
)
def test_js_01_to_04_are_refused_and_pass_without_their_guard(data, rule, monkeypatch) -> None:
    with pytest.raises(NotACredentialError):
        parse_object(data)
    naive = {"object_pairs_hook": dict, "parse_constant": float, "parse_float": float}[rule]
    decoder = json.JSONDecoder(**(read_hooks() | {rule: naive}))
    monkeypatch.setattr(strict_json, "_DECODER", decoder)
    document = parse_object(data)
    assert document["issuer"] == load_base()["issuer"], "the stranger is overwritten, unseen"


@pytest.mark.parametrize(
    "number", [float("nan"), float("inf"), 1e300, 2**53, 1e-7, 0.1 + 0.2, -0.0]
)
def test_js_03_04_08_a_draft_in_memory_meets_the_same_rule(number, monkeypatch) -> None:
    document = build_unsigned()
    document["credentialSubject"]["creditsEarned"] = number
    with pytest.raises(GuardError, match="plain decimal"):
        canonicalise(document)
    disable(monkeypatch, guard.refuse_unlike_numbers)
    assert canonicalise(document)


@pytest.mark.parametrize("number", [0, 0.5, 3, 3.0, -7.25, 2**53 - 1, 123456789.012345, 0.0001])
def test_plain_numbers_are_accepted(number) -> None:
    document = build_unsigned()
    document["credentialSubject"]["creditsEarned"] = number
    assert canonicalise(document)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-8-sig", "latin-1"])
def test_js_05_another_encoding_is_refused(encoding) -> None:
    text = json.dumps(load_base() | {"name": "Pātea"}, ensure_ascii=False)
    data = text.replace("ā", "ä").encode(encoding)
    with pytest.raises(NotACredentialError):
        parse_object(data)


@pytest.mark.parametrize("raw", [r'"\ud800"', r'"\udc00\ud800"', r'"a\ud83d"'])
def test_js_06_half_a_character_is_refused(raw) -> None:
    with pytest.raises(NotACredentialError, match="half a character"):
        parse_object(write(name=raw))


def test_js_06_a_whole_pair_is_a_character() -> None:
    assert parse_object(write(name=r'"\ud83d\ude00"'))["name"] == "😀"


@pytest.mark.parametrize("data", [b"[" * 100_000, b'{"a":' * 5_000, b'{"a":[' * 40])
def test_js_07_nesting_is_bounded_before_parsing(data) -> None:
    with pytest.raises(NotACredentialError, match="nested deeper"):
        parse_object(data)


def test_js_07_brackets_inside_text_are_no_nesting() -> None:
    assert parse_object(write(name=json.dumps("[{" * 500)))


@pytest.mark.parametrize("raw", ["9007199254740992", "-9007199254740993", "9" * 4_301, "1e300"])
def test_js_08_numbers_beyond_what_every_reader_keeps_are_refused(raw) -> None:
    with pytest.raises(NotACredentialError, match="too large"):
        parse_object(write(credit=raw))


@pytest.mark.parametrize("raw", ["2.5", "2.50", "25e-1", "0.25E1"])
def test_js_09_one_value_in_many_spellings_is_shown_in_one(raw) -> None:
    document = build_signed()
    text = json.dumps(document).replace('"creditsAvailable": 2.5', f'"creditsAvailable": {raw}')
    opened = open_credential(parse_submission(text.encode()))
    assert opened.view == open_credential(document).view
    assert opened.leaf == open_credential(document).leaf


def test_js_09_a_number_written_as_text_is_a_schema_problem() -> None:
    document = build_unsigned()
    document["credentialSubject"]["achievement"]["creditsAvailable"] = "3"
    assert find_schema_problems(document) == (
        ("credentialSubject.achievement.creditsAvailable", "expected a number, found text"),
    )


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("creditsEarned", "3"),
        ("creditsEarned", "2.5E0"),
        ("creditsEarned", True),
        ("url", 2.5),
        ("url", False),
        ("activityStartDate", 20260101),
    ],
)
def test_js_09_one_statement_has_one_spelling(member, value, monkeypatch) -> None:
    """A number in an address, or a number as text, would be signed as something else is."""
    document = build_unsigned()
    document["credentialSubject"][member] = value
    with pytest.raises(GuardError, match=f"{member}: expected .*G7"):
        canonicalise(document)
    disable(monkeypatch, refuse_unlike_kinds)
    assert canonicalise(document)


def test_js_10_more_than_the_limit_is_refused_unread() -> None:
    with pytest.raises(NotACredentialError, match="larger than"):
        parse_object(b" " * ((1 << 20) + 1))


def test_js_11_members_are_bounded() -> None:
    members = {f"m{index}": index for index in range(MEMBER_LIMIT + 1)}
    with pytest.raises(NotACredentialError, match="more than 10000 members"):
        parse_object(json.dumps(members).encode())


@pytest.mark.parametrize("code", [0, 8, 0x0B, 0x1F, 0x7F, 0x85, 0x9F])
def test_js_12_control_characters_are_refused_in_file_and_draft(code, monkeypatch) -> None:
    document = build_unsigned() | {"name": f"Weld{chr(code)}ing"}
    with pytest.raises(NotACredentialError, match="control character"):
        parse_object(json.dumps(document).encode())
    with pytest.raises(GuardError, match="name: it holds the control character"):
        canonicalise(document)
    disable(monkeypatch, guard.refuse_unlike_text)
    assert canonicalise(document)


def test_js_12_line_ends_and_tabs_are_text() -> None:
    document = build_signed() | {"name": 'a\tb\nc\r"d"\\n'}
    assert open_credential(document).view["name"] == document["name"]


def test_js_15_names_that_scripts_misread_are_refused() -> None:
    with pytest.raises(GuardError, match="G6"):
        canonicalise(build_unsigned() | {"__proto__": {"type": ["Evidence"]}})


def find_refusal(data: bytes) -> str | None:
    try:
        parse_object(data)
    except NotACredentialError as error:
        return error.reason
    return None


@pytest.mark.parametrize("path", SUITE, ids=lambda path: path.name)
def test_the_json_test_suite_is_read_or_refused_but_never_crashes(path) -> None:
    """Nothing that must not parse does; what must is read, or refused for a rule of ours."""
    refusal = find_refusal(path.read_bytes())
    if path.name.startswith("n_"):
        assert refusal is not None
    elif path.name.startswith("y_"):
        assert refusal is None or any(reason in refusal for reason in OUR_REASONS)


@pytest.mark.parametrize("value", [5, "x", True, [5], {"x": 5}, {"id": "urn:x:y"}, ["x"], [{}]])
@pytest.mark.parametrize("member", sorted(build_signed()))
def test_js_16_any_shape_at_any_member_is_a_refusal_or_a_problem_never_a_crash(
    member, value
) -> None:
    document = build_signed() | {member: value}
    try:
        open_credential(document)
    except (GuardError, UnknownContextError):
        return
    find_schema_problems(document)


def test_the_whole_suite_and_all_hostile_bytes_are_run() -> None:
    assert len(SUITE) == 318
    assert len(BYTES) == 16
