"""When a shape is learned, kept, left, distrusted; and that no learned one tells of another."""

import copy
import gc
import threading
from collections import OrderedDict
from collections.abc import Callable
from random import Random
from types import FunctionType, MappingProxyType, ModuleType

import pytest

from protocol.credentials.canonical import Canonical, canonicalise
from protocol.credentials.shapes import Canonicaliser, Reason, SharedCanonicaliser
from protocol.credentials.shapes import canonicaliser as module
from protocol.credentials.shapes.cache import SIGHTS_PER_TEMPLATE, ShapeCache
from protocol.credentials.shapes.learning import TEXT_LIMIT
from protocol.credentials.shapes.template import Template
from protocol.errors import CanonicalisationDifferenceError, GuardError, ProtocolError
from tests.protocol.credentials import STATUS, build_unsigned
from tests.protocol.shapes.documents import find_fate, refill

Edit = Callable[[dict], object]


def make(number: int = 0, *edits: Edit) -> dict:
    """Return the credential of a learner by number."""
    document = build_unsigned()
    document["id"] = f"urn:uuid:{number}"
    document["credentialSubject"]["id"] = f"did:example:learner{number}"
    document["credentialSubject"]["identifier"][1]["identityHash"] = f"Learner {number}"
    document["credentialStatus"] |= {"id": f"{STATUS}#{number}", "statusListIndex": str(number)}
    for edit in edits:
        edit(document)
    return document


def add_member(number: int) -> Edit:
    """Give a credential one of many shapes."""
    return lambda document: document.update(
        evidence=[{"type": ["Evidence"], "name": str(each)} for each in range(number + 1)]
    )


def spoil(_template: Template, _flat: list) -> bytes:
    return b"<urn:a:b> <urn:a:b> <urn:a:b> .\n"


# Learning.


def test_a_shape_is_learned_at_first_sight_and_used_from_the_second_on() -> None:
    canonicaliser = Canonicaliser()
    for number in range(10):
        assert canonicaliser.canonicalise(make(number)) == canonicalise(make(number))
    assert canonicaliser.counts.fast == 9
    assert canonicaliser.counts.slow == {Reason.NEW_SHAPE: 1}
    assert canonicaliser.counts.learned == 1


def test_a_shape_may_be_learned_at_its_second_sight_only(monkeypatch) -> None:
    """One file of a stranger buys no learning."""
    canonicaliser = Canonicaliser(learn_at_sight=2)
    learned = []
    learn = module.learn
    monkeypatch.setattr(module, "learn", lambda *each: learned.append(each) or learn(*each))
    for number in range(20):
        canonicaliser.canonicalise(make(0, add_member(number)))
    assert not learned
    canonicaliser.canonicalise(make(1, add_member(3)))
    assert len(learned) == 1
    canonicaliser.canonicalise(make(2, add_member(3)))
    assert canonicaliser.counts.fast == 1


def test_credentials_made_to_differ_buy_ever_less_learning() -> None:
    """All of one shape, but for which address begins how: each would want its own template."""
    canonicaliser = Canonicaliser(learn_at_sight=2)
    for number in range(60):
        document = make(number)
        document["credentialSubject"]["id"] = f"{'a' * (number + 1)}:{number}"
        canonicaliser.canonicalise(document)
    assert canonicaliser.counts.learned <= 5


def test_addresses_that_begin_otherwise_have_a_template_of_their_own() -> None:
    """A batch may well have learners with a DID and learners with a mail address."""
    canonicaliser = Canonicaliser()
    for number in range(12):
        document = make(number)
        if number % 2:
            document["credentialSubject"]["id"] = f"mailto:learner{number}@learner.example"
        assert canonicaliser.canonicalise(document) == canonicalise(document)
    assert canonicaliser.counts.learned == 2
    assert canonicaliser.counts.fast >= 8


