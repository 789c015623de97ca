"""A folded template says a part of what its template says, never more, and never another thing."""

import copy
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random

import pytest

from protocol.credentials.canonical import canonicalise
from protocol.credentials.shapes import Canonicaliser, Folded
from protocol.credentials.shapes.folding import find_positions, fold
from protocol.credentials.shapes.learning import UnlearnableError, learn
from protocol.credentials.shapes.reasons import NotProvedError, Reason
from protocol.credentials.shapes.shape import Flat
from protocol.credentials.shapes.template import Template
from protocol.errors import CanonicalisationDifferenceError, ProtocolError
from tests.protocol.credentials import build_unsigned
from tests.protocol.shapes.documents import (
    ADDRESSES,
    TEXTS,
    draw_alike,
    draw_like,
    draw_shape,
)

SEEDS = range(6)
SHAPES = 25
ROWS = 24
STEM = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"


@dataclass(frozen=True)
class Learned:
    """A template, the values of the credential it was learned from, and what each stands under."""

    template: Template
    flat: Flat
    keys: Mapping[int, str]

    def list_open(self) -> list[int]:
        """Return the positions of texts that may be opened."""
        conditions = self.template.conditions
        bound = {at for pair in conditions.same for at in pair}
        return [
            at
            for at in sorted(self.template.writers)
            if isinstance(self.flat[at], str) and at not in bound
        ]

    def replace(self, positions: Sequence[int], row: Sequence[str]) -> Flat:
        """Return the values of a credential that has these texts there, and else the same."""
        flat = list(self.flat)
        for at, text in zip(positions, row, strict=True):
            flat[at] = text
        return flat

    def ask(self, flat: Flat) -> bytes | None:
        """Return what the template itself says of a credential."""
        if not self.template.conditions.hold(flat):
            return None
        try:
            return self.template.fill(flat)
        except NotProvedError:
            return None

    def build(self, flat: Flat) -> dict[str, object]:
        return self.template.shape.rebuild(flat)


def learn_from(document: dict) -> Learned | None:
    try:
        template = learn(document, canonicalise(document).nquads)
    except (ProtocolError, UnlearnableError):
        return None
    flat = template.shape.flatten(document)
    assert flat is not None
    return Learned(template, flat, {leaf.position: leaf.key for leaf in template.shape.leaves})


def draw_learned(draw: Random, count: int) -> Iterator[Learned]:
    while count:
        kind = draw.random()
        document = draw_shape(draw) if kind < 0.6 else draw_alike(draw)
        learned = learn_from(build_unsigned() if kind > 0.85 else document)
        if learned is not None:
            count -= 1
            yield learned


def draw_row(draw: Random, learned: Learned, positions: Sequence[int], odd: float) -> list[str]:
    """Return texts: mostly such as the learned ones, some odd, some equal to one that is there."""
    row: list[str] = []
    for at in positions:
        chance, own = draw.random(), str(learned.flat[at])
        if chance < odd / 3:
            row.append(draw.choice((*TEXTS, *ADDRESSES)))
        elif chance < odd * 2 / 3:
            row.append(str(draw.choice(learned.flat[1:])))
        elif chance < odd and row:
            row.append(draw.choice(row))
        elif own in "abcdef" * 2:  # of what is nearly alike
            row.append(draw.choice("abcdef"))
        else:
            row.append(str(draw_like(draw, learned.keys[at], own)))
    return row


def draw_rows(draw: Random, learned: Learned, positions: Sequence[int]) -> list[tuple[str, ...]]:
    odd = draw.choice((0.0, 0.01, 0.1, 0.3))
    return [tuple(draw_row(draw, learned, positions, odd)) for _ in range(ROWS)]


