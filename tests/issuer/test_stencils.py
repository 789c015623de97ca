"""A range by stencils is what the long way makes of each credential: same line, leaf, refusal."""

import gc
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from random import Random
from types import FunctionType, ModuleType, SimpleNamespace

import pytest

from issuer.batches import hashing, stencils, tally
from issuer.batches.hashing import DraftJob, DraftPiece, hash_range
from issuer.batches.issuing import IssueRequest, issue_batch
from issuer.batches.lines import render_line
from issuer.batches.ranges import RANGE_SIZE, Range
from issuer.batches.stencils import Stencil
from issuer.batches.work_area import WorkArea
from issuer.batches.workers import WORKER_THRESHOLD, Crew
from issuer.inputs.learner import EvidenceItem, Learner
from issuer.inputs.roster import RosterSource
from issuer.inputs.rubric import read_levels
from protocol.credentials.canonical import canonicalise, hash_leaf
from protocol.credentials.schema import find_schema_problems
from protocol.credentials.schema_leaves import TextRules
from protocol.credentials.shapes import Canonicaliser
from protocol.credentials.status_index import LIST_ENTRIES, find_entry, render_status
from protocol.errors import CanonicalisationDifferenceError, ProtocolError
from tests.issuer.inputs import ACHIEVEMENT, UNIVERSITY, University, change
from tests.issuer.learners import (
    ACHIEVEMENTS,
    ALIKE_ACHIEVEMENT,
    FIXED_ADDRESSES,
    HOSTILE_TEXTS,
    MIXED_ACHIEVEMENT,
    MOMENT,
    ODD_ACHIEVEMENT,
    ODD_UNIVERSITY,
    PLAIN_ACHIEVEMENT,
    STATUS_BASE,
    STATUS_LIST,
    build_source,
    draw_learners,
    name_learner,
)
from tests.issuer.scene import accept, open_desk, read_anchored

IN_EVERY_RUN = 3_600
IN_A_LONG_RUN = 50_000
SEEDS = range(6)
LEAF_BYTES = 32
LINE_LIMIT_BYTES = (1 << 20) - (8 << 10)
"""Of a credential of 1 MiB, with room for its proofs."""
HOSTILITY = (0.0, 0.01, 0.03, 0.12)
SIZES = (RANGE_SIZE, 1, 2, 5, 40, 129)
JOB = DraftJob(bytes(range(32)), MOMENT, STATUS_BASE, STATUS_LIST, None, 0)
START = 3 * RANGE_SIZE
"""The ranges are some way into their batches: a position is no index into the range."""
NEVER = 10**9
"""No re-check but the first of each template."""


@dataclass
class Filled:
    """How many credentials stencils answered, and how many they left to the long way."""

    rows: int = 0
    left: int = 0


@pytest.fixture(autouse=True)
def filled(monkeypatch: pytest.MonkeyPatch) -> Filled:
    """Nothing is learned at the start of a test, and what stencils fill in is counted."""
    forget_all(monkeypatch)
    counts, fill = Filled(), Canonicaliser.fill

    def count(*arguments) -> list[bytes | None]:
        found = fill(*arguments)
        counts.left += found.count(None)
        counts.rows += len(found) - found.count(None)
        return found

    monkeypatch.setattr(Canonicaliser, "fill", count)
    return counts


def forget_all(monkeypatch: pytest.MonkeyPatch, recheck_every: int = 1_000) -> None:
    fresh = Canonicaliser(learn_at_sight=tally.SIGHTS, recheck_every=recheck_every)
    monkeypatch.setattr(tally, "find_canonicaliser", lambda: fresh)
    stencils.find_stencils().clear()


# The oracle: each credential by itself, by its document, the whole schema and JSON-LD.

Fate = tuple[bytes, bytes] | tuple[str, ...]
"""Line and leaf, or all reasons against it."""


