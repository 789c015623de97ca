"""`rootseal verify`: exit codes, several files, and nothing that a wrong file can do to it."""

import json

import pytest

from tests.scripts.shell import Shell
from tests.scripts.verdicts import find_checks, list_verdicts


@pytest.fixture
def mixed(desk, tmp_path):
    """One file for each exit code."""
    good, failed, *_ = desk.list_files("spring")
    desk.run("revoke", failed).expect()
    foreign = json.loads(good.read_bytes())
    del foreign["proof"]
    files = {
        0: good,
        1: failed,
        2: desk.write("foreign.json", foreign),
        3: desk.write("none.json", "[]"),
    }
    return desk, files


@pytest.mark.parametrize(
    "given", [(0,), (1,), (2,), (3,), (0, 2), (2, 1), (1, 3), (0, 3), (2, 0, 3), (0, 1, 2, 3)]
)
def test_the_worst_of_several_wins(mixed, given):
    shell, files = mixed
    worst = next(code for code in (3, 1, 2, 0) if code in given)
    for options in ((), ("--json",)):
        shell.run("verify", *options, *(files[each] for each in given)).expect(worst)


def test_an_unreadable_file_among_good_ones_stops_none_of_them(mixed):
    shell, files = mixed
    (shell.folder / "empty").mkdir(exist_ok=True)
    names = [str(each) for each in (files[0], files[3], "missing.json", "empty", files[1])]
    told = shell.run("verify", "--json", *names).expect(3).json["reports"]
    assert [each["source"] for each in told] == names
    assert [each.get("verdict") for each in told] == ["passed", None, None, None, "failed"]
    assert all(each["error"] for each in told[1:4])
    text = shell.run("verify", *names).expect(3).out
    assert text.count("Not a credential") == 3


def test_what_is_no_credential_is_said_once(desk):
    text = desk.run("verify", desk.write("none.json", "a picture")).expect(3).out
    assert text.splitlines()[1] == "  Not a credential: it is not JSON (line 1, column 1)."


def test_one_file_gives_one_report_as_json(desk):
    (file, *_) = desk.list_files("spring")
    report = desk.run("verify", "--json", file).expect().json
    assert list(report) == ["verdict", "credential", "checks", "block", "policy", "checkedAt"]
    assert report["block"]["network"] == "embedded"
    assert [(each["step"], each["id"]) for each in report["checks"]] == [
        *((1, "format"), (2, "contexts"), (3, "schema"), (4, "signature"), (5, "path")),
        *((6, "network"), (7, "contract"), (8, "anchor"), (9, "finality")),
        *((10, "anchoring_key"), (11, "issuer"), (12, "accreditation"), (13, "revocation")),
        *((13, "suspension"), (14, "validity"), (15, "evidence"), (15, "endorsements")),
        (16, "recipient"),
    ]


def test_standard_input_is_a_file_too(desk):
    (file, *_) = desk.list_files("spring")
    desk.run("verify", "-", stdin=file.read_bytes()).expect(0)
    desk.run("verify", "-", stdin=b"").expect(3)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00",
        b"\xff\xfe{\x00}\x00",
        b"{}",
        b"[" * 100_000,
        b'{"a": 1, "a": 2}',
        b'{"a": ' + b"9" * 10_000 + b"}",
        b"{" + b" " * (1 << 20) + b"}",
        b'{"@context": "x", "type": 7}',
        b'{"@context": ["https://www.w3.org/ns/credentials/v2"], "type": "Letter"}',
    ],
)
def test_rubbish_is_no_credential_and_no_mistake_of_ours(shell, data):
    answer = shell.run("verify", "--json", shell.write("x.json", data)).expect(3)
    assert answer.json["error"]
    assert answer.err == ""


@pytest.mark.parametrize(
    ("recipient", "code"),
    [
        ("Aroha Ngāwaka", 0),
        ("  aroha   NGĀWAKA ", 0),
        ("aroha@example.org", 0),
        (" Aroha@Example.org", 0),
        ("1001", 0),
        ("Aroha Ngawaka", 1),
        ("1002", 1),
    ],
)
def test_a_recipient_is_compared_with_what_the_file_says(desk, recipient, code):
    (file, *_) = desk.list_files("spring")
    desk.run("verify", "--recipient", recipient, file).expect(code)


def test_an_earlier_moment_sees_what_was_so_then(desk):
    (file, *_) = desk.list_files("spring")
    checked = desk.run("verify", "--json", file).json["checkedAt"]
    desk.run("revoke", file).expect()
    assert list_verdicts(desk, [file]) == ["failed"]
    assert list_verdicts(desk, [file], "--at", checked) == ["passed"]
    before = find_checks(desk, file, "--at", "2026-01-01T00:00:00Z")
    assert "failed" not in {before[name]["verdict"] for name in ("network", "revocation")}


@pytest.mark.parametrize("moment", ["2999-01-01T00:00:00Z", "now", "2026-02-30T00:00:00Z", ""])
def test_a_moment_that_cannot_be_judged_is_refused(desk, moment):
    (file, *_) = desk.list_files("spring")
    refused = desk.run("verify", "--at", moment, file).expect(64)
    assert refused.out == ""
    assert refused.err


@pytest.mark.parametrize(
    "policy", ["networks = 7", "trust = true", "[checks]\nschema = 'off'", "not TOML ["]
)
def test_a_policy_that_cannot_be_followed_is_refused(desk, policy):
    (file, *_) = desk.list_files("spring")
    told = desk.run("verify", "--policy", desk.write("policy.toml", policy), file).expect(64).err
    assert "policy.toml" in told


def test_another_network_s_silence_is_unknown(desk):
    """Asked of a network that is not the anchor's, or of one that does not exist."""
    (file, *_) = desk.list_files("spring")
    assert list_verdicts(desk, [file], "--network", "local") == ["unknown"]
    desk.run("verify", "--network", "nowhere", file).expect(64)


def test_a_home_that_is_not_there_is_not_made(desk, tmp_path):
    (file, *_) = desk.list_files("spring")
    stranger = Shell(tmp_path)
    stranger.run("verify", file).expect(2)
    assert list(tmp_path.iterdir()) == []


def change_byte(data, at, mask):
    return data[:at] + bytes([data[at] ^ mask]) + data[at + 1 :]


def load(data):
    """What strict readers make of the bytes; None where they make nothing of them."""
    try:
        return json.loads(data)
    except ValueError:
        return None


@pytest.mark.parametrize("mask", [0x01, 0x04, 0x20, 0x80])
def test_one_byte_changed_in_the_signed_part_never_passes(desk, mask):
    """Every 23rd byte, each changed alone; only what says the very same in JSON is left out.

    With other contexts it is a file of another kind, of which nothing is known; never less.
    """
    (file, *_) = desk.list_files("spring")
    data = file.read_bytes()
    whole, changed = json.loads(data), {}
    for at in range(mask % 23, data.index(b'"proof"'), 23):
        spoilt = change_byte(data, at, mask)
        if load(spoilt) != whole:
            changed[at] = desk.write(f"spoilt/{at}.json", spoilt)
    assert len(changed) > 100
    told = desk.run("verify", "--json", *changed.values()).json["reports"]
    contexts = range(data.index(b'"@context"'), data.index(b"]"))
    for at, each in zip(changed, told, strict=True):
        allowed = ("failed", None, "unknown") if at in contexts else ("failed", None)
        assert each.get("verdict") in allowed, data[at - 40 : at + 40]