def test_a_learner_without_id_and_with_two_identifiers_is_filled_in() -> None:
    """Where the learner is hashed, the two identifiers look alike: the line is there twice."""
    canonicaliser = Canonicaliser()
    for number in range(6):
        document = make(number, lambda each: each["credentialSubject"].pop("id"))
        assert canonicaliser.canonicalise(document) == canonicalise(document)
    assert canonicaliser.counts.fast == 5


def test_a_refused_credential_teaches_nothing() -> None:
    canonicaliser = Canonicaliser()
    for _ in range(3):
        with pytest.raises(GuardError):
            canonicaliser.canonicalise(make(0, lambda each: each.update(nickname="x")))
    assert canonicaliser.counts.learned == 0
    assert canonicaliser.counts.slow == {Reason.NEW_SHAPE: 3}


def test_no_more_templates_are_kept_than_asked() -> None:
    canonicaliser = Canonicaliser(capacity=3)
    for number in range(8):
        canonicaliser.canonicalise(make(0, add_member(number)))
    assert len(canonicaliser._cache) == 3
    canonicaliser.canonicalise(make(1, add_member(7)))
    canonicaliser.canonicalise(make(1, add_member(5)))
    assert canonicaliser.counts.fast == 2
    canonicaliser.canonicalise(make(1, add_member(4)))
    assert canonicaliser.counts.fast == 2, "the least used went first"


def test_the_sights_of_no_more_shapes_are_counted_than_asked() -> None:
    """Each stranger's file may have a shape of its own."""
    cache = ShapeCache(capacity=2, learn_at_sight=2)
    for signature in range(1_000):
        cache.note_sight(signature)
    assert [*cache._sights] == [*range(1_000 - 2 * SIGHTS_PER_TEMPLATE, 1_000)]


def test_many_variants_of_one_shape_are_kept_within_the_bound_too() -> None:
    canonicaliser = Canonicaliser(capacity=2)
    for round_ in range(4):
        for tag in ("en", "mi", "de", "fr"):
            name = {"@value": f"Name {round_}", "@language": tag}
            document = make(round_, lambda each, name=name: each.update(name=name))
            assert canonicaliser.canonicalise(document) == canonicalise(document)
    assert len(canonicaliser._cache) <= 2


def test_a_shape_that_cannot_be_learned_is_left_alone(monkeypatch) -> None:
    """An id described in full in two places, which rule G5 allows only if both are equal."""

    def describe_twice(document: dict) -> None:
        place = {"id": "https://a.example/place", "type": ["Profile"], "name": "Place"}
        document["credentialSubject"]["source"] = place
        document["credentialSubject"]["achievement"]["creator"] = place

    canonicaliser = Canonicaliser()
    tried = []
    learn = module.learn
    monkeypatch.setattr(module, "learn", lambda *each: tried.append(each) or learn(*each))
    for number in range(30):
        document = make(number, describe_twice)
        assert canonicaliser.canonicalise(document) == canonicalise(document)
    assert len(tried) == 2, "once more after a while"
    assert canonicaliser.counts.fast == 0


def test_pinned_values_are_the_templates_own() -> None:
    """A whole number written as a fraction has no datatype that 2.5 could tell."""
    canonicaliser = Canonicaliser()
    for credits in (3.0, 2.5, 3.0, 4.0, 3.5, 3, 4):
        document = make(0)
        document["credentialSubject"]["achievement"]["creditsAvailable"] = credits
        assert canonicaliser.canonicalise(document) == canonicalise(document)
    assert canonicaliser.counts.fast >= 1


@pytest.mark.parametrize("wrap", [MappingProxyType, OrderedDict], ids=["proxy", "ordered"])
def test_documents_of_other_kinds_have_the_fate_they_have_by_json_ld(wrap) -> None:
    """Issuing makes documents in memory: a mapping that is no `dict` teaches nothing odd."""
    canonicaliser = Canonicaliser()
    for number in range(3):
        assert canonicaliser.canonicalise(wrap(make(number))) == canonicalise(make(number))
        inside = make(number, lambda each: each.update(issuer=wrap(each["issuer"])))
        assert find_fate(canonicaliser.canonicalise, inside) == find_fate(canonicalise, inside)