class Oracle:
    """Says what becomes of each credential, without stencils, forms or folding."""

    def __init__(self, draw: Random | None = None) -> None:
        """Ask pyld of a tenth of what the shapes answer, by ``draw``; of all without it."""
        self._draw = draw
        self._shapes = Canonicaliser()
        self.pyld = 0

    def judge(self, source: RosterSource, job: DraftJob, position: int, index: int) -> Fate:
        document = draft(source, job, position, index)
        line = render_line(document)
        if len(line) > LINE_LIMIT_BYTES:
            return (f"with its proofs it takes {len(line) + (8 << 10):,} bytes of 1,048,576",)
        problems = find_schema_problems(document)
        if problems:
            return tuple(f"{member}: {reason}" for member, reason in problems)
        try:
            return line, hash_leaf(self._canonicalise(document))
        except ProtocolError as error:
            return (str(error),)

    def _canonicalise(self, document: Mapping[str, object]) -> bytes:
        if self._draw is not None and self._draw.random() > 0.1:
            return self._shapes.canonicalise(document).nquads
        self.pyld += 1
        return canonicalise(document).nquads


def draft(source: RosterSource, job: DraftJob, position: int, index: int) -> dict[str, object]:
    status = render_status(job.status_base, job.status_list, index)
    return source.draft(position, seed=job.seed, status=status, moment=job.moment)


def make_piece(source: RosterSource) -> DraftPiece:
    """Return the whole source as one range, its status indices in no order."""
    chosen = Range(START, START + source.count)
    indices = [7 * place % 2_001 for place in range(source.count)]
    return DraftPiece(chosen, replace(source, first=START), indices)


def compare(
    oracle: Oracle, source: RosterSource, folder: Path, job: DraftJob = JOB
) -> Counter[str]:
    """Hold a range to the oracle; where some are refused, the rest again, for their lines."""
    piece, area = make_piece(source), WorkArea(folder)
    area.open()
    expected: dict[int, Fate] = {
        position: oracle.judge(piece.source, job, position, index)
        for position, index in piece.list_places()
    }
    refused = {at: fate for at, fate in expected.items() if isinstance(fate[0], str)}
    result = hash_range(replace(job, area=area), piece)
    assert [(each.position, each.reasons) for each in result.refused] == list(refused.items())
    accepted = [fate for at, fate in expected.items() if at not in refused]
    assert result.leaves == b"".join(leaf for _, leaf in accepted)
    good = [each for at, each in enumerate(source.learners, START) if at not in refused]
    if not refused:
        assert area.read_drafts(job.attempt, piece.chosen) == [line for line, _ in accepted]
        assert result.first == accepted[0][0]
    elif good:
        compare(oracle, replace(source, learners=tuple(good)), folder, job)
    return Counter(refused=len(refused), accepted=len(accepted))


def compare_by_chance(
    seed: int, count: int, folder: Path, forget: Callable[[], None]
) -> Counter[str]:
    """Compare so many learners, in ranges of all sizes, of batches that differ."""
    draw, fates = Random(seed), Counter()
    while fates.total() < count:
        if draw.random() < 0.2:
            forget()
        achievement = draw.choice(ACHIEVEMENTS)
        size = draw.choice(SIZES)
        learners = draw_learners(draw, size, read_levels(achievement), draw.choice(HOSTILITY))
        source = build_source(learners, achievement, draw.choice((UNIVERSITY, ODD_UNIVERSITY)))
        moment = MOMENT + timedelta(days=draw.choice((0, 0, 0, 300)))
        job = replace(JOB, seed=draw.randbytes(32), moment=moment)
        fates += compare(Oracle(draw), source, folder, job)
    return fates


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_ranges_by_chance_are_what_the_long_way_makes_of_them(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, filled: Filled
) -> None:
    count = IN_EVERY_RUN // len(SEEDS)
    fates = compare_by_chance(seed, count, tmp_path, lambda: forget_all(monkeypatch))
    assert fates["accepted"] > count / 5
    assert filled.rows > count / 5, "stencils are what is tried here"


@pytest.fixture
def _asked_for(request) -> None:
    if "long" not in request.config.getoption("-m"):
        pytest.skip("asked for with -m long")


@pytest.mark.long
@pytest.mark.timeout(7_200)
@pytest.mark.usefixtures("_asked_for")
def test_fifty_thousand_learners_are_what_the_long_way_makes_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, filled: Filled
) -> None:
    fates: Counter[str] = Counter()
    for seed in range(1_000, 1_050):
        fates += compare_by_chance(
            seed, IN_A_LONG_RUN // 50, tmp_path, lambda: forget_all(monkeypatch)
        )
    print(dict(fates), filled)  # noqa: T201 (the figures are what one asked for)
    assert fates.total() >= IN_A_LONG_RUN
    assert fates["refused"] > 0
    assert filled.rows > IN_A_LONG_RUN / 3
    assert filled.left > 0


