"""A batch as somebody has it, beside the registry: every difference named, none invented.

What was revoked or suspended since is no difference: it is listed, index by index.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from protocol.chain import AnchorRecord
from protocol.errors import ChainError
from protocol.identifiers import hash_identifier
from protocol.primitives import IssuerId, Leaf, Root, render_address, render_hex
from protocol.proofs.merkle import fold_leaves
from protocol.registry.events import Anchored
from protocol.registry.reasons import name_reason
from verifier.audit.blocks import BlockEvents, read_blocks
from verifier.audit.claims import Claim, Statement
from verifier.audit.comparison import show_value
from verifier.audit.findings import Kind, Ledger
from verifier.audit.folder import Compared, Entry, compare_folder
from verifier.audit.rows import Cell, Row, Table, show_moment
from verifier.audit.session import Session
from verifier.audit.set_entries import list_set_entries
from verifier.audit.state import Anchor

NOT_COMPARED: Final = "Signatures and proof metadata are not compared: see `rootseal verify`."
RECONCILED: Final = ("list", "index", "revoked", "suspended", "file", "root", "key", "block")


@dataclass(frozen=True, slots=True)
class Found:
    """Where a batch's root stands on the chain."""

    record: AnchorRecord
    event: Anchored | None
    """None where its entry was withheld or could not be read."""


