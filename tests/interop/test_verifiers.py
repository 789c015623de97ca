"""What verifiers of others say of the files that `rootseal issue` wrote, beside what we say."""

from datetime import UTC, datetime

import pytest

from tests.interop.documents import CLAIMS
from tests.interop.packages import VERIFIERS
from tests.interop.situations import ANCHORS, AS_ISSUED, CHANGED, KEYS, STATUS, TEXTS
from tests.interop.table import DOCUMENT, render

pytestmark = [pytest.mark.node, pytest.mark.slow, pytest.mark.timeout(600)]

LETTERS = "".join(each.letter for each in VERIFIERS)
REVERTED = "the issuer's key, but the register refused (reverted transaction)"
STRANGER = "a stranger's account, past the register"
MAINNET = "the same transaction, said to be on mainnet"
STANDARD, BLOCKCERTS = f"{STATUS}, `standard`", f"{STATUS}, `blockcerts`"


def find(answers: dict, group: str, title: str) -> dict:
    (found,) = (row for row in answers["rows"] if (row["group"], row["title"]) == (group, title))
    return found


def list_accepting(row: dict) -> str:
    return "".join(letter for letter in LETTERS if row[letter]["accepted"])


def test_all_four_accept_the_file_that_was_issued(answers) -> None:
    row = find(answers, AS_ISSUED, "live")
    assert list_accepting(row) == LETTERS, {letter: row[letter]["said"] for letter in LETTERS}
    assert row["as shipped"]["accepted"], row["as shipped"]["said"]
    assert row["ours"]["verdict"] == "passed"


@pytest.mark.parametrize("claim", CLAIMS)
def test_all_four_refuse_it_with_one_signed_claim_changed(answers, claim) -> None:
    row = find(answers, CHANGED, claim)
    assert list_accepting(row) == ""
    assert not row["as shipped"]["accepted"]
    assert row["ours"]["failed"] == ["signature", "path"]


def test_they_refuse_it_for_what_was_changed(answers) -> None:
    """A refusal for another reason would show nothing."""
    reasons = {
        "C": "Computed hash does not match remote hash",
        "D": "Invalid signature.",
        "V": "invalid_signature: The signature is not valid.",
        "O": "Invalid Data Integrity proof (signature mismatch)",
    }
    for claim in CLAIMS:
        row = find(answers, CHANGED, claim)
        assert {letter: row[letter]["said"][-1] for letter in LETTERS} == reasons


def test_a_wrong_sender_is_refused_where_the_chain_is_looked_at(answers) -> None:
    row = find(answers, ANCHORS, STRANGER)
    assert list_accepting(row) == "DVO", "they look at no chain"
    assert "does not belong to the claimed issuer" in row["C"]["said"][-1]
    assert row["ours"]["failed"] == ["anchor"]


def test_a_reverted_transaction_is_seen_by_us_alone(answers) -> None:
    row = find(answers, ANCHORS, REVERTED)
    assert list_accepting(row) == LETTERS
    assert row["ours"]["failed"] == ["anchor"]


@pytest.mark.parametrize(
    ("group", "title", "accepting", "ours"),
    [
        (BLOCKCERTS, "live", "CDVO", []),
        (BLOCKCERTS, "reinstated", "CDVO", []),
        (BLOCKCERTS, "revoked", "", ["revocation"]),
        (BLOCKCERTS, "suspended", "CDVO", ["suspension"]),
        (BLOCKCERTS, "revoked with its whole batch", "CDVO", ["revocation"]),
        (BLOCKCERTS, "ended (`validUntil`)", "", ["validity"]),
        (BLOCKCERTS, "live, but its list was never published", "", []),
        (STANDARD, "live", "DVO", []),
        (STANDARD, "reinstated", "DVO", []),
        (STANDARD, "revoked", "", ["revocation"]),
        (STANDARD, "suspended", "DVO", ["suspension"]),
    ],
)
def test_each_setting_has_its_readers(answers, group, title, accepting, ours) -> None:
    row = find(answers, group, title)
    assert list_accepting(row) == accepting, {each: row[each]["said"] for each in LETTERS}
    assert row["ours"]["failed"] == ours


@pytest.mark.parametrize("letter", LETTERS)
@pytest.mark.parametrize("group", [STANDARD, BLOCKCERTS])
def test_a_revoked_one_is_refused_for_its_bit(answers, group, letter) -> None:
    """Where C reads the standard form, it refuses for another reason, live ones too."""
    said = " ".join(find(answers, group, "revoked")[letter]["said"]).lower()
    unreadable = letter == "C" and group == STANDARD
    assert ("revo" in said) is not unreadable


def test_the_register_knows_more_of_keys_than_others(answers) -> None:
    assert list_accepting(find(answers, KEYS, "both retired since")) == LETTERS
    stolen = find(answers, KEYS, "the anchoring key declared stolen, from before")
    assert list_accepting(stolen) == "DVO"
    assert stolen["ours"]["failed"] == ["anchoring_key"]
    pen = find(answers, KEYS, "the signing key declared stolen, from before")
    assert list_accepting(pen) == ""
    assert pen["ours"]["verdict"] == "passed", "the register vouches for the same bytes"


def test_only_the_first_place_binds_anchor_and_issuer(answers) -> None:
    """In the second, C believes the file about whose anchor it is."""
    assert list_accepting(find(answers, ANCHORS, "the same, its method named")) == "DVO"
    row = find(answers, ANCHORS, "the same in the second place, over the signature as well")
    assert list_accepting(row) == LETTERS
    assert row["ours"]["failed"] == ["format"]


def test_some_texts_are_sorted_otherwise_elsewhere(answers) -> None:
    row = find(answers, AS_ISSUED, TEXTS)
    assert list_accepting(row) == "O"
    assert row["ours"]["verdict"] == "passed"


@pytest.mark.parametrize("spoiled", ["remoteHash", "issuingAddress", "time", "revokedAddresses"])
def test_an_edited_look_up_would_be_noticed(answers, spoiled) -> None:
    (asked, *_) = find(answers, AS_ISSUED, "live")["C"]["asked"]
    said = answers["node"][asked["transactionId"]]
    assert find_edits(asked["handed"], said) == []
    edited = asked["handed"] | {spoiled: "0x" + "ab" * 20}
    assert find_edits(edited, said) == [spoiled]


def test_the_look_up_hands_over_what_the_node_said_unaltered(answers) -> None:
    looked = [asked for row in answers["rows"] for asked in row["C"]["asked"]]
    assert len({asked["transactionId"] for asked in looked}) > 5
    for asked in looked:
        assert find_edits(asked["handed"], answers["node"][asked["transactionId"]]) == []


def test_without_our_look_up_the_verdicts_are_the_same(answers) -> None:
    """The package's own explorer is asked by network, so it finds no such one on mainnet."""
    different = [
        row["title"]
        for row in answers["rows"]
        if row["C"]["accepted"] is not row["as shipped"]["accepted"]
    ]
    assert different == [MAINNET]


def test_the_document_has_these_answers(answers) -> None:
    document = DOCUMENT.read_text("utf-8")
    assert render(document, answers) == document, "python -m tests.interop.table writes it anew"


def find_edits(handed: dict, said: dict) -> list[str]:
    """What was handed to the package and is not what the node says, asked again."""
    moment = datetime.fromtimestamp(int(said["timestamp"], 16), UTC)
    expected = {
        "remoteHash": said["input"].removeprefix("0x"),
        "issuingAddress": said["from"],
        "time": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "revokedAddresses": [],
    }
    return [name for name in expected if handed[name] != expected[name]]