# Falling back.

FALLS = {
    Reason.TEXT: lambda each: each.update(name="a\x07"),
    Reason.ADDRESS: lambda each: each["credentialSubject"].update(id="did:example:a b"),
    Reason.NUMBER: lambda each: each["credentialSubject"]["achievement"].update(
        creditsAvailable=0.1 + 0.2
    ),
    Reason.REPEAT: lambda each: each["credentialSubject"]["achievement"].update(tag=["a", "a"]),
    Reason.TOO_LARGE: lambda each: each["credentialSubject"].update(
        result=[{"type": ["Result"], "value": str(number)} for number in range(249)] * 2
    ),
    Reason.NEW_SHAPE: lambda each: each.update(nickname="x"),
}


@pytest.mark.parametrize("reason", FALLS)
def test_a_credential_that_the_guard_refuses_leaves_by_a_counted_reason(reason) -> None:
    canonicaliser = Canonicaliser()
    canonicaliser.canonicalise(make(0))
    before = canonicaliser.counts.slow.copy()
    with pytest.raises(ProtocolError) as expected:
        canonicalise(make(1, FALLS[reason]))
    with pytest.raises(ProtocolError) as caught:
        canonicaliser.canonicalise(make(1, FALLS[reason]))
    assert vars(caught.value) == vars(expected.value)
    assert canonicaliser.counts.slow - before == {reason: 1}


def give_criteria(first: str, second: str) -> Edit:
    """Two nodes without a name whose parents have none either."""
    return lambda document: document.update(
        evidence=[
            {
                "type": ["Evidence"],
                "name": name,
                "alignment": [{"type": ["Alignment"], "targetName": said}],
            }
            for name, said in (("a", first), ("b", second))
        ]
    )


def test_nodes_that_are_alike_leave_for_json_ld() -> None:
    canonicaliser = Canonicaliser()
    canonicaliser.canonicalise(make(0, give_criteria("x", "y")))
    alike = make(1, give_criteria("x", "x"))
    assert canonicaliser.canonicalise(alike) == canonicalise(alike)
    assert canonicaliser.counts.slow[Reason.ALIKE_NODES] == 1
    assert canonicaliser.counts.fast == 0


def test_statements_that_are_equal_leave_for_json_ld() -> None:
    """A text, and the same text written long: two items of a list, one statement."""
    canonicaliser = Canonicaliser()
    for long, fast in (("b", 0), ("c", 1), ("a", 1), ("d", 2)):
        document = make(0, lambda each, long=long: each.update(name=["a", {"@value": long}]))
        assert canonicaliser.canonicalise(document) == canonicalise(document)
        assert canonicaliser.counts.fast == fast
    assert canonicaliser.counts.slow[Reason.EQUAL_STATEMENTS] == 1


def test_after_a_fall_the_template_is_as_good_as_before() -> None:
    """What was written of the credential that left must not show in the next."""
    canonicaliser = Canonicaliser()
    canonicaliser.canonicalise(make(0, give_criteria("x", "y")))
    for number, (one, other) in enumerate((("x", "x"), ("x", "y"), ("a\x07", "y"), ("x", "z"))):
        document = make(number, give_criteria(one, other))
        assert find_fate(canonicaliser.canonicalise, document) == find_fate(canonicalise, document)
    assert canonicaliser.counts.fast == 2


# Poison: what is learned from one credential is used for another's.


def set_all_texts(text: str) -> Edit:
    def edit(document: dict) -> None:
        document["name"] = document["evidence"][0]["name"] = text
        document["issuer"]["name"] = document["credentialSubject"]["achievement"]["name"] = text

    return edit


def bind(document: dict) -> None:
    document["evidence"][1]["id"] = document["credentialStatus"]["statusListCredential"]


