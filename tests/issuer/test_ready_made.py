"""Ready-made credentials: what is added, what is kept, and what is refused by file and member."""

import json
import pickle
from copy import deepcopy
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from issuer.errors import BadInputError
from issuer.inputs.randomness import derive_credential_id
from issuer.inputs.ready_made import CredentialsSource, load_credentials_source
from issuer.progress import Silence
from protocol.credentials.canonical import canonicalise
from protocol.credentials.schema import find_schema_problems
from tests.issuer.inputs import ACHIEVEMENT, DID, MOMENT, SEED, STATUS, UNIVERSITY, change, draft

CREDENTIAL = {
    "@context": [
        "https://www.w3.org/ns/credentials/v2",
        "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
    ],
    "type": ["VerifiableCredential", "OpenBadgeCredential"],
    "name": "Assessment for Learning",
    "issuer": DID,
    "credentialSubject": {
        "type": ["AchievementSubject"],
        "identifier": [
            {
                "type": "IdentityObject",
                "hashed": False,
                "identityHash": "Aroha Ngāwaka",
                "identityType": "name",
            }
        ],
        "achievement": dict(ACHIEVEMENT),
    },
}
RANDOM_ID = "urn:uuid:0d0b0c80-6f7b-4c5c-9a55-2f1f6e3a7b10"
PROFILE = {
    "id": DID,
    "type": ["Profile"],
    "name": "Example University",
    "url": "https://uni.example.org",
}


def load(folder, *credentials, now=None):
    for old in folder.glob("*.json"):
        old.unlink()
    for number, credential in enumerate(credentials):
        data = credential if isinstance(credential, bytes) else json.dumps(credential).encode()
        (folder / f"{number}.json").write_bytes(data)
    return load_credentials_source(folder, UNIVERSITY, Silence(), now=now)


def load_or_list(folder, *credentials):
    try:
        return load(folder, *credentials)
    except BadInputError as error:
        return error.problems


def places(folder, *credentials, now=None):
    with pytest.raises(BadInputError) as caught:
        load(folder, *credentials, now=now)
    assert all(each.remedy for each in caught.value.problems)
    return [(each.file.name, each.column) for each in caught.value.problems]


def name(learner, **members):
    credential = change(CREDENTIAL, **members)
    credential["credentialSubject"]["identifier"][0]["identityHash"] = learner
    return credential


def test_what_is_missing_is_added_and_all_else_is_kept(tmp_path):
    source = load(tmp_path, CREDENTIAL)
    assert (source.kind, source.count) == ("credentials", 1)
    assert draft(source) == {
        **CREDENTIAL,
        "id": derive_credential_id(SEED, 0),
        "issuer": PROFILE,
        "validFrom": "2026-11-24T09:30:15Z",
        "credentialStatus": STATUS,
    }


def test_a_draft_passes_schema_and_guard(tmp_path):
    credential = draft(load(tmp_path, CREDENTIAL))
    assert find_schema_problems(credential) == ()
    assert canonicalise(credential).nquads


def test_a_random_id_and_a_start_are_kept(tmp_path):
    given_ = change(CREDENTIAL, id=RANDOM_ID, validFrom="2026-01-01T00:00:00Z")
    credential = draft(load(tmp_path, given_))
    assert credential["id"] == RANDOM_ID
    assert credential["validFrom"] == "2026-01-01T00:00:00Z"


def test_a_source_drafts_the_same_in_another_process(tmp_path):
    source = load(tmp_path, name("A"), name("B"))
    again = pickle.loads(pickle.dumps(source))
    assert json.dumps(draft(again, 1)) == json.dumps(draft(source, 1))


def test_file_names_spacing_and_marks_change_nothing(tmp_path):
    first = load(tmp_path, name("A"), name("B"))
    spaced = b"\xef\xbb\xbf" + json.dumps(name("A"), indent=3, sort_keys=True).encode()
    second = load(tmp_path, name("B"), spaced)
    assert second.digest == first.digest
    assert draft(second, 0).items() == draft(first, 0).items()


def test_another_letter_is_another_batch(tmp_path):
    assert load(tmp_path, name("A")).digest != load(tmp_path, name("B")).digest


def test_the_manifest_leads_back_to_the_file(tmp_path):
    source = load(tmp_path, name("A"), name("B"))
    rows = sorted((source.manifest_row(n) for n in range(2)), key=lambda row: row["row"])
    assert rows == [
        {"row": "1", "name": "A", "source_file": "0.json"},
        {"row": "2", "name": "B", "source_file": "1.json"},
    ]
    for position in range(2):
        row = source.manifest_row(position)
        subject = draft(source, position)["credentialSubject"]
        assert subject["identifier"][0]["identityHash"] == row["name"]


def test_a_creator_that_repeats_the_issuer_is_reduced(tmp_path):
    credential = change(CREDENTIAL, issuer=PROFILE)
    credential["credentialSubject"]["achievement"]["creator"] = PROFILE
    drafted = draft(load(tmp_path, credential))
    assert drafted["issuer"] == PROFILE
    assert drafted["credentialSubject"]["achievement"]["creator"] == {
        "id": DID,
        "type": ["Profile"],
    }


