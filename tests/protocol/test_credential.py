"""Recognising, opening, and the view of what is signed."""

import json
from datetime import UTC, datetime

import pytest

from protocol.credentials.canonical import canonicalise, hash_leaf
from protocol.credentials.contexts import CREDENTIAL_CONTEXTS, load_context
from protocol.credentials.credential import Format, open_credential, parse_submission, recognise
from protocol.credentials.view import build_view, list_terms
from protocol.errors import GuardError, NotACredentialError
from tests.protocol.credentials import STATUS, build_signed, build_unsigned


def test_an_opened_credential_says_what_it_states() -> None:
    document = build_signed()
    opened = open_credential(document)
    assert opened.id == document["id"]
    assert opened.issuer == "did:web:issuer.example"
    assert opened.valid_from == datetime(2026, 1, 1, tzinfo=UTC)
    assert opened.valid_until == datetime(2030, 1, 1, tzinfo=UTC)
    assert opened.achievement == "https://issuer.example/ach/1"
    assert opened.status is not None
    assert (opened.status.list, opened.status.index) == (7, 5)
    assert opened.status.credential_url == STATUS
    assert opened.leaf == hash_leaf(canonicalise(build_unsigned()).nquads)
    assert (opened.merkle["proofValue"], opened.eddsa["proofValue"]) == ("zMerkle", "zSignature")


def test_a_credential_may_lack_end_and_status() -> None:
    document = build_signed()
    del document["validUntil"], document["credentialStatus"]
    opened = open_credential(document)
    assert (opened.valid_until, opened.status) == (None, None)


CREATED_LATER = "2027-01-01T00:00:00Z"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda document: document.update(validFrom="2026-01-01"),
        lambda document: document.update(validFrom=["2026-01-01T00:00:00Z", CREATED_LATER]),
        lambda document: document["credentialSubject"].pop("achievement"),
        lambda document: document["credentialSubject"]["achievement"].pop("id"),
        lambda document: document["issuer"].pop("id"),
        lambda document: document["credentialStatus"].update(statusListIndex="05"),
        lambda document: document["credentialStatus"].update(statusPurpose="suspension"),
    ],
)
def test_what_checks_need_is_there_once_and_well_formed(spoil) -> None:
    document = build_signed()
    spoil(document)
    with pytest.raises(GuardError):
        open_credential(document)


def test_the_view_shows_everything_that_was_written() -> None:
    document = build_unsigned()
    del document["@context"]
    shown = build_view(canonicalise(build_unsigned()).nquads, document["id"])
    document["type"].sort()
    document["credentialStatus"]["type"] = [document["credentialStatus"]["type"]]
    achievement = document["credentialSubject"]["achievement"]
    achievement["image"]["type"] = [achievement["image"]["type"]]
    achievement["tag"].sort()
    del achievement["creator"]["type"]  # the issuer is described at the top, nearest the root
    for identifier in document["credentialSubject"]["identifier"]:
        identifier["type"] = [identifier["type"]]
    for place, member in ((document, "evidence"), (document["credentialSubject"], "identifier")):
        place[member].sort(key=lambda item: json.dumps(item, sort_keys=True))
    shown["evidence"].sort(key=lambda item: json.dumps(item, sort_keys=True))
    assert shown == document


def test_the_view_is_the_same_in_every_run() -> None:
    first, second = (json.dumps(open_credential(build_signed()).view) for _ in range(2))
    assert first == second


def test_a_reference_that_turns_back_is_shown_as_a_reference() -> None:
    document = build_signed()
    achievement = document["credentialSubject"]["achievement"]
    achievement["related"] = [{"id": achievement["id"], "type": ["Achievement"]}]
    shown = open_credential(document).view["credentialSubject"]["achievement"]
    assert shown["related"] == [{"id": achievement["id"]}]


def test_things_that_name_one_another_in_a_long_chain_are_shown_flat() -> None:
    """Followed by its ids the chain is 200 deep; each thing is shown where it was described."""
    document = build_signed()
    document["evidence"] = [
        {
            "id": f"urn:x:{index}",
            "type": ["Evidence"],
            "alignment": [{"id": f"urn:x:{index + 1}"}],
        }
        for index in range(200)
    ]
    shown = open_credential(document).view["evidence"]
    assert {"id": "urn:x:5", "type": ["Evidence"], "alignment": {"id": "urn:x:6"}} in shown


def test_text_with_a_language_keeps_it() -> None:
    document = build_signed() | {"name": {"@value": "Hīnaki", "@language": "MI"}}
    assert open_credential(document).view["name"] == {"@value": "Hīnaki", "@language": "mi"}


def test_no_address_has_two_names_in_the_contexts() -> None:
    """Else the view could show one thing under the other's name."""
    names: dict[tuple[bool, str], set[str]] = {}
    for url in CREDENTIAL_CONTEXTS:
        for term, iri in list_terms(load_context(url)["@context"]):
            names.setdefault((term[:1].isupper(), iri), set()).add(term)
    assert [terms for terms in names.values() if len(terms) > 1] == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, Format.ROOTSEAL),
        ({"proof": build_signed()["proof"][0]}, Format.ROOTSEAL),
        ({"proof": build_signed()["proof"][::-1]}, Format.ROOTSEAL),
        ({"@context": [*CREDENTIAL_CONTEXTS, "https://x.example/more"]}, Format.ROOTSEAL),
        ({"proof": build_signed()["proof"][1:]}, Format.OTHER),
        ({"proof": []}, Format.OTHER),
        ({"proof": "x"}, Format.OTHER),
        ({"@context": [CREDENTIAL_CONTEXTS[0]]}, Format.OTHER),
        ({"@context": CREDENTIAL_CONTEXTS[0]}, Format.OTHER),
        ({"@context": 5}, Format.OTHER),
    ],
)
def test_ours_has_our_contexts_and_some_merkle_proof(change, expected) -> None:
    assert recognise(build_signed() | change) is expected


@pytest.mark.parametrize(
    "document",
    [
        {"type": ["VerifiableCredential"]},
        {"@context": []},
        {"@context": [], "type": "Person"},
        {"@context": [], "type": 5},
        {"@context": [], "type": [["VerifiableCredential"]]},
    ],
)
def test_what_has_no_contexts_or_no_known_type_is_no_credential(document) -> None:
    with pytest.raises(NotACredentialError):
        parse_submission(json.dumps(document).encode())


@pytest.mark.parametrize("kind", ["VerifiableCredential", ["Assertion"], ["x", "ClrCredential"]])
def test_credentials_of_other_formats_are_recognised_as_such(kind) -> None:
    document = {"@context": "https://w3id.org/openbadges/v2", "type": kind}
    assert recognise(parse_submission(json.dumps(document).encode())) is Format.OTHER