class Reconciliation:
    """Compares one claim with one snapshot; rows first, then the answer."""

    def __init__(self, session: Session, claim: Claim, chosen: frozenset[IssuerId] | None) -> None:
        """Compare ``claim``; ``chosen`` names the institution that it must be of."""
        self._session = session
        self._claim = claim
        self._chosen = chosen
        self._found: Found | None = None
        self._compared: Compared | None = None

    @property
    def _ledger(self) -> Ledger:
        return self._session.inquiry.ledger

    def tabulate(self) -> Table:
        """Return one row for each entry of the batch's range that is revoked or suspended."""
        self._ledger.remark(NOT_COMPARED)
        return Table(
            RECONCILED,
            RECONCILED[:5],
            self._list_rows(),
            "No entry of the batch's range is revoked or suspended."
            if self._claim.statement
            else "Which entries the batch has, a list of leaves does not say.",
        )

    def answer(self) -> Row:
        """Return where the batch stands on the chain."""
        claim, found = self._claim, self._found
        cells: dict[str, Cell] = {
            "leaves": len(claim.leaves),
            "root": render_hex(fold_leaves(claim.leaves)),
            "anchored": found is not None,
        }
        if self._compared is not None:
            missing = self._compared.missing
            cells |= {"leaves_without_file": len(missing), "which_leaves": missing or None}
        if found is None:
            return cells
        record, event = found.record, found.event
        key = self._session.state.read_keys([event.key]).get(event.key) if event else None
        return cells | {
            "institution": record.issuer_id,
            "identifier": self._session.names.find(record.issuer_id),
            "key": render_address(event.key) if event else None,
            "key_compromised_at": show_moment(key.compromised_at) if key else None,
            "entry": record.seq,
            "block": record.block,
            "time": show_moment(record.time),
            "transaction": render_hex(event.position.transaction) if event else None,
            "batch_revoked_at": show_moment(record.revoked_at),
            "batch_revoked_because": name_reason(record.reason) if record.revoked_at else None,
            "endorsed_by": record.endorsed_by,
            "status": "listed" if claim.statement else "not asked: a list of leaves has no indices",
            "status_range": self._tell_range(),
        }

    def _tell_range(self) -> str | None:
        """Say on whose word the range of status entries rests."""
        if self._claim.statement is None:
            return None
        if self._compared is None:
            return "by the word of batch.json: no credential was read"
        if self._compared.missing:
            return "as in the credentials read; of the other leaves by the word of batch.json"
        return "as in every credential"

    def _list_rows(self) -> Iterator[Row]:
        claim = self._claim
        self._compare_leaves()
        files: Mapping[Entry, str] = {}
        if claim.folder is not None:
            progress = self._session.inquiry.progress
            self._compared = compare_folder(claim.folder, claim, self._ledger, progress)
            files = self._compared.by_entry
        if claim.statement is not None and not self._is_here(claim.statement):
            return
        issuer_id = self._find_issuer()
        if issuer_id is not None:
            self._find_anchor(issuer_id)
            if claim.statement is not None:
                yield from self._list_statuses(issuer_id, claim.statement, files)

    def _compare_leaves(self) -> None:
        leaves, said = self._claim.leaves, self._claim.statement
        places: dict[Leaf, int] = {}
        for place, leaf in enumerate(leaves, start=1):
            first = places.setdefault(leaf, place)
            if first != place:
                sentence = f"Leaves {first} and {place} are the same ({render_hex(leaf)})."
                self._ledger.add(Kind.DIFFERENCE, sentence)
        if said is None:
            return
        root = fold_leaves(leaves)
        if said.count != len(leaves):
            self._report("batch.json", "count", said.count, f"it lists {len(leaves)} leaves")
        if said.root != root:
            clause = f"its leaves lead to {render_hex(root)}"
            self._report("batch.json", "root", render_hex(said.root), clause)

    def _is_here(self, said: Statement) -> bool:
        """Tell whether the batch says that it is on the chain and in the contract that is asked."""
        network, contract = self._session.inquiry.network, self._session.snapshot.contract
        if said.chain_id != network.chain_id:
            clause = f"{network.name} is chain {network.chain_id}"
            self._report("batch.json", "chain", said.chain_id, clause)
        elif said.contract != contract:
            clause = f"{network.name} has {render_address(contract)}"
            self._report("batch.json", "contract", render_address(said.contract), clause)
        else:
            return True
        return False

    def _find_issuer(self) -> IssuerId | None:
        """Return the institution: by its identifier, by option, or the one that has the root."""
        said, state = self._claim.statement, self._session.state
        if said is not None:
            hashed = hash_identifier(said.issuer)
            bound = state.read_bindings([hashed])
            if hashed in bound and not bound[hashed]:
                self._report_absence(f"No institution is registered as {show_value(said.issuer)}")
            number = bound.get(hashed) or None
            if number is not None:
                self._compare_chosen(said.issuer, number)
            return number
        if self._chosen is not None:
            return next(iter(self._chosen))
        return self._find_holder(fold_leaves(self._claim.leaves))

    def _compare_chosen(self, issuer: str, number: IssuerId) -> None:
        """Say where the batch is another institution's than the one that was asked about."""
        if self._chosen is not None and number not in self._chosen:
            wanted = next(iter(self._chosen))
            name = self._session.names.find(wanted)
            sentence = (
                f"The batch is of {show_value(issuer)} (institution {number}), not of institution "
                f"{wanted}{f' ({show_value(name)})' if name else ''}, which was asked about."
            )
            self._ledger.add(Kind.DIFFERENCE, sentence)

    def _find_holder(self, root: Root) -> IssuerId | None:
        head = self._session.state.read_registry()
        numbers = (
            [number for number, _ in self._session.state.read_all_issuers(head)] if head else []
        )
        anchors = [Anchor(number, root) for number in numbers]
        records = self._session.state.read_anchors(anchors)
        holders = [anchor.issuer_id for anchor, record in records.items() if record is not None]
        if len(holders) > 1:
            listed = ", ".join(map(str, holders))
            sentence = f"Institutions {listed} all anchored this root: name one with --issuer."
            self._ledger.add(Kind.UNDETERMINED, sentence)
        elif not holders and len(records) == len(numbers):
            sentence = (
                f"No institution has anchored {render_hex(root)}, the root of these "
                f"{len(self._claim.leaves)} leaves in this order,"
            )
            self._report_absence(sentence)
        return holders[0] if len(holders) == 1 else None

    def _find_anchor(self, issuer_id: IssuerId) -> None:
        said = self._claim.statement
        root = said.root if said is not None else fold_leaves(self._claim.leaves)
        anchor = Anchor(issuer_id, root)
        records = self._session.state.read_anchors([anchor])
        if anchor not in records:
            return
        record = records[anchor]
        if record is None:
            self._report_absence(f"Institution {issuer_id} has not anchored {render_hex(root)}")
            return
        self._found = Found(record, self._read_event(record))
        if record.leaves not in (0, len(self._claim.leaves)):
            sentence = (
                f"The institution anchored the root as one of {record.leaves} leaves; here are "
                f"{len(self._claim.leaves)}."
            )
            self._ledger.add(Kind.DIFFERENCE, sentence)
        if said is not None:
            self._compare_statement(said, self._found)

    def _report_absence(self, sentence: str) -> None:
        """Say what is not there at the block read; a later batch is no difference to it."""
        said, block = self._claim.statement, self._session.snapshot.block
        whole = f"{sentence} at block {block.number:,}."
        if said is not None and said.block > block.number:
            whole += f" By batch.json it was anchored in block {said.block:,}, newer than that."
            self._ledger.add(Kind.UNDETERMINED, whole, block=block.number)
        else:
            self._ledger.add(Kind.DIFFERENCE, whole, block=block.number)

    def _read_event(self, record: AnchorRecord) -> Anchored | None:
        node, contract = self._session.inquiry.node, self._session.snapshot.contract
        block = read_blocks(node, contract, [record.block])[record.block]
        where = f"The entry of root {render_hex(record.root)} in block {record.block:,}"
        if isinstance(block, ChainError):
            self._ledger.add_silence(where, block)
            return None
        event = _pick(block, record)
        if event is None:
            sentence = f"{where} is missing: it was withheld, or is no longer kept."
            self._ledger.add(Kind.GAP, sentence, block=record.block)
        return event

    def _compare_statement(self, said: Statement, found: Found) -> None:
        record, event = found.record, found.event
        pairs: dict[str, tuple[object, object]] = {
            "number in its key's chain": (said.seq, record.seq),
            "block": (said.block, record.block),
            "block's time": (said.block_time, record.time),
        }
        if event is not None:
            pairs |= {
                "key": (said.key, event.key),
                "transaction": (said.transaction, event.position.transaction),
                "block's hash": (said.block_hash, event.position.block_hash),
            }
        for what, (stated, actual) in pairs.items():
            if stated != actual:
                clause = f"the chain says {show_value(actual)}"
                self._report("batch.json", what, show_value(stated), clause)

    def _list_statuses(
        self, issuer_id: IssuerId, said: Statement, files: Mapping[Entry, str]
    ) -> Iterator[Row]:
        for number, indices in said.spans.items():
            for each in list_set_entries(self._session.state, issuer_id, number, indices):
                yield {
                    "list": number,
                    "index": each.index,
                    "revoked": each.revoked,
                    "suspended": each.suspended,
                    "file": files.get((number, each.index)),
                    "root": render_hex(said.root),
                    "key": render_address(said.key),
                    "block": said.block,
                }

    def _report(self, where: str, what: str, stated: object, clause: str) -> None:
        self._ledger.add(Kind.DIFFERENCE, f"The {what} in {where} is {stated}; {clause}.")


def _pick(block: BlockEvents, record: AnchorRecord) -> Anchored | None:
    wanted: Sequence[Anchored] = [
        event
        for event in block.events
        if isinstance(event, Anchored)
        and (event.issuer_id, event.root) == (record.issuer_id, record.root)
    ]
    return wanted[0] if wanted else None