# By chance.


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_folded_says_what_its_template_says_or_nothing(seed: int) -> None:
    draw, fates = Random(seed), Counter()
    for learned in draw_learned(draw, SHAPES):
        texts = learned.list_open()
        positions = draw.sample(texts, draw.randrange(1, len(texts) + 1))
        folded = fold(learned.template, learned.flat, positions)
        rows = draw_rows(draw, learned, positions)
        found = folded.fill(rows)
        assert found == [each for row in rows for each in folded.fill([row])], "one by one"
        for row, nquads in zip(rows, found, strict=True):
            flat = learned.replace(positions, row)
            assert nquads in (None, learned.ask(flat))
            fates["filled" if nquads is not None else "left"] += 1
            fates["left by it alone"] += nquads is None and learned.ask(flat) is not None
            if nquads is not None and draw.random() < 0.1:
                assert nquads == canonicalise(learned.build(flat)).nquads
                fates["asked of pyld"] += 1
    assert fates["filled"] > fates["left"] > 0
    assert fates["left by it alone"] == 0, "nothing is lost by folding"
    assert fates["asked of pyld"] > 10


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_columns_are_filled_as_each_credential_by_itself(seed: int) -> None:
    draw, filled = Random(100 + seed), 0
    for learned in draw_learned(draw, SHAPES):
        positions = learned.list_open()
        flats = [
            flat
            for row in draw_rows(draw, learned, positions)
            if learned.template.conditions.hold(flat := learned.replace(positions, row))
        ]
        forms = [learned.ask(flat) for flat in flats]
        good = [flat for flat, form in zip(flats, forms, strict=True) if form is not None]
        if good:
            assert learned.template.fill_all(good) == [each for each in forms if each is not None]
        filled += len(good)
        if len(good) < len(flats):
            with pytest.raises(NotProvedError):
                learned.template.fill_all(flats)
    assert filled > SHAPES * ROWS / 3


# What `fold` refuses.


def make(*edits: Callable[[dict], object]) -> dict:
    document = build_unsigned()
    for edit in edits:
        edit(document)
    return document


def mark(document: dict, *paths: tuple) -> tuple[dict, list[str]]:
    """Return a copy with a mark at each of these places, and the marks."""
    marked, marks = copy.deepcopy(document), [f"{STEM}-{number}" for number in range(len(paths))]
    for (*steps, last), text in zip(paths, marks, strict=True):
        place = marked
        for step in steps:
            place = place[step]
        place[last] = text
    return marked, marks


def fold_at(document: dict, *paths: tuple) -> Folded | None:
    canonicaliser = Canonicaliser()
    canonicaliser.canonicalise(document)
    return canonicaliser.fold(document, *mark(document, *paths))


NAME = ("credentialSubject", "identifier", 1, "identityHash")
ID = ("id",)
SUBJECT = ("credentialSubject", "id")
PAGE = ("evidence", 1, "id")
TITLE = ("evidence", 0, "name")
OTHER_TITLE = ("evidence", 1, "name")
UNTIL = ("validUntil",)
NEVER_OPEN: Mapping[str, tuple] = {
    "a type": ("issuer", "type", 0),
    "a whole type": ("credentialStatus", "type"),
    "a context": ("@context", 0),
    "an address that stands twice": ("issuer", "id"),
    "the same address elsewhere": ("credentialSubject", "achievement", "creator", "id"),
    "a number": ("credentialSubject", "achievement", "creditsAvailable"),
    "true or false": ("credentialSubject", "identifier", 0, "hashed"),
}


@pytest.mark.parametrize("name", NEVER_OPEN)
def test_what_decides_more_than_itself_is_never_open(name: str) -> None:
    assert fold_at(make(), NAME) is not None
    assert fold_at(make(), NEVER_OPEN[name]) is None
    assert fold_at(make(), NAME, NEVER_OPEN[name]) is None


def test_a_position_that_is_pinned_or_bound_or_no_text_is_refused() -> None:
    learned = learn_from(make())
    fates: Counter[str] = Counter()
    for leaf in learned.template.shape.leaves:
        at = leaf.position
        if at in learned.list_open():
            assert fold(learned.template, learned.flat, [at]).fill([(learned.flat[at],)])
            continue
        fates["number"] += at in learned.template.writers and leaf.kind is not str
        fates["pinned"] += at in learned.template.conditions.pinned_at
        fates["bound"] += any(at in pair for pair in learned.template.conditions.same)
        with pytest.raises(UnlearnableError):
            fold(learned.template, learned.flat, [at])
    assert fates.keys() == {*+fates} == {"number", "pinned", "bound"}


def test_marks_are_found_where_they_are_all_that_differs() -> None:
    learned, document = learn_from(make()), make()
    shape, flat = learned.template.shape, learned.flat
    marked, marks = mark(document, NAME, TITLE, ID)
    positions = find_positions(shape, flat, shape.flatten(marked), marks)
    assert [learned.flat[at] for at in positions] == ["Wiremu", "Reflection", document["id"]]
    twice = mark(marked, UNTIL)[0]
    more = marked | {"awardedDate": "2025-12-25T10:00:00+13:00"}
    for other, names in (
        (twice, marks),
        (more, marks),
        (marked, marks[:2]),
        (marked, [*marks, "x"]),
    ):
        with pytest.raises(UnlearnableError):
            find_positions(shape, flat, shape.flatten(other), names)


