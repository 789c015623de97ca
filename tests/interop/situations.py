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
    anchor_second,
    edit,
    edit_proofs,
    hash_with_signature,
    name_network,
    read_receipt,
    set_in_proof,
    swap_proof,
    take_proof,
)
from tests.interop.institutions import (
    ANCHOR_LOST,
    MAIN,
    OTHER,
    ROTATED,
    SIGNING_LOST,
    UNLISTED,
    Desk,
)
from tests.scripts.samples import ISSUE

ENDING = timedelta(seconds=25)
SORTED_OTHERWISE = ("\uff37ide", "\U0001f393 mortarboard")
"""A wide letter and a picture: by code point in this order, by UTF-16 units in the other."""
A_SECOND = 1.1
"""Blocks and key windows count whole seconds; what comes later shall be later by their count."""
ENOUGH_GAS, LITTLE_GAS = 400_000, 30_000
AS_ISSUED = "As issued"
TEXTS = "live, with texts that UTF-16 sorts otherwise"
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
    sorted_otherwise: Path
    withdrawn_batch: Path
    unlisted: Path
    rotated: Path
    anchor_lost: Path
    signing_lost: Path


def tell(desk: Desk) -> Issued:
    """Found six institutions, issue, and change statuses and keys."""
    desk.found(MAIN)
    main = desk.issue(MAIN)
    end = datetime.now(UTC).replace(microsecond=0) + ENDING
    ready_made = _issue_ready_made(desk, main[0], end)
    (withdrawn, *_) = desk.issue(MAIN, *ISSUE, "--new-batch", out="autumn")
    desk.found(OTHER)
    other = desk.issue(OTHER)
    for domain, files in ((MAIN, main), (OTHER, other)):
        _change_statuses(desk, domain, files)
    root = json.loads((withdrawn.parent / "batch" / "batch.json").read_bytes())["root"]
    desk.run("revoke", "--batch", root, "--issuer", MAIN, "--yes")
    desk.found(UNLISTED)
    (unlisted, *_) = desk.issue(UNLISTED)
    keys = (_rotate(desk), _lose(desk, ANCHOR_LOST, "anchor"), _lose(desk, SIGNING_LOST, "signing"))
    issued = Issued(main, other, *ready_made, withdrawn, unlisted, *keys)
    time.sleep(max(0.0, (end - datetime.now(UTC)).total_seconds() + 1))
    return issued


def _issue_ready_made(desk: Desk, sample: Path, end: datetime) -> tuple[Path, Path]:
    """Issue one that soon ends, and one with texts that not everybody sorts alike."""
    draft = json.loads(sample.read_bytes())
    for member in ("proof", "credentialStatus", "id", "validFrom"):
        del draft[member]
    ending = draft | {"validUntil": end.isoformat().replace("+00:00", "Z")}
    desk.shell.write("drafts/ending.json", ending)
    draft["credentialSubject"]["achievement"]["tag"] = list(SORTED_OTHERWISE)
    desk.shell.write("drafts/sorted.json", draft)
    first, second = desk.issue(MAIN, "issue", "--credentials", "drafts", out="ready-made")
    return (first, second) if "validUntil" in json.loads(first.read_bytes()) else (second, first)


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


def _lose(desk: Desk, domain: str, duty: str) -> Path:
    """Issue, then declare that a key was in other hands before, and make another."""
    since = desk.found(domain)
    time.sleep(A_SECOND)
    (file, *_) = desk.issue(domain)
    desk.run("issuer", "compromised", "--yes", "--key", duty, "--since", since, "--issuer", domain)
    desk.run("issuer", "rotate", "--key", duty, "--issuer", domain)
    return file


def list_situations(desk: Desk, issued: Issued) -> list[Situation]:
    """Return every situation, in the order of the table."""
    genuine, neighbour = issued.main[0].read_text("utf-8"), issued.main[4].read_text("utf-8")
    foreign = issued.other[0].read_text("utf-8")
    found = [
        Situation(AS_ISSUED, "live", genuine),
        Situation(AS_ISSUED, TEXTS, issued.sorted_otherwise.read_text("utf-8")),
    ]
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
    both = hash_with_signature(genuine)
    second = anchor_second(genuine, both, desk.send_as(OTHER, both, ENOUGH_GAS), method)
    return {
        "the issuer's key, but the register refused (reverted transaction)": anchor_alone(
            genuine, refused
        ),
        "a stranger's account, past the register": anchor_alone(genuine, stranger),
        "another institution's key, in the register": anchor_alone(genuine, other),
        "the same, its method named": theirs,
        "the same in the second place, over the signature as well": second,
        "a transaction that nobody knows": anchor_alone(genuine, "0x" + "ab" * 32),
        "the same transaction, said to be on mainnet": name_network(genuine, 1),
        "a practice chain (`mocknet`)": anchor_nowhere(genuine),
    }


def _list_statuses(issued: Issued) -> Iterator[Situation]:
    """Yield what was withdrawn and what was not, for each setting of ``status_for``."""
    titles = ("live", "revoked", "suspended", "reinstated")
    more = {
        "revoked with its whole batch": issued.withdrawn_batch,
        "ended (`validUntil`)": issued.ending,
        "live, but its list was never published": issued.unlisted,
    }
    blockcerts = dict(zip(titles, issued.main, strict=False)) | more
    standard = dict(zip(titles, issued.other, strict=False))
    for setting, files in (("blockcerts", blockcerts), ("standard", standard)):
        for title, file in files.items():
            yield Situation(f"{STATUS}, `{setting}`", title, file.read_text("utf-8"))


def _list_keys(issued: Issued) -> dict[str, str]:
    return {
        "both retired since": issued.rotated.read_text("utf-8"),
        "the anchoring key declared stolen, from before": issued.anchor_lost.read_text("utf-8"),
        "the signing key declared stolen, from before": issued.signing_lost.read_text("utf-8"),
    }