POISON: dict[str, Edit] = {
    "all texts equal": set_all_texts("a"),
    "texts that are statements": set_all_texts('" .\n<urn:a:b> <urn:c:d> "'),
    "texts that are labels": set_all_texts("_:c14n0"),
    "texts that are addresses": set_all_texts("https://issuer.example/ach/1"),
    "texts that are types": set_all_texts("Profile"),
    "texts that are patterns": set_all_texts("%b%s%d%%{0}\\1"),
    "texts that are numbers": set_all_texts("2.5"),
    "texts that are datatypes": set_all_texts('x"^^<http://www.w3.org/2001/XMLSchema#integer>'),
    "an address equal to another": bind,
    "an address that is nil": lambda each: each["credentialSubject"].update(
        id="http://www.w3.org/1999/02/22-rdf-syntax-ns#nil"
    ),
    "an address that is a class": lambda each: each["credentialSubject"].update(
        id="https://purl.imsglobal.org/spec/vc/ob/vocab.html#Profile"
    ),
    "an address by a term of the contexts": lambda each: each["credentialSubject"].update(
        id="name:a"
    ),
    "a whole fraction": lambda each: each["credentialSubject"]["achievement"].update(
        creditsAvailable=3.0
    ),
    "an empty text": set_all_texts(""),
}


@pytest.mark.parametrize("name", POISON)
def test_a_credential_made_to_be_learned_does_not_misfill_others(name) -> None:
    draw, canonicaliser = Random(1), Canonicaliser()
    canonicaliser.canonicalise(make(0, POISON[name]))
    for number in range(1, 12):
        plain = make(number)
        for document in (plain, make(number, POISON[name]), refill(draw, plain, 0.01)):
            try:
                expected = canonicalise(document)
            except ProtocolError:
                with pytest.raises(ProtocolError):
                    canonicaliser.canonicalise(document)
                continue
            assert canonicaliser.canonicalise(document) == expected
    assert canonicaliser.counts.fast >= 5


def test_a_template_that_fails_on_its_own_credential_is_not_kept(monkeypatch) -> None:
    monkeypatch.setattr(Template, "fill", spoil)
    canonicaliser = Canonicaliser()
    for number in range(3):
        assert canonicaliser.canonicalise(make(number)) == canonicalise(make(number))
    assert canonicaliser.counts.learned == canonicaliser.counts.fast == 0


def test_a_template_that_fails_on_awkward_texts_only_is_not_kept(monkeypatch) -> None:
    """The credential that is learned from has nothing to escape."""
    fill = Template.fill
    monkeypatch.setattr(Template, "fill", lambda *each: fill(*each).replace(b'\\"', b'"'))
    canonicaliser = Canonicaliser()
    for number in range(3):
        assert canonicaliser.canonicalise(make(number)) == canonicalise(make(number))
    assert canonicaliser.counts.learned == canonicaliser.counts.fast == 0


def test_an_address_that_stands_in_the_template_itself_leaves_for_json_ld() -> None:
    """With other contexts, two things could become one by it; with ours, nothing is lost."""
    canonicaliser = Canonicaliser()
    for number in range(3):
        canonicaliser.canonicalise(make(number))
    document = make(3)
    document["evidence"][1]["id"] = "https://purl.imsglobal.org/spec/vc/ob/vocab.html#Profile"
    assert canonicaliser.canonicalise(document) == canonicalise(document)
    assert canonicaliser.counts.fast == 2


# Re-checks.


def test_the_first_of_each_template_is_rechecked() -> None:
    canonicaliser = Canonicaliser(recheck_every=10**6)
    for number in range(5):
        for edit in (add_member(1), add_member(2)):
            canonicaliser.canonicalise(make(number, edit))
    assert canonicaliser.counts.rechecked == 2


