"""The view is the one that the plain way gives, on credentials by chance, and on hostile ones."""

import json
from random import Random

import pytest

from protocol.credentials.canonical import canonicalise
from protocol.credentials.nquads import XSD_STRING, Literal, index_canonical, parse_canonical
from protocol.credentials.nquads import split_literal as split
from protocol.credentials.shapes import Canonicaliser
from protocol.credentials.view import build_view
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
