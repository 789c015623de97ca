"""Revoking, suspending and reinstating on a real chain, by file, by row and by batch."""

import csv
import json
import signal
from collections.abc import Sequence
from pathlib import Path

import pytest

from issuer.batches.manifest import BYTE_ORDER_MARK
from issuer.errors import StatusInputError
from issuer.status.reasons import REASONS, parse_reason
from issuer.status.status_changes import (
    StatusAction,
    StatusPreview,
    StatusResult,
    change_status,
    preview_change,
)
from issuer.status.status_targets import StatusRequest, find_targets
from protocol.credentials.status_index import locate
from protocol.errors import TransactionRefusedError
from protocol.primitives import Root
from protocol.registry.events import BatchRevoked, StatusChange, StatusChanged
from protocol.registry.reasons import name_reason
from tests.issuer.killing import (
    Countdown,
    KilledBeforeSending,
    KilledBeforeTheAnswer,
    Sender,
    issue,
    run_child,
)
from tests.issuer.scene import (
    SampleSource,
    copy_home,
    name_people,
    open_desk,
    read_all_events,
    read_anchored,
)

FIVE = SampleSource(name_people(5))


@pytest.fixture(scope="module")
def issued_home(template_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home, and beside it the folder ``out`` with five credentials."""
    folder = tmp_path_factory.mktemp("issued")
    copy_home(template_home, folder / "home")
    issue(folder / "home", folder / "out", FIVE)
    return folder


@pytest.fixture
def issued(issued_home: Path, tmp_path: Path) -> Path:
    return copy_home(issued_home, tmp_path / "issued")


def files_of(issued: Path) -> list[Path]:
    """Return the credential files in the order of the roster."""
    return [issued / "out" / row["file"] for row in manifest_of(issued)]


def manifest_of(issued: Path) -> list[dict[str, str]]:
    text = (issued / "out" / "batch" / "manifest.csv").read_text(encoding="utf-8-sig")
    return list(csv.DictReader(text.splitlines()))


def change(
    issued: Path, action: StatusAction, request: StatusRequest, reason: int = 0, **surroundings
) -> StatusResult:
    with open_desk(issued / "home", **surroundings) as desk:
        return change_status(desk, action, find_targets(desk, request), reason)


def preview(issued: Path, action: StatusAction, request: StatusRequest) -> StatusPreview:
    with open_desk(issued / "home") as desk:
        return preview_change(desk, action, find_targets(desk, request), 0)


def find_problems(issued: Path, request: StatusRequest) -> tuple[str, ...]:
    with open_desk(issued / "home") as desk, pytest.raises(StatusInputError) as caught:
        find_targets(desk, request)
    return caught.value.problems


def read_bits(issued: Path) -> list[tuple[bool, bool]]:
    """Return (revoked, suspended) for each row of the roster, from the contract."""
    with open_desk(issued / "home") as desk:
        chain = desk.channel.chain
        bits = []
        for row in manifest_of(issued):
            word, mask = locate(int(row["status_list"]), int(row["status_index"]))
            status = chain.read_status(1, word, chain.read_latest())
            bits.append((bool(status.revoked & mask), bool(status.suspended & mask)))
    return bits


def status_events(issued: Path) -> list[StatusChanged]:
    events = read_all_events(issued / "home")
    return [event for event in events if isinstance(event, StatusChanged)]


def write_csv(path: Path, header: Sequence[str], *rows: Sequence[str]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


CLEAR = (False, False)
REVOKED = (True, False)
SUSPENDED = (False, True)


def test_one_file_is_revoked_and_no_other(issued: Path) -> None:
    result = change(issued, StatusAction.REVOKE, StatusRequest((files_of(issued)[1],)), 2)
    assert read_bits(issued) == [CLEAR, REVOKED, CLEAR, CLEAR, CLEAR]
    assert len(result.transactions) == len(result.changed) == 1
    (event,) = status_events(issued)
    assert (event.change, event.reason) == (StatusChange.REVOKE, 2)


def test_many_take_one_transaction(issued: Path) -> None:
    request = StatusRequest(tuple(files_of(issued)))
    assert preview(issued, StatusAction.REVOKE, request).transactions == 1
    result = change(issued, StatusAction.REVOKE, request)
    assert len(result.transactions) == 1
    assert read_bits(issued) == [REVOKED] * 5


def test_st_16_suspended_lifted_then_revoked_after_suspension(issued: Path) -> None:
    """Each entry counts, and the last suspension is lifted without undoing a revocation."""
    request = StatusRequest((files_of(issued)[0],))
    steps = [
        (StatusAction.SUSPEND, SUSPENDED),
        (StatusAction.REINSTATE, CLEAR),
        (StatusAction.SUSPEND, SUSPENDED),
        (StatusAction.REVOKE, (True, True)),
        (StatusAction.REINSTATE, REVOKED),
    ]
    for action, expected in steps:
        assert change(issued, action, request, 16).changed
        assert read_bits(issued)[0] == expected
    assert [event.change.name for event in status_events(issued)] == [
        action.name for action, _ in steps
    ]


@pytest.mark.parametrize(
    ("before", "action", "why"),
    [
        (StatusAction.REVOKE, StatusAction.REVOKE, "revoked already"),
        (StatusAction.SUSPEND, StatusAction.SUSPEND, "suspended already"),
        (StatusAction.REVOKE, StatusAction.REINSTATE, "nothing undoes"),
        (None, StatusAction.REINSTATE, "not suspended"),
    ],
)
def test_what_is_as_wanted_is_said_and_left_out(
    issued: Path, before: StatusAction | None, action: StatusAction, why: str
) -> None:
    request = StatusRequest((files_of(issued)[2],))
    if before is not None:
        change(issued, before, request)
    count = len(status_events(issued))
    result = change(issued, action, request)
    assert result.transactions == result.changed == ()
    assert why in result.unchanged[0].why
    assert len(status_events(issued)) == count


def test_one_that_is_revoked_does_not_hold_up_the_others(issued: Path) -> None:
    files = files_of(issued)
    change(issued, StatusAction.REVOKE, StatusRequest((files[0],)))
    result = change(issued, StatusAction.REVOKE, StatusRequest(tuple(files[:3])))
    assert [target.label for target in result.changed] == [str(path) for path in files[1:3]]
    assert read_bits(issued) == [REVOKED] * 3 + [CLEAR] * 2


def test_a_preview_changes_nothing(issued: Path) -> None:
    request = StatusRequest(tuple(files_of(issued)[:2]))
    seen = preview(issued, StatusAction.SUSPEND, request)
    assert (len(seen.changing), seen.unchanged, seen.transactions) == (2, (), 1)
    assert status_events(issued) == []


def test_a_filtered_manifest_is_a_list_to_revoke(issued: Path) -> None:
    rows = manifest_of(issued)
    path = write_csv(issued / "some.csv", list(rows[0]), *(row.values() for row in rows[3:]))
    path.write_text(BYTE_ORDER_MARK + path.read_text(encoding="utf-8"), encoding="utf-8")
    change(issued, StatusAction.REVOKE, StatusRequest(csv=path))
    assert read_bits(issued) == [CLEAR] * 3 + [REVOKED] * 2


def test_the_manifest_itself_works_where_it_lies(issued: Path) -> None:
    """Without the journal its files are read: they lie above the batch folder."""
    (issued / "home" / "journal.sqlite3").unlink()
    path = issued / "out" / "batch" / "manifest.csv"
    change(issued, StatusAction.SUSPEND, StatusRequest(csv=path))
    assert read_bits(issued) == [SUSPENDED] * 5


def test_rows_may_give_their_own_reason_and_each_reason_takes_a_transaction(issued: Path) -> None:
    rows = [
        [row["credential_id"], reason]
        for row, reason in zip(
            manifest_of(issued), ["misconduct", "", "superseded", "misconduct", ""], strict=True
        )
    ]
    path = write_csv(issued / "reasons.csv", ["credential_id", "reason"], *rows)
    request = StatusRequest(csv=path)
    assert preview(issued, StatusAction.REVOKE, request).transactions == 3
    change(issued, StatusAction.REVOKE, request, 4)
    counts = {event.reason: event.bits.bit_count() for event in status_events(issued)}
    assert counts == {2: 2, 3: 1, 4: 2}


def test_every_bad_row_is_listed_and_nothing_is_changed(issued: Path) -> None:
    good = manifest_of(issued)[0]["credential_id"]
    path = write_csv(
        issued / "bad.csv",
        ["credential_id", "file", "reason", "note"],
        [good, "", "", ""],
        ["urn:uuid:00000000-0000-4000-8000-000000000000", "", "", ""],
        ["", "missing.json", "", ""],
        [good, "", "boredom", ""],
        ["", "", "", "nobody"],
        [good],
    )
    problems = find_problems(issued, StatusRequest(csv=path))
    assert [
        f"row {number}" in problem
        for number, problem in zip(
            (5, 6, 7, 3, 4), sorted(problems, key=order_of_kind), strict=True
        )
    ] == [True] * 5
    assert status_events(issued) == []


def order_of_kind(problem: str) -> int:
    words = ["no reason", "names neither", "cells", "knows no credential", "cannot be read"]
    return next(at for at, word in enumerate(words) if word in problem)


@pytest.mark.parametrize("text", ["name\nAroha\n", "", "file;reason\na.json;\n"])
def test_a_csv_that_names_nothing_is_refused(issued: Path, text: str) -> None:
    path = issued / "list.csv"
    path.write_text(text)
    (problem,) = find_problems(issued, StatusRequest(csv=path))
    assert "list.csv" in problem


def test_two_reasons_for_one_credential_are_refused(issued: Path) -> None:
    good = manifest_of(issued)[0]["credential_id"]
    rows = [[good, "misconduct"], [good, "superseded"]]
    path = write_csv(issued / "twice.csv", ["credential_id", "reason"], *rows)
    (problem,) = find_problems(issued, StatusRequest(csv=path))
    assert "another reason" in problem


def test_a_credential_named_twice_counts_once(issued: Path) -> None:
    file = files_of(issued)[0]
    result = change(issued, StatusAction.REVOKE, StatusRequest((file, file)))
    assert len(result.changed) == 1


def spoil_index(document: dict, neighbour: dict) -> None:
    document["credentialStatus"] = neighbour["credentialStatus"]


def spoil_issuer(document: dict, neighbour: dict) -> None:
    document["issuer"]["id"] = "did:web:other.example.org"


def spoil_arrangement(document: dict, neighbour: dict) -> None:
    document["proof"].reverse()


def spoil_receipt(document: dict, neighbour: dict) -> None:
    document["proof"][0] = neighbour["proof"][0]


@pytest.mark.parametrize("spoil", [spoil_index, spoil_issuer, spoil_arrangement, spoil_receipt])
def test_a_changed_file_hits_nobody(issued: Path, spoil) -> None:
    """All is well, only one member is another: its index would be somebody else's."""
    first, second = files_of(issued)[:2]
    document = json.loads(first.read_text(encoding="utf-8"))
    spoil(document, json.loads(second.read_text(encoding="utf-8")))
    first.write_text(json.dumps(document), encoding="utf-8")
    problems = find_problems(issued, StatusRequest((first, second)))
    assert len(problems) == 1
    assert str(first) in problems[0]


def test_a_file_that_is_no_credential_is_refused(issued: Path) -> None:
    path = issued / "notes.json"
    path.write_text("[]")
    (problem,) = find_problems(issued, StatusRequest((path, files_of(issued)[0])))
    assert "not a credential" in problem


def test_nothing_named_is_refused(issued: Path) -> None:
    (problem,) = find_problems(issued, StatusRequest())
    assert "--batch" in problem


def test_a_whole_batch_is_revoked_once(issued: Path) -> None:
    (anchored,) = read_anchored(issued / "home")
    request = StatusRequest(batch=anchored.root)
    assert change(issued, StatusAction.REVOKE, request, 1).whole_batch == anchored.root
    again = change(issued, StatusAction.REVOKE, request, 1)
    assert (again.transactions, again.whole_batch) == ((), None)
    assert "already" in again.unchanged[0].why
    events = [e for e in read_all_events(issued / "home") if isinstance(e, BatchRevoked)]
    assert [(event.root, event.reason) for event in events] == [(anchored.root, 1)]


def test_a_whole_batch_is_suspended_and_reinstated_by_its_credentials(issued: Path) -> None:
    (anchored,) = read_anchored(issued / "home")
    change(issued, StatusAction.SUSPEND, StatusRequest(batch=anchored.root))
    assert read_bits(issued) == [SUSPENDED] * 5
    change(issued, StatusAction.REINSTATE, StatusRequest(batch=anchored.root))
    assert read_bits(issued) == [CLEAR] * 5


def test_a_batch_that_is_not_ours_is_refused(issued: Path) -> None:
    (problem,) = find_problems(issued, StatusRequest(batch=Root(b"x" * 32)))
    assert "no batch of this institution" in problem


@pytest.mark.parametrize("fatal", [1, 2])
def test_killed_after_a_commit_the_change_is_made_once(issued: Path, fatal: int) -> None:
    request = StatusRequest(tuple(files_of(issued)[:2]))
    child = run_child(
        lambda: change(issued, StatusAction.REVOKE, request, after_commit=Countdown(fatal))
    )
    assert child == -signal.SIGKILL
    change(issued, StatusAction.REVOKE, request)
    assert read_bits(issued) == [REVOKED] * 2 + [CLEAR] * 3
    assert len(status_events(issued)) == 1


@pytest.mark.parametrize("wrap", [KilledBeforeSending, KilledBeforeTheAnswer])
def test_killed_around_sending_the_change_is_made_once(issued: Path, wrap: type[Sender]) -> None:
    request = StatusRequest(tuple(files_of(issued)[:2]))
    child = run_child(lambda: change(issued, StatusAction.REVOKE, request, wrap_sender=wrap))
    assert child == -signal.SIGKILL
    result = change(issued, StatusAction.REVOKE, request)
    assert result.changed == (), "the killed run's own bytes did it"
    assert read_bits(issued) == [REVOKED] * 2 + [CLEAR] * 3
    assert len(status_events(issued)) == 1


def test_an_institution_that_is_not_registered_changes_nothing(issued: Path) -> None:
    from dataclasses import replace

    from issuer.status.status_targets import find_issuer_id

    with open_desk(issued / "home") as desk:
        other = replace(desk, institution=replace(desk.institution, did="did:web:x.example"))
        with pytest.raises(TransactionRefusedError, match="not registered"):
            find_issuer_id(other)


def test_reasons_read_back() -> None:
    assert [parse_reason(name_reason(number)) for number in REASONS.values()] == [*REASONS.values()]
    with pytest.raises(ValueError, match="misconduct"):
        parse_reason("boredom")
