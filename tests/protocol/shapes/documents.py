"""Credentials by chance: shapes of every term that the contexts have, and leaves to fill them with.

Seeded, so that what failed can be made again; `Draw` is `random.Random` and nothing secret.
"""

import copy
from collections.abc import Iterator
from functools import cache
from random import Random

from protocol.credentials.contexts import CREDENTIAL_CONTEXTS, load_context
from protocol.errors import ProtocolError
from tests.protocol.credentials import build_unsigned

TEXTS = (
    "", " ", "a", "PASS", "Ōtara tūī", '"', "\\", "\\n", 'q"\\"q', "a\nb", "a\tb", "a\rb", "\n",
    "\x00", "\x07", "\x1f", "\x7f", "\x85", "\u2028", "\u202e", "\ud800", "\U0001f600", "\ue000",
    "\uffff", "\U0010ffff", "e\u0301", "@id", "@type", "@en", "_:b0", "_:c14n0", "<urn:a:b>",
    '"@en .', '" .\n<urn:a:b> <urn:c:d> "', "^^<urn:a:b>", "urn:a:b", "https://a.example/ b",
    "relative", "id", "type", "name", "Profile", "xsd:string", "3", "3.0", "1E0", "true", "null",
    "2026-01-01T00:00:00Z", "\u00a0", "\ufeff", "x" * 300,
)  # fmt: skip
ADDRESSES = (
    "urn:uuid:0", "urn://a", "urn:", "https://a.example", "https://a.example/", "HTTPS://a.example/",
    "http://a.example/b?c=d#e", "did:web:a.example", "did:key:z6Mk#z6Mk", "mailto:a@b.example",
    "https://tūī.example/é", "https://a.example/%41", "https://a.example/%zz", "https://a.example/<",
    "https://a.example/>", "https://a.example/ ", "https://a.example/\n", "https://a.example/\u200b",
    "https://a.example/\\", "https://a.example/^", "https://a.example/`", "https://a.example/{|}",
    "https://a.example/\U0001f600", "_:b0", "_:c14n1", "a", "/a", "//a", "#a", "?a", "",
    "@id", "@type",
    "x-relative://relative.invalid/a", "schema:name", "xsd:date", "id:a", "name:a", "type:x",
    "https://www.w3.org/2018/credentials#VerifiableCredential", "data:,a", "a:b", "a+b.c-d:e",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#nil", "https://[::1]/", "https://a.example:8/",
)  # fmt: skip
NUMBERS = (
    0, 1, -1, 2, 5, 10**15, 2**53 - 1, 2**53, 10**21, 10**25, 0.0, -0.0, 1.0, 3.0, 2.5, -2.5, 0.1,
    100.0, 0.0001, 0.00001, 1e-7, 1e15, 1e16, 1e21, 123456789012345.6, 0.1 + 0.2, 1 / 3,
    float("inf"), float("nan"), 99999999999999.9, 0.5, 12.25,
)  # fmt: skip
TAGS = ("en", "mi", "en-NZ", "EN", "x", "en_NZ", "", "de-x-a")


@cache
def list_scopes() -> dict[str, tuple[str, ...]]:
    """Return the terms of each class, and under no name those known everywhere."""
    scopes: dict[str, list[str]] = {"": []}
    for url in CREDENTIAL_CONTEXTS:
        for term, definition in load_context(url)["@context"].items():
            inner = definition.get("@context") if isinstance(definition, dict) else None
            if term[:1].isupper():
                scopes[term] = [name for name in inner or () if not name.startswith("@")]
            elif not term.startswith("@"):
                scopes[""].append(term)
    return {
        name: tuple(sorted(set(terms) - {"id", "type", "proof"})) for name, terms in scopes.items()
    }


def draw_text(draw: Random) -> str:
    if draw.random() < 0.3:
        return draw.choice(TEXTS)
    alphabet = draw.choice(("abcdef ", "āēīōū aé", '"\\\n\t\r', "\U0001f600\ue000\uffffz"))
    return "".join(draw.choice(alphabet) for _ in range(draw.randrange(12)))


def draw_address(draw: Random, scheme: str = "") -> str:
    if not scheme and draw.random() < 0.4:
        return draw.choice(ADDRESSES)
    scheme = scheme or draw.choice(("https://", "urn:", "did:", "http://", "mailto:"))
    return f"{scheme}{draw.choice('abcé')}{draw.randrange(10 ** draw.randrange(1, 8))}"


def draw_number(draw: Random) -> float:
    match draw.randrange(4):
        case 0:
            return draw.choice(NUMBERS)
        case 1:
            return draw.randrange(-1000, 1000)
        case 2:
            return round(draw.uniform(-100, 100), draw.randrange(5))
        case _:
            return draw.uniform(-1, 1) * 10 ** draw.randrange(-6, 18)


def draw_leaf(draw: Random) -> object:
    kind = draw.random()
    if kind < 0.45:
        return draw_text(draw)
    if kind < 0.75:
        return draw_address(draw)
    if kind < 0.9:
        return draw_number(draw)
    return draw.choice((True, False, None)) if kind > 0.99 else draw.choice((True, False))