def test_a_credential_of_another_shape_is_not_folded() -> None:
    canonicaliser = Canonicaliser()
    canonicaliser.canonicalise(make())
    document = make(lambda each: each.pop("inLanguage"))
    assert canonicaliser.fold(document, *mark(document, NAME)) is None
    assert canonicaliser.fold(make(), *mark(document, NAME)) is None


def test_what_its_template_does_not_fill_fills_nothing_when_folded() -> None:
    """Two things in the constant part are alike: JSON-LD tells them apart in another way."""
    canonicaliser = Canonicaliser()
    canonicaliser.canonicalise(make(give_things_below))
    document = make(give_things_below)
    document["evidence"][1]["alignment"][0]["targetName"] = "a"
    canonicaliser.canonicalise(document)
    assert canonicaliser.counts.slow[Reason.ALIKE_NODES] == 1
    folded = canonicaliser.fold(document, *mark(document, NAME))
    assert folded is not None
    assert folded.fill([("Mere",), ("Wiremu",)]) == [None, None]


def test_one_object_of_a_constant_subject_has_a_name_and_another_has_none() -> None:
    """Which line comes first is decided by a label, and nothing else in either is open."""

    def edit(document: dict) -> None:
        alignment = document["credentialSubject"]["achievement"]["alignment"]
        alignment.append({**alignment[0], "id": "urn:a:b"})

    document = make(edit)
    folded = fold_at(document, *PATHS)
    rows = [make_row(number) for number in range(4)]
    assert folded.fill(rows) == [canonicalise(build(document, row)).nquads for row in rows]


# One row of many.

PATHS = (NAME, ID, SUBJECT, PAGE, TITLE, OTHER_TITLE, UNTIL)


def make_row(number: int, **others: str) -> tuple[str, ...]:
    row = {
        "name": f"Learner {number}",
        "id": f"urn:uuid:{number}",
        "subject": f"did:example:{number}",
        "page": f"https://learner.example/{number}",
        "title": f"One {number}",
        "other": f"Two {number}",
        "until": f"20{number % 70 + 30}-01-01T00:00:00Z",
    }
    return tuple({**row, **others}.values())


def build(document: dict, row: Sequence[str]) -> dict:
    built, _ = mark(document, *PATHS)
    for (*steps, last), text in zip(PATHS, row, strict=True):
        place = built
        for step in steps:
            place = place[step]
        place[last] = text
    return built


def give_alike(document: dict) -> None:
    """Let items differ by their names alone, and have something below that is always alike."""
    document["evidence"] = [
        {"type": ["Evidence"], "name": "a"},
        {"type": ["Evidence"], "name": "b"},
        {"id": "https://learner.example/video", "type": ["Evidence"], "name": "c"},
    ]


ODD_ROWS: Mapping[str, dict[str, str]] = {
    "an address that is the issuer's": {"subject": "did:web:issuer.example"},
    "an address that is the achievement's": {"page": "https://issuer.example/rd/1"},
    "an address that is the status list's": {"page": "https://issuer.example/status/7/revocation"},
    "an address that is a class": {
        "page": "https://purl.imsglobal.org/spec/vc/ob/vocab.html#Profile"
    },
    "another scheme": {"subject": "mailto:a@learner.example"},
    "no slashes behind the scheme": {"page": "https:learner.example"},
    "slashes behind the scheme": {"subject": "did://example"},
    "no address": {"id": "1"},
    "a blank in an address": {"page": "https://learner.example/a b"},
    "an unseen sign in an address": {"page": "https://learner.example/\u200b"},
    "a label": {"subject": "_:c14n0"},
    "a control character": {"name": "a\x07"},
    "half a character": {"title": "a\ud800"},
}


@pytest.mark.parametrize("place", [0, 1, 6, 12])
@pytest.mark.parametrize("name", ODD_ROWS)
def test_one_row_that_is_not_proved_leaves_all_others_filled(name: str, place: int) -> None:
    document = make()
    folded = fold_at(document, *PATHS)
    rows = [make_row(number) for number in range(12)]
    expected = [canonicalise(build(document, row)).nquads for row in rows]
    assert folded.fill(rows) == expected
    rows.insert(place, make_row(99, **ODD_ROWS[name]))
    expected.insert(place, None)
    assert folded.fill(rows) == expected