def test_as_many_are_rechecked_as_asked_and_nobody_knows_which() -> None:
    patterns = set()
    for _ in range(3):
        canonicaliser = Canonicaliser(recheck_every=5)
        pattern = []
        for number in range(101):
            before = canonicaliser.counts.rechecked
            canonicaliser.canonicalise(make(number))
            pattern.append(canonicaliser.counts.rechecked - before)
        assert 8 <= sum(pattern) <= 50
        patterns.add(tuple(pattern))
    assert len(patterns) == 3


def test_a_difference_stops_whatever_is_under_way(monkeypatch) -> None:
    canonicaliser = Canonicaliser(recheck_every=1)
    canonicaliser.canonicalise(make(0))
    monkeypatch.setattr(Template, "fill", spoil)
    with pytest.raises(CanonicalisationDifferenceError, match="urn:uuid:1 differs"):
        canonicaliser.canonicalise(make(1))
    assert not issubclass(CanonicalisationDifferenceError, ProtocolError)


def test_a_template_that_differed_is_never_used_again(monkeypatch) -> None:
    canonicaliser = Canonicaliser(recheck_every=1)
    canonicaliser.canonicalise(make(0))
    (family,) = canonicaliser._cache.list_recent()
    monkeypatch.setattr(family.templates[0], "fill", lambda flat: spoil(None, flat))
    with pytest.raises(CanonicalisationDifferenceError):
        canonicaliser.canonicalise(make(1))
    for number in range(2, 5):
        assert canonicaliser.canonicalise(make(number)) == canonicalise(make(number))
    assert canonicaliser.counts.learned == 2


def test_accepting_what_json_ld_refuses_is_a_difference(monkeypatch) -> None:
    canonicaliser = Canonicaliser(recheck_every=1)
    canonicaliser.canonicalise(make(0))
    monkeypatch.setattr(Template, "fill", spoil)
    with pytest.raises(CanonicalisationDifferenceError):
        canonicaliser.canonicalise(make(1, FALLS[Reason.TEXT]))


# What is remembered of credentials.


def list_remembered(canonicaliser: Canonicaliser) -> str:
    """Return every text that can be reached from what it learned."""
    found, waiting, seen = [], [canonicaliser._cache], set()
    while waiting:
        thing = waiting.pop()
        if id(thing) in seen or isinstance(thing, type | ModuleType):
            continue
        seen.add(id(thing))
        if isinstance(thing, str | bytes):
            found.append(thing if isinstance(thing, str) else thing.decode())
        # of a function, what it closes over, not its module
        is_function = isinstance(thing, FunctionType)
        waiting += (thing.__closure__ or ()) if is_function else gc.get_referents(thing)
    return "\n".join(found)


def test_a_canonicaliser_remembers_nothing_that_was_said() -> None:
    canonicaliser = Canonicaliser()
    for number in range(4):
        canonicaliser.canonicalise(make(number))
    assert canonicaliser.counts.fast == 3
    remembered = list_remembered(canonicaliser)
    assert "https://www.w3.org/2018/credentials#credentialSubject" in remembered
    assert "Learner" not in remembered
    assert "learner" not in remembered


LONG_TEXTS: dict[str, Callable[[str], Edit]] = {
    "a type": lambda text: lambda each: each["type"].append(f"https://e.example/{text}"),
    "a language": lambda text: (
        lambda each: each.update(name={"@value": "x", "@language": f"en-{text}"})
    ),
    "a scheme": lambda text: lambda each: each["credentialSubject"].update(id=f"{text}:1"),
    "the name of a member": lambda text: lambda each: each.update({f"https://e.example/{text}": 1}),
}


@pytest.mark.parametrize("place", LONG_TEXTS)
def test_long_texts_that_a_template_would_keep_are_not_learned(place) -> None:
    """A stranger must not choose how much memory each of the templates takes."""
    canonicaliser = Canonicaliser()
    edit = LONG_TEXTS[place]("a" * TEXT_LIMIT)
    for number in range(3):
        document = make(number, edit)
        assert find_fate(canonicaliser.canonicalise, document) == find_fate(canonicalise, document)
    assert canonicaliser.counts.learned == 0
    assert sum(map(len, list_remembered(canonicaliser))) < TEXT_LIMIT


