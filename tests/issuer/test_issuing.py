"""Issuing on a real chain: what is written, what the same command does again, what is refused."""

import csv
import json
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from issuer.batches.desk import Desk
from issuer.batches.issuing import IssueProgress, IssueRequest, issue_batch, preview_batch
from issuer.errors import (
    LockedError,
    OutputError,
    RefusedCredentialsError,
    UsedFolderError,
)
from issuer.journal import plans
from issuer.sending.operations import hold_carrier
from protocol.errors import TransactionRefusedError
from protocol.nodes.node import Node, NodeError
from protocol.primitives import hash_keccak
from tests.issuer.killing import SOURCE, issue
from tests.issuer.scene import (
    DID,
    NAME,
    SampleSource,
    accept,
    list_files,
    load_network,
    name_people,
    open_desk,
    read_anchored,
)

OTHER = SampleSource(("Aroha", "王小明", "O'Brien"))
"""One apostrophe is another."""


def read_batch(out: Path) -> dict:
    return json.loads((out / "batch" / "batch.json").read_text(encoding="utf-8"))


def test_a_batch_is_anchored_once_and_written_whole(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = issue(home, out)
    (event,) = read_anchored(home)
    batch = read_batch(out)
    assert result.progress is IssueProgress.FRESH
    assert (result.count, result.anchoring.root) == (3, event.root)
    assert batch["root"] == "0x" + event.root.hex()
    assert len(batch["leaves"]) == batch["count"] == 3
    assert bytes.fromhex(batch["transaction"][2:]) == event.position.transaction
    assert batch["contract"].lower() == "0x" + load_network(home).contract.hex()
    names = sorted(path.name for path in (out / "batch").iterdir())
    assert names == ["batch.json", "evidence.json", "manifest.csv"]


def test_a_file_reads_from_context_to_proof(home: Path, tmp_path: Path) -> None:
    issue(home, tmp_path / "out")
    file = next((tmp_path / "out").glob("*.json"))
    document = json.loads(file.read_text(encoding="utf-8"))
    assert list(document)[:4] == ["@context", "id", "type", "name"]
    assert list(document)[-1] == "proof"
    assert [p["cryptosuite"] for p in document["proof"]] == ["merkle-proof-2019", "eddsa-rdfc-2022"]
    assert document["id"] == f"urn:uuid:{file.stem}"


def test_the_manifest_says_where_each_learner_went(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    issue(home, out)
    text = (out / "batch" / "manifest.csv").read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(text.splitlines()))
    assert [row["name"] for row in rows] == list(SOURCE.names)
    for row in rows:
        document = json.loads((out / row["file"]).read_text(encoding="utf-8"))
        identifier = document["credentialSubject"]["identifier"][0]
        assert identifier["identityHash"] == row["name"]
        assert document["credentialStatus"]["statusListIndex"] == row["status_index"]
        assert f"/{row['status_list']}/" in document["credentialStatus"]["statusListCredential"]
    assert len({row["status_index"] for row in rows}) == 3


def test_the_evidence_holds_what_nodes_forget(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = issue(home, out)
    evidence = json.loads((out / "batch" / "evidence.json").read_text())
    assert evidence["transaction"]["hash"] == "0x" + result.anchoring.transaction.hex()
    raw = bytes.fromhex(evidence["transaction"]["raw"][2:])
    assert hash_keccak(raw) == result.anchoring.transaction
    assert result.anchoring.root in raw
    assert evidence["receipt"]["blockHash"] == evidence["header"]["hash"]
    assert evidence["receipt"]["status"] == "0x1"
    assert evidence["header"]["hash"] == "0x" + result.anchoring.block_hash.hex()
    values = [int(item["value"], 16) for item in evidence["proof"]["storageProof"]]
    assert all(values[:3]), "anchor, key and issuer slots are where they were looked for"


def test_the_evidence_does_without_what_a_node_does_not_know(home: Path, tmp_path: Path) -> None:
    class NoProofs:
        def __init__(self, node: Node) -> None:
            self.node, self.network_name = node, node.network_name

        def request(self, method: str, params: Sequence[object]) -> object:
            if method == "eth_getProof":
                raise NodeError(-32601, "method not found")
            return self.node.request(method, params)

    issue(home, tmp_path / "out", wrap_node=NoProofs)
    evidence = json.loads((tmp_path / "out" / "batch" / "evidence.json").read_text())
    assert evidence["proof"] is None
    assert evidence["receipt"]
    assert evidence["header"]


def test_the_same_command_again_says_done(home: Path, tmp_path: Path) -> None:
    """KO-14."""
    issue(home, tmp_path / "out")
    before = list_files(tmp_path / "out")
    again = issue(home, tmp_path / "out")
    assert again.progress is IssueProgress.DONE
    assert list_files(tmp_path / "out") == before
    assert len(read_anchored(home)) == 1


def test_another_folder_gets_the_same_files_and_no_anchor(home: Path, tmp_path: Path) -> None:
    issue(home, tmp_path / "first")
    again = issue(home, tmp_path / "second")
    assert again.progress is IssueProgress.REWRITTEN
    assert list_files(tmp_path / "second") == list_files(tmp_path / "first")
    assert len(read_anchored(home)) == 1


def test_a_file_that_was_lost_is_written_again(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    issue(home, out)
    before = list_files(out)
    next(out.glob("*.json")).unlink()
    assert issue(home, out).progress is IssueProgress.REWRITTEN
    assert list_files(out) == before


def test_a_changed_input_into_a_used_folder_is_refused(home: Path, tmp_path: Path) -> None:
    issue(home, tmp_path / "out")
    before = list_files(tmp_path / "out")
    with pytest.raises(UsedFolderError, match="another input"):
        issue(home, tmp_path / "out", OTHER)
    assert list_files(tmp_path / "out") == before
    assert len(read_anchored(home)) == 1


def test_a_folder_that_holds_anything_else_is_refused(home: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "letter.txt").write_text("")
    with pytest.raises(UsedFolderError, match="not empty"):
        issue(home, tmp_path / "out")
    assert read_anchored(home) == []


def test_the_same_input_is_issued_anew_only_knowingly(home: Path, tmp_path: Path) -> None:
    issue(home, tmp_path / "first")
    with open_desk(home) as desk:
        request = IssueRequest(SOURCE, tmp_path / "second", new_batch=True)
        second = issue_batch(desk, request, accept)
        again = issue_batch(desk, request, accept)
    assert (second.progress, again.progress) == (IssueProgress.FRESH, IssueProgress.DONE)
    assert len({event.root for event in read_anchored(home)}) == 2
    assert {p.name for p in (tmp_path / "first").glob("*.json")}.isdisjoint(
        p.name for p in (tmp_path / "second").glob("*.json")
    )


def test_a_new_batch_never_goes_into_the_first_ones_folder(home: Path, tmp_path: Path) -> None:
    issue(home, tmp_path / "out")
    with open_desk(home) as desk, pytest.raises(UsedFolderError):
        issue_batch(desk, IssueRequest(SOURCE, tmp_path / "out", new_batch=True), accept)


def test_a_refused_credential_stops_everything_and_each_is_listed(
    home: Path, tmp_path: Path
) -> None:
    """KO-13."""
    bad = replace(SOURCE, spoil=1)
    with pytest.raises(RefusedCredentialsError, match="row 3") as caught:
        issue(home, tmp_path / "out", bad)
    assert len(caught.value.problems) >= 1
    assert read_anchored(home) == []
    assert not any((home / "batches").iterdir()), "drafts of refused credentials are deleted"


def test_a_corrected_input_may_use_the_folder_of_a_refused_one(home: Path, tmp_path: Path) -> None:
    with pytest.raises(RefusedCredentialsError):
        issue(home, tmp_path / "out", replace(SOURCE, spoil=1))
    assert issue(home, tmp_path / "out").progress is IssueProgress.FRESH


def test_a_dry_run_keeps_signs_and_sends_nothing(home: Path, tmp_path: Path) -> None:
    with open_desk(home) as desk:
        balance = desk.channel.sender.read_balance(desk.signers.anchor.address)
        preview = preview_batch(desk, IssueRequest(SOURCE, tmp_path / "out"))
        assert desk.channel.sender.read_balance(desk.signers.anchor.address) == balance
        assert desk.channel.journal.read("SELECT * FROM batch") == []
        assert desk.channel.journal.read("SELECT * FROM fill_mark") == []
    assert preview.count == 3
    assert 0 < preview.fee_wei < 10**18
    assert preview.first["issuer"] == {"id": DID, "type": ["Profile"], "name": NAME}
    assert preview.standing is IssueProgress.FRESH
    assert not (tmp_path / "out").exists()
    assert read_anchored(home) == []


def test_a_dry_run_finds_what_would_be_refused(home: Path, tmp_path: Path) -> None:
    with open_desk(home) as desk, pytest.raises(RefusedCredentialsError):
        preview_batch(desk, IssueRequest(replace(SOURCE, spoil=2), tmp_path / "out"))


def test_a_dry_run_of_what_is_done_says_so(home: Path, tmp_path: Path) -> None:
    issue(home, tmp_path / "out")
    with open_desk(home) as desk:
        preview = preview_batch(desk, IssueRequest(SOURCE, tmp_path / "out"))
    assert (preview.standing, preview.fee_wei) == (IssueProgress.DONE, 0)


def test_faults_of_the_verification_are_told_and_the_batch_is_not_done(
    home: Path, tmp_path: Path
) -> None:
    seen: list[Path] = []

    def refuse_first(paths: list[Path]) -> tuple[str, ...]:
        seen.extend(paths)
        return (f"{paths[0].name}: failed",)

    with open_desk(home) as desk, pytest.raises(OutputError, match="do not hand its files out"):
        issue_batch(desk, IssueRequest(SOURCE, tmp_path / "out"), refuse_first)
    assert len(seen) == 3
    assert issue(home, tmp_path / "out").progress is IssueProgress.RESUMED
    assert len(read_anchored(home)) == 1


def test_the_next_batch_goes_on_in_the_same_list(home: Path, tmp_path: Path) -> None:
    """Rule 2: nobody else used the key."""
    issue(home, tmp_path / "first")
    issue(home, tmp_path / "second", OTHER)
    first, second = read_batch(tmp_path / "first"), read_batch(tmp_path / "second")
    assert first["status_list"] == second["status_list"]
    assert (first["status_start"], second["status_start"]) == (0, 16)


def test_an_account_in_use_is_waited_for_and_then_refused(home: Path, tmp_path: Path) -> None:
    """KO-06: one account, one process at a time."""
    with open_desk(home) as desk, hold_carrier(desk.channel, desk.signers.anchor):
        patience = replace(desk.channel.patience, lock_seconds=0)
        hasty = replace(desk, channel=replace(desk.channel, patience=patience))
        with pytest.raises(LockedError):
            issue_batch(hasty, IssueRequest(SOURCE, tmp_path / "out"), accept)


def test_a_root_that_starts_like_a_function_is_redrawn(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SC-02: all is well, only the first root would run a function."""
    answers = iter([True, False])
    monkeypatch.setattr("issuer.batches.anchoring.is_decoy", lambda root: next(answers))
    result = issue(home, tmp_path / "out")
    assert len(read_anchored(home)) == 1
    with open_desk(home) as desk:
        (batch,) = desk.channel.journal.find_batches(find_inputs(desk))
        assert plans.count_plans(desk.channel.journal, batch) == 2
        assert plans.find_plan(desk.channel.journal, batch).attempt == 2
    assert result.progress is IssueProgress.FRESH


def test_every_selector_is_a_decoy() -> None:
    from issuer.batches.preflight import is_decoy
    from protocol.registry.calldata import SELECTORS

    assert len(SELECTORS) > 20
    assert all(is_decoy(selector + bytes(28)) for selector in SELECTORS)
    assert not is_decoy(b"\xff\xff\xff\xff" + bytes(28))


@pytest.mark.parametrize("change", ["document", "method", "institution"])
def test_keys_that_would_not_verify_are_found_before_anything_is_sent(
    home: Path, tmp_path: Path, change: str
) -> None:
    with open_desk(home) as desk:
        profile = desk.institution
        if change == "document":
            next((home / "issuers").iterdir()).unlink()
        elif change == "method":
            profile = replace(profile, anchor_method=f"{DID}#other")
        else:
            profile = replace(profile, did="did:web:other.example.org")
        other = replace(desk, institution=profile)
        with pytest.raises(TransactionRefusedError):
            issue_batch(other, IssueRequest(SOURCE, tmp_path / "out"), accept)
    assert read_anchored(home) == []


def test_many_are_hashed_by_workers_to_the_same_leaves(home: Path, tmp_path: Path) -> None:
    """One seed, one process or two: the same bytes."""
    source = SampleSource(name_people(520))
    issue(home, tmp_path / "out", source)
    with open_desk(home, workers=2) as desk:
        again = issue_batch(desk, IssueRequest(source, tmp_path / "again"), accept)
    assert again.progress is IssueProgress.REWRITTEN
    assert list_files(tmp_path / "again") == list_files(tmp_path / "out")


def test_progress_is_told_on_every_stage(home: Path, tmp_path: Path) -> None:
    with open_desk(home) as desk:
        issue_batch(desk, IssueRequest(SOURCE, tmp_path / "out"), accept)
        stages = desk.channel.progress.stages
    assert stages == {
        "Drafting and hashing": (3, 3),
        "Signing": (3, 3),
        "Writing receipts": (3, 3),
        "Reading files again": (3, 3),
        "Verifying": (3, 3),
    }


def test_only_the_owner_may_read_what_lies_in_the_home(home: Path, tmp_path: Path) -> None:
    """Drafts are personal data: read in the middle of a batch."""
    modes: set[int] = set()

    def look() -> None:
        for path in (home / "batches").rglob("*.jsonl"):
            modes.add(path.stat().st_mode & 0o777)
            modes.add(path.parent.stat().st_mode & 0o077)

    os.umask(0o022)
    issue(home, tmp_path / "out", after_commit=look)
    assert modes == {0o600, 0}


def find_inputs(desk: Desk) -> bytes:
    return bytes(desk.channel.journal.read("SELECT inputs FROM batch")[0]["inputs"])
