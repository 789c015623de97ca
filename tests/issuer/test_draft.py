"""What a drafted credential says, member by member."""

import base64
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from issuer.inputs.draft import render_day_time
from issuer.inputs.learner import render_learner
from issuer.inputs.randomness import derive_credential_id, derive_salt
from issuer.inputs.recipient import hash_identity
from protocol.credentials.canonical import canonicalise
from protocol.credentials.schema import find_schema_problems
from tests.issuer.inputs import ACHIEVEMENT, MOMENT, SEED, STATUS, change, draft, load

FULL = (
    "name,email,student_id,did,awarded_on,valid_until,result,narrative,language,"
    "evidence_url,evidence_file,evidence_name,evidence_genre\n"
    "Aroha Ngāwaka,Aroha@example.org,1001,did:example:aroha,2026-11-06,2029-12-31,Merit,"
    '"Wrote, and\nspoke.",mi,https://e.example/1,essay.txt,My essay,Research essay\n'
)


@pytest.fixture
def source(tmp_path):
    (tmp_path / "essay.txt").write_bytes(b"What is assessment?")
    return load(tmp_path, FULL)


def test_the_whole_credential_is_as_the_design_says(source):
    seen = draft(source)
    email, student = (derive_salt(SEED, 0, kind) for kind in ("emailAddress", "sisSourcedId"))
    multihash = b"\x12\x20" + sha256(b"What is assessment?").digest()
    assert seen == {
        "@context": [
            "https://www.w3.org/ns/credentials/v2",
            "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
        ],
        "id": derive_credential_id(SEED, 0),
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": "Assessment for Learning",
        "issuer": {
            "id": "did:web:uni.example.org",
            "type": ["Profile"],
            "name": "Example University",
            "url": "https://uni.example.org",
        },
        "validFrom": "2026-11-24T09:30:15Z",
        "validUntil": "2029-12-31T10:59:59Z",
        "awardedDate": "2026-11-06T00:00:00+13:00",
        "inLanguage": "mi",
        "credentialSubject": {
            "id": "did:example:aroha",
            "type": ["AchievementSubject"],
            "identifier": [
                {
                    "type": "IdentityObject",
                    "hashed": False,
                    "identityHash": "Aroha Ngāwaka",
                    "identityType": "name",
                },
                {
                    "type": "IdentityObject",
                    "hashed": True,
                    "identityHash": hash_identity("aroha@example.org", email),
                    "identityType": "emailAddress",
                    "salt": email,
                },
                {
                    "type": "IdentityObject",
                    "hashed": True,
                    "identityHash": hash_identity("1001", student),
                    "identityType": "sisSourcedId",
                    "salt": student,
                },
            ],
            "achievement": ACHIEVEMENT,
            "creditsEarned": 15,
            "result": [
                {
                    "type": ["Result"],
                    "resultDescription": "urn:example:portfolio",
                    "achievedLevel": "urn:example:merit",
                }
            ],
            "narrative": "Wrote, and\nspoke.",
        },
        "evidence": [
            {
                "id": "https://e.example/1",
                "type": ["Evidence"],
                "name": "My essay",
                "genre": "Research essay",
                "digestMultibase": "u" + base64.urlsafe_b64encode(multihash).decode().rstrip("="),
            }
        ],
        "credentialStatus": STATUS,
    }


def test_everything_in_it_is_signed(source):
    """The contexts define every member: none is dropped on the way to the hash."""
    credential = draft(source)
    assert find_schema_problems(credential) == ()
    nquads = canonicalise(credential).nquads.decode()
    for text in ("mi", "2026-11-06T00:00:00+13:00", "Research essay", "uEi", "urn:example:merit"):
        assert f'"{text}' in nquads, text


def test_an_identity_hash_is_the_one_of_the_standard():
    """The example of Open Badges 3.0, IdentityHash."""
    assert hash_identity("a@example.com", "Kosher") == (
        "sha256$b5809d8a92f8858436d7e6b87c12ebc0ae1eac4baecc2c0b913aee2c922ef399"
    )


def test_neither_email_nor_student_number_can_be_read(source):
    """PR-11: they are hashed with salts of 128 bits."""
    text = str(draft(source)).lower()
    assert "aroha@example.org" not in text
    assert "'1001'" not in text
    assert len(bytes.fromhex(derive_salt(SEED, 0, "emailAddress"))) == 16


def test_an_id_is_a_random_uuid_of_version_4():
    name = derive_credential_id(SEED, 0)
    assert UUID(name.removeprefix("urn:uuid:")).version == 4


def test_no_two_random_parts_are_alike():
    other = bytes(reversed(SEED))
    drawn = [derive_credential_id(seed, n) for seed in (SEED, other) for n in range(500)]
    drawn += [
        derive_salt(seed, n, kind)
        for seed in (SEED, other)
        for n in range(500)
        for kind in ("emailAddress", "sisSourcedId")
    ]
    assert len(set(drawn)) == len(drawn)


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_seed_of_another_length_is_refused(size):
    with pytest.raises(ValueError, match="seed"):
        derive_credential_id(bytes(size), 0)


def test_a_level_below_the_required_one_earns_no_credit(tmp_path):
    roster = FULL.replace("Merit", "Not yet achieved").replace("essay.txt", "")
    subject = draft(load(tmp_path, roster))["credentialSubject"]
    assert "creditsEarned" not in subject
    assert subject["result"][0]["achievedLevel"] == "urn:example:low"


def test_a_row_with_a_name_and_a_number_says_nothing_else(tmp_path):
    credential = draft(load(tmp_path, "name,student_id\nSukarno,1\n"))
    assert not {"validUntil", "awardedDate", "inLanguage", "evidence"} & credential.keys()
    assert credential["credentialSubject"].keys() == {
        "type",
        "identifier",
        "achievement",
        "creditsEarned",
    }
    assert find_schema_problems(credential) == ()


def test_without_credits_none_are_earned(tmp_path):
    achievement = change(ACHIEVEMENT, creditsAvailable=None)
    assert (
        "creditsEarned" not in draft(load(tmp_path, achievement=achievement))["credentialSubject"]
    )


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        (UTC, "2026-11-24T09:30:15Z"),
        (ZoneInfo("Pacific/Chatham"), "2026-11-24T09:30:15+13:45"),
        (ZoneInfo("America/St_Johns"), "2026-11-24T09:30:15-03:30"),
        (timezone(timedelta(hours=1, minutes=2, seconds=3)), "2026-11-24T08:28:12Z"),
    ],
)
def test_times_are_written_with_an_offset_that_xml_schema_has(zone, text):
    assert render_day_time(MOMENT.replace(tzinfo=zone)) == text


def test_a_time_without_zone_is_refused():
    with pytest.raises(ValueError, match="zone"):
        render_day_time(datetime(2026, 1, 1))  # noqa: DTZ001 (that is what is tried)


def test_a_learner_is_hashed_in_ascii_without_its_row(source, tmp_path):
    """A blank line above changes the row and nothing else."""
    text = render_learner(source.learners[0])
    assert text.isascii()
    moved = load(tmp_path, FULL.replace("\nAroha Ng", "\n,,,,,,,,,,,,\nAroha Ng"))
    assert moved.learners[0].row == 3
    assert render_learner(moved.learners[0]) == text
