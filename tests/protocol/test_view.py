"""The view is the one that the plain way gives, on credentials by chance, and on hostile ones."""

import json
from random import Random

import pytest

from protocol.credentials.canonical import canonicalise
from protocol.credentials.nquads import XSD_STRING, Literal, index_canonical, parse_canonical
from protocol.credentials.nquads import split_literal as split
from protocol.credentials.shapes import Canonicaliser
from protocol.credentials.view import _remember_plan, _write, build_view
from protocol.errors import GuardError, ProtocolError
from tests.protocol import plain_view
from tests.protocol.credentials import build_unsigned
from tests.protocol.shapes.test_equal_to_json_ld import draw_documents

IN_EVERY_RUN = 5_000
SEEDS = range(11, 16)
FORM = canonicalise(build_unsigned()).nquads
ROOT = build_unsigned()["id"]


def write(view: dict) -> str:
    """Return the view with the order of its members and lists."""
    return json.dumps(view)


def draw_forms(seed: int, count: int) -> list[tuple[bytes, str]]:
    canonicaliser, forms = Canonicaliser(capacity=32), []
    for document in draw_documents(Random(seed), count):
        try:
            nquads = canonicaliser.canonicalise(document).nquads
        except ProtocolError:
            continue
        forms.append((nquads, document["id"]))
    return forms


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_the_view_is_the_plain_one(seed) -> None:
    forms = draw_forms(seed, IN_EVERY_RUN // len(SEEDS))
    assert len(forms) > IN_EVERY_RUN // len(SEEDS) // 2
    for nquads, root in forms:
        assert write(build_view(nquads, root)) == write(plain_view.build_view(nquads, root))


@pytest.mark.slow
def test_statements_are_split_as_the_strict_reader_splits_them() -> None:
    for nquads, _ in draw_forms(99, 400):
        split_quads = [
            (subject, predicate, thing)
            for subject, arcs in index_canonical(nquads).items()
            for predicate, things in arcs.items()
            for thing in things
        ]
        quads = parse_canonical(nquads)
        # Both keep what stands together together, so that the order is the same too.
        assert len(split_quads) == len(quads)
        for (subject, predicate, thing), quad in zip(split_quads, quads, strict=True):
            assert subject in (quad.subject.name, f"<{quad.subject.name}>")
            assert predicate == f"<{quad.predicate}>"
            if isinstance(quad.object, Literal):
                text, datatype, language = split(thing)
                assert Literal(text, datatype or XSD_STRING, language) == quad.object
            else:
                assert thing in (quad.object.name, f"<{quad.object.name}>")


TEXTS = (
    '" .',
    'a"^^<https://example.org/x> .',
    'b"@mi',
    "_:c14n0",
    "<urn:x>",
    "a\tb\nc\rd\\e\\",
    '\\"^^<',
    " .",
    " ",
    "\u2028 .",
)


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_that_looks_like_the_end_of_a_statement_is_shown_whole(text) -> None:
    document = build_unsigned()
    document["credentialSubject"]["achievement"]["criteria"]["narrative"] = text
    document["name"] = text
    nquads = canonicalise(document).nquads
    view = build_view(nquads, document["id"])
    assert view["name"] == text
    assert view["credentialSubject"]["achievement"]["criteria"]["narrative"] == text
    assert write(view) == write(plain_view.build_view(nquads, document["id"]))


@pytest.mark.parametrize(
    "nquads",
    [
        FORM[:-1],
        FORM + b"x",
        FORM + b"x\n",
        FORM + b" .\n",
        FORM + b"_:c14n99 .\n",
        FORM + b'<urn:a b> <urn:p> "x" .\n',
        FORM + f'<{ROOT}> urn:p "x" .\n'.encode(),
        FORM.replace(b" .\n", b"\n", 1),
    ],
)
def test_what_is_no_canonical_form_has_no_view(nquads) -> None:
    with pytest.raises(GuardError):
        build_view(nquads, ROOT)


def test_a_changed_view_does_not_change_the_next() -> None:
    build_view(FORM, ROOT)["type"].append("Forged")
    assert write(build_view(FORM, ROOT)) == write(plain_view.build_view(FORM, ROOT))


@pytest.mark.parametrize("longer", ["urn:p1", "urn:p!", "urn:pA"])
def test_a_thing_that_two_properties_name_is_shown_by_the_first_of_them(longer) -> None:
    """Where one is the other's beginning, the bracket behind it must not count as a letter."""
    lines = (f"<{longer}> _:c14n0", "<urn:p> _:c14n0")
    nquads = "".join(f"<urn:root> {each} .\n" for each in lines) + '_:c14n0 <urn:n> "x" .\n'
    view = build_view(nquads.encode(), "urn:root")
    assert view["urn:p"] == {"urn:n": "x"}
    assert write(view) == write(plain_view.build_view(nquads.encode(), "urn:root"))


def test_how_a_strangers_classes_and_properties_are_shown_is_not_kept() -> None:
    build_view(FORM, ROOT)
    before = _remember_plan.cache_info().currsize
    for number in range(20):
        document = build_unsigned()
        document["type"].append(f"https://stranger.example/classes/{number}")
        nquads = canonicalise(document).nquads
        nquads += f'<{ROOT}> <https://stranger.example/properties/{number}> "x" .\n'.encode()
        assert write(build_view(nquads, ROOT)) == write(plain_view.build_view(nquads, ROOT))
    assert before > 0
    assert _remember_plan.cache_info().currsize == before


@pytest.mark.parametrize("seed", range(5))
def test_values_are_ordered_as_their_json_is(seed) -> None:
    draw = Random(seed)

    def make(depth: int) -> object:
        kind = draw.randrange(7 if depth else 4)
        if kind == 0:
            return draw.choice((True, False, 0, -7, 0.5, 1e20))
        if kind <= 3:
            return "".join(draw.choices('ab"\\\u00e9\u2028\U0001f393\n\t 0', k=draw.randrange(4)))
        if kind == 4:
            return [make(depth - 1) for _ in range(draw.randrange(3))]
        names = ("id", "type", "a", 'b"', "\u00e9")
        return {name: make(depth - 1) for name in draw.sample(names, draw.randrange(4))}

    for _ in range(500):
        value = make(3)
        assert _write(value) == json.dumps(value, sort_keys=True, ensure_ascii=False)