def draw_value(draw: Random, depth: int) -> object:
    chance = draw.random()
    if depth > 0 and chance < 0.35:
        return draw_object(draw, depth - 1)
    if chance < 0.45:
        return {"@value": draw_text(draw), "@language": draw.choice(TAGS)}
    if chance < 0.6:
        return [draw_value(draw, depth - 1) for _ in range(draw.randrange(1, 4))]
    return draw_leaf(draw)


def draw_object(draw: Random, depth: int) -> dict:
    scopes = list_scopes()
    name = draw.choice(sorted(scopes))
    drawn: dict = {}
    if name:
        drawn["type"] = draw.choice((name, [name]))
    if draw.random() < 0.5:
        drawn["id"] = draw_address(draw, "https://" if draw.random() < 0.8 else "")
    known = scopes[name] or scopes[""]
    for term in draw.sample(known, min(len(known), draw.randrange(1, 5))):
        drawn[term] = draw_value(draw, depth)
    return drawn


def draw_alike(draw: Random) -> dict:
    """Return a credential full of things without a name that are nearly, or quite, alike."""
    document = build_unsigned()
    document["evidence"] = [
        {
            "type": ["Evidence"],
            "name": draw.choice("ab") * (index + 1),
            "alignment": [{"type": ["Alignment"], "targetName": draw.choice("ab")}],
        }
        for index in range(draw.randrange(1, 4))
    ]
    document["credentialSubject"]["achievement"]["resultDescription"] = [
        {
            "type": ["ResultDescription"],
            "name": draw.choice("ab"),
            "allowedValue": draw.sample("abcdef", draw.randrange(1, 4)),
        }
        for _ in range(draw.randrange(1, 3))
    ]
    return document


def refill_alike(draw: Random, document: dict) -> dict:
    """Return a copy in which every text is one of a few."""
    filled = copy.deepcopy(document)
    for part in (
        filled["evidence"],
        filled["credentialSubject"]["achievement"]["resultDescription"],
    ):
        for parent, key, name in list_places(part):
            if isinstance(parent[key], str) and name != "type":
                parent[key] = draw.choice("abcdef")
    return filled


def draw_shape(draw: Random) -> dict:
    """Return a credential with a few members by chance, in a few places."""
    document = build_unsigned()
    for member in draw.sample(sorted(document), draw.randrange(4)):
        if member not in ("@context", "id", "type", "issuer", "validFrom", "credentialSubject"):
            del document[member]
    places = [document, document["credentialSubject"], document["credentialSubject"]["achievement"]]
    for _ in range(draw.randrange(1, 4)):
        place = draw.choice(places)
        kinds = {0: "", 1: "AchievementSubject", 2: "Achievement"}
        terms = list_scopes()[kinds[places.index(place)]]
        place[draw.choice(terms)] = draw_value(draw, 2)
    return document


def list_places(value: object, name: object = "") -> Iterator[tuple[object, object, object]]:
    """Yield every container with every key or index in it, and the name that it stands under."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in list(items):
        under = key if isinstance(value, dict) else name
        yield value, key, under
        if isinstance(inner, dict | list):
            yield from list_places(inner, under)


def refill(draw: Random, document: dict, hostility: float) -> dict:
    """Return a copy with other leaves: mostly of their kind, or, by ``hostility``, of any."""
    filled = copy.deepcopy(document)
    for parent, key, name in list_places(filled):
        value = parent[key]
        if isinstance(value, dict | list) or name == "@context":
            continue
        if draw.random() < hostility:
            parent[key] = draw_leaf(draw)
        elif draw.random() < 0.4:
            parent[key] = draw_like(draw, name, value)
    if draw.random() < hostility * 5:
        twist(draw, filled)
    return filled


def draw_like(draw: Random, key: object, value: object) -> object:
    """Return another value as a roster would have it, more or less."""
    if isinstance(value, bool) or value is None or key in ("type", "@language"):
        return value
    if isinstance(value, int | float):
        return draw.choice((draw.randrange(40), draw.randrange(40) / 4))
    for scheme in ("https://", "urn:uuid:", "did:"):
        if value.startswith(scheme):
            return draw_address(draw, scheme) if draw.random() < 0.95 else value
    return draw_text(draw).translate(dict.fromkeys((0, 7, 31, 127, 133, 0xD800)))


def twist(draw: Random, document: dict) -> None:
    """Make things equal, or move, drop or add something."""
    places = list(list_places(document))
    parent, key, _ = draw.choice(places)
    other, name, _ = draw.choice(places)
    match draw.randrange(6):
        case 0 if isinstance(parent, list):
            parent.append(copy.deepcopy(parent[key]))
        case 1 if isinstance(parent, list):
            draw.shuffle(parent)
        case 2 if isinstance(parent, dict):
            del parent[key]
        case 3:
            other[name] = copy.deepcopy(parent[key])
        case 4 if isinstance(parent, dict):
            parent[key] = [parent[key]]
        case _:
            equal = [(each, at) for each, at, _ in places if at == "id"]
            (first, at), (second, to) = draw.choice(equal), draw.choice(equal)
            second[to] = first[at]


def find_fate(way, document: dict) -> object:
    """Return what becomes of a document: its form, or the refusal with all that it says."""
    try:
        return way(document)
    except ProtocolError as error:
        return type(error), vars(error)