def test_learning_holds_no_other_thread_up(monkeypatch) -> None:
    """It takes as long as some requests, and a stranger may ask for it."""
    inner = Canonicaliser(learn_at_sight=1)
    shared = SharedCanonicaliser(inner, lambda _: None)
    shared.canonicalise(make(0))
    learn, during = module.learn, []

    def learn_while_others_ask(*arguments) -> Template:
        other = threading.Thread(target=lambda: during.append(shared.canonicalise(make(1))))
        other.start()
        other.join(timeout=60)
        return learn(*arguments)

    monkeypatch.setattr(module, "learn", learn_while_others_ask)
    shared.canonicalise(make(0, add_member(5)))
    assert during == [canonicalise(make(1))]
    assert inner.counts.learned == 2


# Threads.


def test_threads_share_one_canonicaliser() -> None:
    told: list[object] = []
    shared = SharedCanonicaliser(Canonicaliser(learn_at_sight=2, recheck_every=20), told.append)
    wrong: list[int] = []
    expected = {number: canonicalise(make(number, add_member(number % 3))) for number in range(12)}

    def work(start: int) -> None:
        wrong.extend(
            number
            for number in (*range(start, 12), *range(start))
            if shared.canonicalise(make(number, add_member(number % 3))) != expected[number]
        )

    threads = [threading.Thread(target=work, args=(start,)) for start in range(0, 12, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert not told
    assert shared._inner.counts.fast > 20


def test_threads_that_meet_a_new_shape_at_once_learn_it_once(monkeypatch) -> None:
    """While one learns, which takes as long as some requests, the others see the shape often."""
    inner = Canonicaliser(learn_at_sight=2)
    shared = SharedCanonicaliser(inner, lambda _: None)
    learn, has_begun, all_asked = module.learn, threading.Event(), threading.Event()

    def learn_late(*arguments) -> Template:
        has_begun.set()
        assert all_asked.wait(timeout=60)
        return learn(*arguments)

    monkeypatch.setattr(module, "learn", learn_late)
    shared.canonicalise(make(0))
    slowest = threading.Thread(target=lambda: shared.canonicalise(make(1)))
    slowest.start()
    assert has_begun.wait(timeout=60)
    for number in range(2, 8):
        assert shared.canonicalise(make(number)) == canonicalise(make(number))
    all_asked.set()
    slowest.join()
    assert inner.counts.learned == len(inner._cache) == 1
    shared.canonicalise(make(8))
    assert inner.counts.fast == 1


def test_what_another_thread_has_learned_meanwhile_is_not_learned_again() -> None:
    canonicaliser = Canonicaliser()
    reason = canonicaliser.try_shapes(make(0))
    canonicaliser.canonicalise(make(1))
    assert canonicaliser.note_sight(make(0), reason) is None


def test_a_server_that_saw_a_difference_asks_json_ld_from_then_on(monkeypatch) -> None:
    told: list[CanonicalisationDifferenceError] = []
    inner = Canonicaliser(recheck_every=1)
    shared = SharedCanonicaliser(inner, told.append)
    shared.canonicalise(make(0))
    with monkeypatch.context() as patch:
        patch.setattr(Template, "fill", spoil)
        assert shared.canonicalise(make(1)) == canonicalise(make(1))
    assert len(told) == 1
    assert shared.canonicalise(make(2)) == canonicalise(make(2))
    assert inner.counts.fast == 1
    assert inner.counts.slow[Reason.DISTRUSTED] == 1


def test_the_document_is_left_as_it_was() -> None:
    canonicaliser = Canonicaliser()
    document = make(0)
    before = copy.deepcopy(document)
    first, second = canonicaliser.canonicalise(document), canonicaliser.canonicalise(document)
    assert isinstance(first, Canonical)
    assert first == second
    assert document == before
