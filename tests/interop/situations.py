"""The situations in which every verifier is asked: files that the command line wrote, and after."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.interop.documents import (
    CLAIMS,
    EDDSA,
    MERKLE,
    anchor_alone,
    anchor_nowhere,
    edit,
    edit_proofs,
    name_network,
    read_receipt,
    set_in_proof,
    swap_proof,
    take_proof,
)
from tests.interop.institutions import ANCHOR_LOST, MAIN, OTHER, ROTATED, SIGNING_LOST, Desk
from tests.scripts.samples import ISSUE

ENDING = timedelta(seconds=25)
A_SECOND = 1.1
"""Blocks and key windows count whole seconds; what comes later shall be later by their count."""
ENOUGH_GAS, LITTLE_GAS = 400_000, 30_000
AS_ISSUED = "As issued"
CHANGED = "One signed claim changed"
PROOFS = "Other proofs"
ANCHORS = "Other anchors"
STATUS = "Status"
KEYS = "Keys"


@dataclass(frozen=True, slots=True)
class Situation:
    """One file as somebody shows it."""

    group: str
    title: str
    document: str

    @property
    def key(self) -> str:
        return f"{self.group}: {self.title}"


@dataclass(frozen=True, slots=True)
class Issued:
    """What the command line wrote, by institution."""

    main: list[Path]
    other: list[Path]
    ending: Path
    withdrawn_batch: Path
    rotated: Path
    anchor_lost: Path
    signing_lost: Path


def tell(desk: Desk) -> Issued:
    """Found five institutions, issue, and change statuses and keys."""
    desk.found(MAIN)
    main = desk.issue(MAIN)
    ending, end = _issue_ending(desk, main[0])
    (withdrawn, *_) = desk.issue(MAIN, *ISSUE, "--new-batch", out="autumn")
    desk.found(OTHER)
    other = desk.issue(OTHER)
    for domain, files in ((MAIN, main), (OTHER, other)):
        _change_statuses(desk, domain, files)
    root = json.loads((withdrawn.parent / "batch" / "batch.json").read_bytes())["root"]
    desk.run("revoke", "--batch", root, "--issuer", MAIN, "--yes")
    issued = Issued(
        main, other, ending, withdrawn, _rotate(desk), *_lose(desk, ANCHOR_LOST, "anchor"),
        *_lose(desk, SIGNING_LOST, "signing"),
    )  # fmt: skip
    time.sleep(max(0.0, (end - datetime.now(UTC)).total_seconds() + 1))
    return issued


def _issue_ending(desk: Desk, sample: Path) -> tuple[Path, datetime]:
    """Issue a credential that soon ends."""
    end = datetime.now(UTC).replace(microsecond=0) + ENDING
    draft = json.loads(sample.read_bytes())
    for member in ("proof", "credentialStatus", "id", "validFrom"):
        del draft[member]
    draft["validUntil"] = end.isoformat().replace("+00:00", "Z")
    desk.shell.write("drafts/one.json", draft)
    (file,) = desk.issue(MAIN, "issue", "--credentials", "drafts", out="ending")
    return file, end


def _change_statuses(desk: Desk, domain: str, files: list[Path]) -> None:
    (_, revoked, suspended, reinstated, *_) = files
    desk.run("revoke", revoked, "--issuer", domain, "--yes")
    desk.run("suspend", suspended, reinstated, "--issuer", domain, "--yes")
    desk.run("reinstate", reinstated, "--issuer", domain, "--yes")


def _rotate(desk: Desk) -> Path:
    desk.found(ROTATED)
    (file, *_) = desk.issue(ROTATED)
    time.sleep(A_SECOND)
    for duty in ("anchor", "signing"):
        desk.run("issuer", "rotate", "--key", duty, "--issuer", ROTATED)
    return file


def _lose(desk: Desk, domain: str, duty: str) -> list[Path]:
    """Issue, then declare that a key was in other hands before."""
    since = desk.found(domain)
    time.sleep(A_SECOND)
    (file, *_) = desk.issue(domain)
    desk.run("issuer", "compromised", "--key", duty, "--since", since, "--issuer", domain)
    return [file]


def list_situations(desk: Desk, issued: Issued) -> list[Situation]:
    """Return every situation, in the order of the table."""
    genuine, neighbour = issued.main[0].read_text("utf-8"), issued.main[4].read_text("utf-8")
    foreign = issued.other[0].read_text("utf-8")
    found = [Situation(AS_ISSUED, "live", genuine)]
    found += [Situation(CHANGED, name, edit(genuine, change)) for name, change in CLAIMS.items()]
    found += _build(PROOFS, _list_proofs(genuine, neighbour, foreign))
    found += _build(ANCHORS, _list_anchors(desk, genuine, foreign))
    found += _list_statuses(issued)
    found += _build(KEYS, _list_keys(issued))
    assert len({each.key for each in found}) == len(found)
    return found


def _build(group: str, documents: dict[str, str]) -> Iterator[Situation]:
    return (Situation(group, title, document) for title, document in documents.items())


def _list_proofs(genuine: str, neighbour: str, foreign: str) -> dict[str, str]:
    merkle, eddsa = (take_proof(genuine, index) for index in (MERKLE, EDDSA))
    unknown = eddsa | {"cryptosuite": "bbs-2023"}
    return {
        "`created` of the first": set_in_proof(genuine, MERKLE, created="1999-01-01T00:00:00Z"),
        "`created` of the second": set_in_proof(genuine, EDDSA, created="1999-01-01T00:00:00Z"),
        "the first alone": edit_proofs(genuine, lambda _: [merkle]),
        "the second alone": edit_proofs(genuine, lambda _: [eddsa]),
        "none": edit_proofs(genuine, lambda _: []),
        "in the other order": edit_proofs(genuine, lambda _: [eddsa, merkle]),
        "a third, of a suite that nobody knows": edit_proofs(
            genuine, lambda found: [*found, unknown]
        ),
        "the second twice": edit_proofs(genuine, lambda found: [*found, eddsa]),
        "a neighbour's first": swap_proof(genuine, MERKLE, take_proof(neighbour, MERKLE)),
        "another institution's first": swap_proof(genuine, MERKLE, take_proof(foreign, MERKLE)),
        "a neighbour's second": swap_proof(genuine, EDDSA, take_proof(neighbour, EDDSA)),
        "another institution's second": swap_proof(genuine, EDDSA, take_proof(foreign, EDDSA)),
    }


def _list_anchors(desk: Desk, genuine: str, foreign: str) -> dict[str, str]:
    leaf = read_receipt(genuine).leaf
    stranger, other = desk.send_as_stranger(leaf), desk.send_as(OTHER, leaf, ENOUGH_GAS)
    refused = desk.send_as(MAIN, leaf, LITTLE_GAS)
    assert [desk.was_refused(each) for each in (stranger, other, refused)] == [False, False, True]
    method = take_proof(foreign, MERKLE)["verificationMethod"]
    theirs = set_in_proof(anchor_alone(genuine, other), MERKLE, verificationMethod=method)
    return {
        "the issuer's key, but the register refused (reverted transaction)": anchor_alone(
            genuine, refused
        ),
        "a stranger's account, past the register": anchor_alone(genuine, stranger),
        "another institution's key, in the register": anchor_alone(genuine, other),
        "the same, its method named": theirs,
        "the same, proofs in the other order": edit_proofs(theirs, lambda found: found[::-1]),
        "a transaction that nobody knows": anchor_alone(genuine, "0x" + "ab" * 32),
        "the same transaction, said to be on mainnet": name_network(genuine, 1),
        "a practice chain (`mocknet`)": anchor_nowhere(genuine),
    }


def _list_statuses(issued: Issued) -> Iterator[Situation]:
    for setting, files in (("standard", issued.main), ("blockcerts", issued.other)):
        for title, file in zip(("live", "revoked", "suspended", "reinstated"), files, strict=False):
            yield Situation(f"{STATUS}, `{setting}`", title, file.read_text("utf-8"))
    for title, file in (
        ("revoked with its whole batch", issued.withdrawn_batch),
        ("ended (`validUntil`)", issued.ending),
    ):
        yield Situation(f"{STATUS}, `standard`", title, file.read_text("utf-8"))


def _list_keys(issued: Issued) -> dict[str, str]:
    return {
        "both retired since": issued.rotated.read_text("utf-8"),
        "the anchoring key declared stolen, from before": issued.anchor_lost.read_text("utf-8"),
        "the signing key declared stolen, from before": issued.signing_lost.read_text("utf-8"),
    }