def test_equal_addresses_within_one_row_are_left() -> None:
    edit = lambda each: each["credentialSubject"].update(id="https://learner.example/me")  # noqa: E731
    folded = fold_at(make(edit), *PATHS)
    good = make_row(1, subject="https://learner.example/1", page="https://learner.example/2")
    bad = make_row(1, subject="https://learner.example/1", page="https://learner.example/1")
    found = folded.fill([good, bad, good])
    assert found[1] is None
    assert found[0] == found[2] == canonicalise(build(make(edit), good)).nquads


def test_an_item_twice_in_one_row_is_left() -> None:
    document = make(give_alike)
    paths = (("evidence", 0, "name"), NAME)
    folded = fold_at(document, *paths)
    rows = [("x", "A"), ("b", "A"), ("y", "B")]
    found = folded.fill(rows)
    assert found[1] is None, "the second item has that name"
    assert None not in (found[0], found[2])
    both = fold_at(document, ("evidence", 0, "name"), ("evidence", 1, "name"))
    found = both.fill([("x", "y"), ("z", "z"), ("y", "x")])
    assert found[1] is None
    assert None not in (found[0], found[2])


def give_things_below(document: dict) -> None:
    """Let two things without a name differ by their texts alone, each in an item of its own."""
    document["evidence"] = [
        {
            "type": ["Evidence"],
            "name": name,
            "alignment": [{"type": ["Alignment"], "targetName": name}],
        }
        for name in "ab"
    ]


def test_nodes_that_are_alike_in_one_row_are_left() -> None:
    """Both Alignments are objects of things with other names, which a first hash does not see."""
    document = make(give_things_below)
    paths = (("evidence", 0, "alignment", 0, "targetName"), NAME)
    folded = fold_at(document, *paths)
    found = folded.fill([("x", "A"), ("b", "A"), ("y", "B")])
    assert found[1] is None
    assert None not in (found[0], found[2])


@pytest.mark.parametrize("odd", [5, 2.5, True, None, ["x"], {"x": "y"}, b"x"])
def test_a_value_that_is_no_text_is_left(odd: object) -> None:
    folded = fold_at(make(), *PATHS)
    rows: list = [make_row(1), (odd, *make_row(2)[1:]), make_row(3)]
    found = folded.fill(rows)
    assert found[1] is None
    assert None not in (found[0], found[2])


def test_rows_of_another_length_are_left() -> None:
    folded = fold_at(make(), *PATHS)
    found = folded.fill([make_row(1), make_row(2)[:-1], (*make_row(3), "x"), ()])
    assert found[0] is not None
    assert found[1:] == [None, None, None]


def test_a_text_between_others_is_escaped_for_itself() -> None:
    """Signs that are looked for in all texts at once are found in the first, the last, any."""
    document = make()
    folded = fold_at(document, *PATHS)
    for text in ('"', "\\", "\t", "\n", "\r", '\\"', "\U0001f600", "\ue000", "%b", "_:c14n0"):
        for place in range(3):
            rows = [make_row(number) for number in range(3)]
            rows[place] = make_row(place, name=text, title=text * 2)
            assert folded.fill(rows) == [canonicalise(build(document, row)).nquads for row in rows]


def test_no_rows_are_no_forms() -> None:
    assert fold_at(make(), *PATHS).fill([]) == []


# Re-checks.


def test_a_folded_template_that_differed_is_rechecked_first_the_next_time_too() -> None:
    canonicaliser = Canonicaliser(recheck_every=10**9)
    document = make()
    canonicaliser.canonicalise(document)
    folded = canonicaliser.fold(document, *mark(document, *PATHS))
    other = build(document, make_row(2))
    for _ in range(3):
        with pytest.raises(CanonicalisationDifferenceError):
            canonicaliser.fill(folded, [make_row(1)], lambda _: other)
    row = make_row(1)
    drafted: list[int] = []
    for _ in range(3):
        found = canonicaliser.fill(
            folded, [row], lambda at: drafted.append(at) or build(document, row)
        )
        assert found == [canonicalise(build(document, row)).nquads]
    assert drafted == [0], "once right, it is believed"


def test_a_row_that_was_left_is_never_the_one_rechecked() -> None:
    canonicaliser = Canonicaliser(recheck_every=10**9)
    document = make()
    canonicaliser.canonicalise(document)
    folded = canonicaliser.fold(document, *mark(document, *PATHS))
    rows, drafted = [make_row(1, name="\x07"), make_row(2), make_row(3)], []
    canonicaliser.fill(folded, rows, lambda at: drafted.append(at) or build(document, rows[at]))
    assert drafted == [1]
    assert canonicaliser.counts.rechecked == 1