@pytest.mark.parametrize(
    ("member", "value", "place"),
    [
        ("proof", {"type": "DataIntegrityProof"}, "proof"),
        ("credentialStatus", STATUS, "credentialStatus"),
        ("@context", None, "@context"),
        ("@context", CREDENTIAL["@context"][:1], "@context"),
        ("@context", [*CREDENTIAL["@context"], "https://evil.example/v1"], "@context"),
        ("issuer", None, "issuer"),
        ("issuer", "did:web:other.example.org", "issuer"),
        ("issuer", {**PROFILE, "id": "did:web:other.example.org"}, "issuer"),
        ("issuer", {**PROFILE, "name": "Another University"}, "issuer.name"),
        ("issuer", [DID], "issuer"),
        ("id", "https://uni.example.org/credentials/1", "id"),
        ("id", "urn:uuid:0d0b0c80-6f7b-1c5c-9a55-2f1f6e3a7b10", "id"),
        ("id", RANDOM_ID.upper(), "id"),
        ("id", 7, "id"),
        ("credentialSchema", [{"id": "https://x.example", "type": "X"}], "credentialSchema"),
        ("validFrom", "2026-01-01", "validFrom"),
        ("validFrom", "2026-01-01T00:00:00", "validFrom"),
        ("type", ["VerifiableCredential"], "type"),
        ("colour", "red", "colour"),
        ("name", "Assess\u0085ment", None),
        ("credentialSubject", {"type": ["AchievementSubject"]}, "credentialSubject.achievement"),
        ("evidence", [{"type": ["Evidence"], "id": "an essay"}], "evidence[0].id"),
        ("evidence", [{"type": ["Evidence"], "id": DID}], None),
        ("evidence", [{"type": ["Evidence"], "colour": "red"}], "evidence[0].colour"),
    ],
)
def test_a_fault_is_named_by_file_and_member(tmp_path, member, value, place):
    bad = change(CREDENTIAL, **{member: value})
    found = places(tmp_path, name("A"), bad)
    assert ("1.json", place) in found
    assert {file for file, _ in found} == {"1.json"}


def test_the_faults_of_all_files_are_listed(tmp_path):
    found = places(tmp_path, b"{", name("A"), name("B", id="urn:x:1", issuer="did:web:o.example"))
    assert found == [("0.json", None), ("2.json", "id"), ("2.json", "issuer")]


def test_a_member_deep_inside_is_named_by_its_whole_path(tmp_path):
    credential = deepcopy(CREDENTIAL)
    credential["credentialSubject"]["achievement"]["colour"] = "red"
    assert places(tmp_path, credential) == [("0.json", "credentialSubject.achievement.colour")]


def test_two_files_with_one_id_are_refused(tmp_path):
    found = places(tmp_path, name("A", id=RANDOM_ID), name("B", id=RANDOM_ID))
    assert found == [("1.json", "id")]


def test_two_files_that_say_the_same_are_refused(tmp_path):
    """Whoever meant two learners forgot to say who the second one is."""
    assert places(tmp_path, CREDENTIAL, CREDENTIAL) == [("1.json", None)]


def test_a_credential_that_is_over_or_still_to_come_stops_a_new_batch(tmp_path):
    source = load(
        tmp_path,
        name("A", validUntil="2026-11-24T09:00:00Z"),
        name("B", validFrom="2026-11-25T00:00:00+13:00"),
        name("C", validFrom="2026-11-25T00:00:00Z"),
        name("D", validUntil="2026-11-24T09:30:15Z"),
    )
    with pytest.raises(BadInputError) as caught:
        source.check_moment(MOMENT)
    assert [(each.file.name, each.column) for each in caught.value.problems] == [
        ("0.json", "validUntil"),
        ("1.json", "validFrom"),
        ("2.json", "validFrom"),
    ]


def test_an_end_that_is_past_is_listed_with_the_other_problems(tmp_path):
    over = name("A", validUntil="2026-11-24T09:00:00Z")
    found = places(tmp_path, over, name("B", colour="red"), now=MOMENT)
    assert found == [("0.json", "validUntil"), ("1.json", "colour")]


def test_only_json_files_are_read(tmp_path):
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / ".hidden.json").write_text("{")
    (tmp_path / "deeper").mkdir()
    assert load(tmp_path, CREDENTIAL).count == 1


def test_a_folder_without_credentials_is_refused(tmp_path):
    assert places(tmp_path) == [(tmp_path.name, None)]


@pytest.mark.parametrize("missing", [True, False])
def test_what_is_no_folder_is_refused(tmp_path, missing):
    path = tmp_path / "x.json"
    if not missing:
        path.write_text("{}")
    with pytest.raises(BadInputError, match="as a folder"):
        load_credentials_source(path, UNIVERSITY, Silence())


def test_a_credential_too_large_with_its_proofs_is_refused(tmp_path):
    assert places(tmp_path, change(CREDENTIAL, description="x" * 1_030_000)) == [("0.json", None)]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(
    deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    member=st.sampled_from(
        ["id", "type", "issuer", "validFrom", "credentialSubject", "evidence", "x"]
    ),
    value=JSON,
)
def test_no_value_of_a_member_makes_more_than_a_list_of_problems(tmp_path, member, value):
    found = load_or_list(tmp_path, {**CREDENTIAL, member: value})
    assert canonicalise(draft(found)).nquads if isinstance(found, CredentialsSource) else found


def test_the_moment_given_is_written_in_utc(tmp_path):
    source = load(tmp_path, CREDENTIAL)
    moment = datetime(2026, 11, 24, tzinfo=UTC).astimezone(UNIVERSITY.time_zone)
    drafted = source.draft(0, seed=SEED, status=STATUS, moment=moment)
    assert drafted["validFrom"] == "2026-11-24T00:00:00Z"