# One thing that is odd among learners of one form.

DID = "did:example:"
PAGE = "https://learner.example/"


def make_full(number: int, **others: object) -> Learner:
    """Return a learner with every member."""
    fields = {
        "name": f"Learner {number}",
        "email": f"{number}@learner.example",
        "student_id": str(number),
        "did": f"{DID}{number}",
        "awarded_at": MOMENT - timedelta(days=number + 1),
        "valid_until": MOMENT + timedelta(days=number + 1),
        "narrative": f"Did {number}",
        "language": "en",
        "evidence": (make_item(number, "one"), make_item(number, "two")),
    }
    return name_learner(**{**fields, **others})


def make_item(number: int, name: str, **others: object) -> EvidenceItem:
    item = EvidenceItem(f"{PAGE}{number}/{name}", bytes([number % 256]) * 32, name, "video")
    return replace(item, **others)


def surround(*odd: Learner, ordinary: int = 6) -> tuple[Learner, ...]:
    """Return learners among ordinary ones, of which the first is learned from."""
    plain = [make_full(1_000 + number) for number in range(ordinary)]
    return (*plain[: ordinary // 2], *odd, *plain[ordinary // 2 :])


TEXT_PLACES: Mapping[str, Callable[[str], Mapping[str, object]]] = {
    "name": lambda text: {"name": text},
    "email": lambda text: {"email": text},
    "student_id": lambda text: {"student_id": text},
    "narrative": lambda text: {"narrative": text},
    "language": lambda text: {"language": text},
    "evidence name": lambda text: {"evidence": (make_item(1, text), make_item(1, "two"))},
    "genre": lambda text: {"evidence": (make_item(1, "one", genre=text), make_item(1, "two"))},
}


@pytest.mark.parametrize("place", TEXT_PLACES)
def test_a_hostile_text_in_any_place_is_what_the_long_way_makes_of_it(
    place: str, tmp_path: Path, filled: Filled
) -> None:
    odd = [
        replace(make_full(number), **TEXT_PLACES[place](text))
        for number, text in enumerate(HOSTILE_TEXTS)
    ]
    fates = compare(Oracle(), build_source(surround(*odd), ODD_ACHIEVEMENT), tmp_path)
    assert fates["accepted"] >= 6
    assert filled.rows >= 5


OWN_ADDRESSES = ("the credential's own", "its status entry's")


@pytest.mark.parametrize("achievement", [ACHIEVEMENT, ODD_ACHIEVEMENT], ids=("plain", "odd"))
@pytest.mark.parametrize("address", [*FIXED_ADDRESSES, *OWN_ADDRESSES])
@pytest.mark.parametrize("place", ["did", "evidence"])
def test_an_address_that_stands_elsewhere_in_the_credential_is_never_filled_in_wrongly(
    address: str, place: str, achievement, tmp_path: Path, filled: Filled
) -> None:
    """The learners around it have addresses of the same beginning, so that it fits the stencil."""
    own = draft(build_source([make_full(0)]), JOB, 0, 0)
    status = render_status(STATUS_BASE, STATUS_LIST, 7 * 3)
    found = dict(zip(OWN_ADDRESSES, (own["id"], status["id"]), strict=True))
    wanted = str(found.get(address, address))
    scheme = wanted.partition(":")[0] + (":" if "://" not in wanted else "://")

    def give(learner: Learner, name: str) -> Learner:
        if place == "did":
            return replace(learner, did=name)
        return replace(learner, evidence=(replace(learner.evidence[0], url=name),))

    plain = [give(make_full(number), f"{scheme}x{number}") for number in range(6)]
    source = build_source([*plain[:3], give(make_full(6), wanted), *plain[3:]], achievement)
    compare(Oracle(), source, tmp_path)
    assert filled.rows >= 5


ODD_ROWS: Mapping[str, Callable[[Learner], Learner]] = {
    "an item twice": lambda each: replace(each, evidence=(each.evidence[0],) * 2),
    "two items with one address": lambda each: replace(
        each, evidence=(each.evidence[0], replace(each.evidence[1], url=each.evidence[0].url))
    ),
    "the learner's address as evidence": lambda each: replace(
        each, did=each.evidence[0].url, evidence=each.evidence
    ),
    "another scheme": lambda each: replace(each, did="mailto:a@learner.example"),
    "no address": lambda each: replace(each, did="1001"),
    "an address with a blank": lambda each: replace(each, did="did:example:1 2"),
    "an end before the begin": lambda each: replace(each, valid_until=MOMENT - timedelta(1)),
    "no language": lambda each: replace(each, language="no language"),
    "a control character": lambda each: replace(each, name="a\x07"),
    "another form": lambda each: replace(each, narrative=None),
}


@pytest.mark.parametrize("ordinary", [4, 300])
@pytest.mark.parametrize("name", ODD_ROWS)
def test_one_odd_row_leaves_all_others_to_the_stencil(
    name: str, ordinary: int, tmp_path: Path, filled: Filled
) -> None:
    learners = surround(ODD_ROWS[name](make_full(0)), ordinary=ordinary)
    piece = make_piece(build_source(learners))
    hash_range(JOB, piece)
    assert filled.rows == ordinary - 1, "all but the one that was learned from"
    compare(Oracle(Random(0)), piece.source, tmp_path)


@pytest.mark.parametrize("sign", ["x", '"', "\U0001f600"])
@pytest.mark.parametrize("beyond", [0, 1])
def test_a_credential_is_as_long_as_it_may_be_and_not_a_byte_longer(
    beyond: int, sign: str, tmp_path: Path, filled: Filled
) -> None:
    """The other signs take more bytes in JSON, or in UTF-8, than they are characters."""
    size = len(render_line({"": sign})) - len(render_line({"": ""}))
    source = build_source(surround(make_full(0, narrative="")))
    room = (
        LINE_LIMIT_BYTES
        + beyond
        - len(render_line(draft(make_piece(source).source, JOB, START + 3, 21)))
    )
    narrative = sign * (room // size) + "x" * (room % size)
    source = build_source(surround(make_full(0, narrative=narrative)))
    assert compare(Oracle(), source, tmp_path) == Counter(refused=beyond, accepted=7 - beyond)
    assert filled.rows >= 5


def test_what_refuses_a_whole_form_refuses_each_of_it(tmp_path: Path, filled: Filled) -> None:
    """Nothing is learned where no credential may be issued."""
    learners = [make_full(number, language="no language") for number in range(20)]
    assert compare(Oracle(), build_source(learners), tmp_path)["refused"] == 20
    assert filled.rows == 0


def test_a_form_whose_first_credentials_are_refused_is_learned_from_the_first_that_is_not(
    tmp_path: Path, filled: Filled
) -> None:
    odd = [make_full(number, language="no language") for number in range(3)]
    learners = (*odd, *surround())
    assert compare(Oracle(), build_source(learners), tmp_path)["accepted"] == 6
    assert filled.rows > 0


def test_a_range_may_reach_into_the_next_list(filled: Filled) -> None:
    source = replace(build_source(surround()), first=START)
    places = range(LIST_ENTRIES - 3, LIST_ENTRIES + 3)
    piece = DraftPiece(Range(START, START + 6), source, places)
    expected = []
    for position, place in piece.list_places():
        status = render_status(STATUS_BASE, *find_entry(STATUS_LIST, place))
        document = source.draft(position, seed=JOB.seed, status=status, moment=MOMENT)
        expected.append(hash_leaf(canonicalise(document).nquads))
    assert hash_range(JOB, piece).leaves == b"".join(expected)
    assert filled.rows == 5


def test_the_oldest_stencil_makes_room_for_another_form(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, filled: Filled
) -> None:
    monkeypatch.setattr(stencils, "STENCILS", 1)
    learners = [make_full(number) for number in range(4)]
    compare(Oracle(), build_source(learners), tmp_path)
    (oldest,) = stencils.find_stencils()
    learners = [make_full(number, narrative=None) for number in range(4)]
    compare(Oracle(), build_source(learners), tmp_path)
    (kept,) = stencils.find_stencils()
    assert kept != oldest
    assert filled.rows == 6


# Forms of few credentials.


def give_parts(count: int) -> tuple[EvidenceItem, ...]:
    """Return evidence that makes a form of its own."""
    return tuple(make_item(7, f"part-{number}") for number in range(count))


def test_nothing_is_learned_of_a_form_that_few_have(tmp_path: Path, filled: Filled) -> None:
    """Learning asks JSON-LD about as often as four credentials do."""
    few, many = tally.SIGHTS - 1, tally.SIGHTS
    learners = [make_full(number, evidence=give_parts(1)) for number in range(few)]
    learners += [make_full(number, evidence=give_parts(2)) for number in range(many)]
    shapes = tally.find_canonicaliser()
    hash_range(JOB, make_piece(build_source(learners)))
    assert (shapes.counts.learned, filled.rows) == (1, many - 1)
    compare(Oracle(), build_source(learners), tmp_path)


def test_a_form_that_few_have_in_each_range_is_learned_once_it_was_seen_often(
    tmp_path: Path, filled: Filled
) -> None:
    source = build_source([make_full(0)])
    for _ in range(2 * tally.SIGHTS):
        compare(Oracle(), source, tmp_path)
    assert filled.rows >= tally.SIGHTS
    assert len(stencils.find_stencils()) == 1


# Executors: any may map the stage, whatever it runs it in.


def cut_pieces(source: RosterSource, size: int) -> Iterator[DraftPiece]:
    """Yield the source as small ranges."""
    for start in range(0, source.count, size):
        stop = min(start + size, source.count)
        part = replace(source, first=start, learners=source.learners[start:stop])
        yield DraftPiece(Range(start, stop), part, [*range(start, stop)])


@pytest.mark.parametrize("threads", [2, 8])
def test_ranges_mapped_by_threads_are_those_mapped_one_by_one(
    threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Threads, as Dask has in each of its workers: they share the process, and nothing learned."""
    monkeypatch.undo()  # each thread is to have its own canonicaliser
    learners = [
        make_full(at, narrative="Did" if at % 3 else None) for at in range(WORKER_THRESHOLD)
    ]
    source = build_source(learners)
    alone = [hash_range(JOB, piece) for piece in cut_pieces(source, 20)]
    with Crew(threads, ThreadPoolExecutor) as crew:
        mapped = [*crew.map(hash_range, JOB, cut_pieces(source, 20), source.count)]
    assert [each.leaves for each in mapped] == [each.leaves for each in alone]
    assert [each.tally.count for each in mapped] == [20] * (WORKER_THRESHOLD // 20)


# Poison: stencils live as long as their process, whatever it works on next.

Edit = Mapping[str, object]
OTHERS: Mapping[str, tuple[Edit, University]] = {
    "the same": (ACHIEVEMENT, UNIVERSITY),
    "another name": (change(ACHIEVEMENT, name="Weaving"), UNIVERSITY),
    "another description": (change(ACHIEVEMENT, description="%b"), UNIVERSITY),
    "another id": (change(ACHIEVEMENT, id="https://uni.example.org/achievements/2"), UNIVERSITY),
    "other credits": (change(ACHIEVEMENT, creditsAvailable=15.5), UNIVERSITY),
    "another kind of number": (change(ACHIEVEMENT, creditsAvailable=3.0), UNIVERSITY),
    "another issuer": (ACHIEVEMENT, University(did="did:web:other.example.org")),
    "another issuer's name": (ACHIEVEMENT, University(name="Other University")),
    "texts like numbers of texts": (change(ACHIEVEMENT, name="-0", description='"-1"'), UNIVERSITY),
    "texts that end as JSON": (change(ACHIEVEMENT, name='","id":"urn:uuid:0'), UNIVERSITY),
    "a learner's name": (change(ACHIEVEMENT, name="Learner 1"), UNIVERSITY),
    "a learner's address": (change(ACHIEVEMENT, id=f"{DID}1"), UNIVERSITY),
    "a page of a learner's": (change(ACHIEVEMENT, id=f"{PAGE}1/one"), UNIVERSITY),
    "things that are alike": (ALIKE_ACHIEVEMENT, UNIVERSITY),
    "things with and without address": (MIXED_ACHIEVEMENT, UNIVERSITY),
    "no credits": (change(ACHIEVEMENT, creditsAvailable=None), UNIVERSITY),
    "no rubric": (PLAIN_ACHIEVEMENT, UNIVERSITY),
}


def test_batches_of_one_process_never_get_each_others_constants(
    tmp_path: Path, filled: Filled
) -> None:
    """All have the same learners, twice, in an order by chance: whatever was learned is there."""
    learners = [make_full(number) for number in range(5)]
    names = [*OTHERS, *OTHERS]
    Random(0).shuffle(names)
    for number, name in enumerate(names):
        achievement, university = OTHERS[name]
        job = replace(JOB, status_base=f"{STATUS_BASE}/{number % 3}", status_list=number % 5)
        compare(Oracle(), build_source(learners, achievement, university), tmp_path, job)
    assert filled.rows > 2 * len(names)
    assert len(stencils.find_stencils()) <= len(OTHERS), "what is the same is learned once"


def test_the_moment_of_issue_is_a_constant_of_its_batch(tmp_path: Path, filled: Filled) -> None:
    """What ends between the begins of two batches is refused in the second."""
    learners = [make_full(number) for number in range(12)]
    later = replace(JOB, moment=MOMENT + timedelta(days=6))
    assert compare(Oracle(), build_source(learners), tmp_path)["refused"] == 0
    backwards = build_source(learners[::-1])
    assert compare(Oracle(), backwards, tmp_path, later)["refused"] == 5
    assert compare(Oracle(), build_source(learners), tmp_path)["refused"] == 0
    assert len(stencils.find_stencils()) == 2
    assert filled.rows > 20


def test_another_canonicaliser_may_use_what_was_learned_with_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, filled: Filled
) -> None:
    learners = [make_full(number) for number in range(8)]
    compare(Oracle(), build_source(learners), tmp_path)
    other = Canonicaliser(recheck_every=1)
    monkeypatch.setattr(tally, "find_canonicaliser", lambda: other)
    before = filled.rows
    compare(Oracle(), build_source(learners[::-1]), tmp_path)
    assert filled.rows == before + 8, "none of them has to be learned from"
    assert len(stencils.find_stencils()) == 1


@pytest.mark.parametrize("name", ["{}-0", "{}-3", '"{}-0"', "{}", "{}-0{}-1", "{}-999"])
def test_texts_that_are_the_very_marks_are_never_taken_for_gaps(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody can foresee a mark; could they, the achievement still would not become a gap."""
    stem = "0123456789abcdef" * 2
    monkeypatch.setattr(stencils, "secrets", SimpleNamespace(token_hex=lambda _: stem))
    text = name.replace("{}", stem)
    achievement = change(ACHIEVEMENT, name=text, description=f"As {text} is")
    learners = [make_full(number) for number in range(4)]
    compare(Oracle(), build_source(learners, achievement), tmp_path)
    odd = [make_full(number, name=text, narrative=text) for number in range(4)]
    compare(Oracle(), build_source([*odd, *learners]), tmp_path)


def test_levels_that_differ_only_in_what_no_credential_says_share_a_stencil(
    tmp_path: Path, filled: Filled
) -> None:
    (level,) = [each for each in read_levels(ACHIEVEMENT) if each.name == "Merit"]
    other = replace(level, name="Excellence")
    learners = [make_full(number, level=level) for number in range(3)]
    learners += [make_full(number, level=other) for number in range(3, 6)]
    compare(Oracle(), build_source(learners), tmp_path)
    assert len(stencils.find_stencils()) == 1


def test_levels_with_and_without_credit_never_share_a_stencil(tmp_path: Path) -> None:
    levels = read_levels(ACHIEVEMENT)
    learners = [make_full(number, level=levels[number % 3]) for number in range(12)]
    compare(Oracle(), build_source(learners), tmp_path)
    assert len(stencils.find_stencils()) == 3


def list_remembered(thing: object) -> str:
    """Return every text that can be reached from it."""
    found, waiting, seen = [], [thing], set()
    while waiting:
        each = waiting.pop()
        if id(each) in seen or isinstance(each, type | ModuleType):
            continue
        seen.add(id(each))
        if isinstance(each, str | bytes):
            found.append(each if isinstance(each, str) else each.decode(errors="replace"))
        # of a function, what it closes over, not its module
        is_function = isinstance(each, FunctionType)
        waiting += (each.__closure__ or ()) if is_function else gc.get_referents(each)
    return "\n".join(found)


def test_stencils_remember_nothing_that_is_a_learners() -> None:
    """They stay in their process after the batch, and whatever it works on next may see them."""
    learners = [make_full(number) for number in range(4)]
    hash_range(JOB, make_piece(build_source(learners)))
    remembered = list_remembered(stencils.find_stencils())
    assert "Assessment for Learning" in remembered
    said = ("Learner", "learner.example", "did:example:", "Did ", "urn:uuid:", "11-25T", "11-23T")
    assert [text for text in said if text in remembered] == []


# Re-checks: a stencil that is wrong stops the batch before anything is signed.


def spoil_json(stencil: Stencil) -> Stencil:
    """All is well, only a sign of the constant JSON is another."""
    stencil._pattern = stencil._pattern.replace(b"Assessment", b"Assessmant")
    return stencil


def spoil_order(stencil: Stencil) -> Stencil:
    """All is well, only two texts stand in each other's place."""
    first, second, *others = stencil._order
    stencil._order = (second, first, *others)
    return stencil


def spoil_canonical(stencil: Stencil) -> Stencil:
    """All is well, only a sign of the constant canonical text is another."""
    template = stencil.folded.template
    fill_all = template.fill_all
    template.fill_all = lambda flats: [
        each.replace(b"Assessment", b"Assessmant") for each in fill_all(flats)
    ]
    return stencil


def drop_rules(stencil: Stencil) -> Stencil:
    """All is well, only the schema asks nothing."""
    stencil.rules = TextRules(())
    return stencil


SPOILS = (spoil_json, spoil_order, spoil_canonical, drop_rules)


def spoil_learning(monkeypatch: pytest.MonkeyPatch, spoil: Callable[[Stencil], Stencil]) -> None:
    """Let a stencil be spoilt once it is learned."""
    learn = hashing.learn_stencil

    def learn_wrongly(*arguments) -> Stencil | None:
        stencil = learn(*arguments)
        return stencil and spoil(stencil)

    monkeypatch.setattr(hashing, "learn_stencil", learn_wrongly)


def make_spoilt_source() -> RosterSource:
    """Return a source in which a spoilt stencil, of whichever kind, would do harm."""
    learners = [make_full(number) for number in range(4)]
    bad = [make_full(number, language="no language") for number in range(4, 6)]
    return build_source([*learners, *bad])


@pytest.mark.parametrize("spoil", SPOILS)
def test_a_spoilt_stencil_stops_the_batch_before_anything_is_signed(
    spoil: Callable[[Stencil], Stencil],
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    forget_all(monkeypatch, recheck_every=1)
    spoil_learning(monkeypatch, spoil)
    signed: list[bytes] = []
    with open_desk(home) as desk:
        signer = type(desk.signers.credentials)
        monkeypatch.setattr(signer, "sign", lambda self, message: signed.append(message))
        with pytest.raises(CanonicalisationDifferenceError):
            issue_batch(desk, IssueRequest(make_spoilt_source(), tmp_path / "out"), accept)
        assert desk.channel.journal.read("SELECT * FROM entry") == []
    assert signed == []
    assert read_anchored(home) == []


@pytest.mark.parametrize("spoil", [spoil_json, spoil_order, spoil_canonical])
def test_the_first_that_a_stencil_fills_in_is_always_rechecked(
    spoil: Callable[[Stencil], Stencil], monkeypatch: pytest.MonkeyPatch
) -> None:
    forget_all(monkeypatch, recheck_every=NEVER)
    spoil_learning(monkeypatch, spoil)
    with pytest.raises(CanonicalisationDifferenceError):
        hash_range(JOB, make_piece(make_spoilt_source()))


@pytest.mark.parametrize("spoil", SPOILS)
def test_after_a_difference_the_same_process_learns_anew(
    spoil: Callable[[Stencil], Stencil],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    filled: Filled,
) -> None:
    """What differed is not believed again, though nothing but the first would be re-checked."""
    forget_all(monkeypatch, recheck_every=1)
    source = make_spoilt_source()
    with monkeypatch.context() as poison:
        spoil_learning(poison, spoil)
        with pytest.raises(CanonicalisationDifferenceError):
            hash_range(JOB, make_piece(source))
    rechecks_little = Canonicaliser(recheck_every=NEVER)
    monkeypatch.setattr(tally, "find_canonicaliser", lambda: rechecks_little)
    assert compare(Oracle(), source, tmp_path) == Counter(accepted=4, refused=2)
    assert filled.rows > 0
