"""Storage at the pinned block: as the node tells it and, where it can, as the state root proves it.

Both are read. What is proven counts; where the plain answer says something else, that is found and
named, for the same endpoint will tell it to others.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from protocol.errors import (
    ChainError,
    ChainUnreachableError,
    ProofRefusedError,
    StateUnavailableError,
)
from protocol.nodes.answers import Answer, ask
from protocol.nodes.batches import ask_each, cut
from protocol.nodes.blocks import is_state_missing
from protocol.nodes.node import NodeError
from protocol.nodes.state_proofs import check_storage
from protocol.primitives import Digest, render_hex
from protocol.registry.layout import Slot
from verifier.audit.findings import Kind, continue_with
from verifier.audit.snapshot import Inquiry, Proving, Snapshot

READ_AT_ONCE: Final = 50
PROVEN_AT_ONCE: Final = 100
_WORD_LIMIT: Final = 1 << 256

Values = dict[Slot, int]
"""A slot that could not be read is not in it; the ledger says why."""


class Storage:
    """Reads slots of the registry, each at most as often as it is asked for."""

    def __init__(self, inquiry: Inquiry, snapshot: Snapshot) -> None:
        """Read at one snapshot; proofs are tried with the first question."""
        self._inquiry = inquiry
        self._snapshot = snapshot
        self._refusal = snapshot.refusal
        self._proven: set[Digest] = set()

    @property
    def refusal(self) -> str | None:
        """Return why storage is as the node told it; None where it is proven."""
        return self._refusal

    @property
    def proven(self) -> int:
        """Return how many slots were proven."""
        return len(self._proven)

    def read(self, slots: Iterable[Slot]) -> Values:
        """Return what stands in slots.

        Raises:
            ChainUnreachableError: no usable answer.
            StateUnavailableError: the node lacks the block's state.
        """
        wanted = list(dict.fromkeys(slots))
        told: Values = {}
        unanswered: dict[Slot, ChainError] = {}
        for piece in cut(wanted, READ_AT_ONCE):
            told |= self._read_plain(piece, unanswered)
        for piece in cut(wanted, PROVEN_AT_ONCE):
            if self._refusal is not None:
                break
            told |= self._prove(piece, told)
        for slot, error in unanswered.items():
            self._report_no_answer(slot, error, told.get(slot))
        if self._refusal is not None and self._inquiry.proving is Proving.ALWAYS:
            sentence = f"Storage could not be proven: {self._refusal}."
            self._inquiry.ledger.add(Kind.UNDETERMINED, sentence, block=self._snapshot.block.number)
        return told

    def _read_plain(self, slots: Sequence[Slot], unanswered: dict[Slot, ChainError]) -> Values:
        number = hex(self._snapshot.block.number)
        contract = render_hex(self._snapshot.contract)
        questions = [
            ("eth_getStorageAt", [contract, render_hex(slot.position), number]) for slot in slots
        ]
        values: Values = {}
        answers = ask_each(self._inquiry.node, questions)
        for slot, answer in zip(slots, answers, strict=True):
            if isinstance(answer, ChainError):
                self._check_state(answer)
                unanswered[slot] = answer
            else:
                values[slot] = self._take(answer)
        return values

    def _check_state(self, error: ChainError) -> None:
        """Give up where the node lacks the block's state: every other slot is gone as well."""
        if isinstance(error, NodeError) and is_state_missing(error):
            network, block = self._inquiry.network.name, self._snapshot.block.number
            raise StateUnavailableError(network, block) from error

    def _take(self, answer: Answer) -> int:
        data = answer.parse_data()
        value = int.from_bytes(data, "big")
        if value >= _WORD_LIMIT:
            raise answer.refuse("a slot has 32 bytes")
        return value

    def _prove(self, slots: Sequence[Slot], told: Values) -> Values:
        """Return proven values; where there are no proofs, none, and say why from then on."""
        root = self._snapshot.state_root
        if root is None:
            return {}
        positions = [slot.position for slot in slots]
        try:
            proof = self._ask_proof(positions)
            proven = check_storage(proof, root, self._snapshot.contract, positions)
        except NodeError as error:
            self._refusal = "the endpoint gives no proofs" + (
                " for that block" if is_state_missing(error) else ""
            )
            return {}
        except ChainUnreachableError:
            # Plain answers came: proofs are more work, and the endpoint may limit that.
            self._refusal = "the endpoint did not answer when it was asked for proofs"
            return {}
        except ProofRefusedError as error:
            self._report_false_proof(slots, error)
            return {}
        self._proven.update(positions)
        values = {slot: proven.values[slot.position] for slot in slots}
        for slot, value in values.items():
            self._compare(slot, told.get(slot), value)
        return values

    def _ask_proof(self, positions: Sequence[Digest]) -> Answer:
        contract = render_hex(self._snapshot.contract)
        number = hex(self._snapshot.block.number)
        wanted = [render_hex(position) for position in positions]
        return ask(self._inquiry.node, "eth_getProof", contract, wanted, number)

    def _compare(self, slot: Slot, told: int | None, proven: int) -> None:
        if told is not None and told != proven:
            block = self._snapshot.block.number
            sentence = (
                f"{_begin(slot)}: asked plainly, the endpoint says {told:#x}; the state root of "
                f"block {block:,} proves {proven:#x}."
            )
            self._inquiry.ledger.add(Kind.DIFFERENCE, sentence, block=block)

    def _report_no_answer(self, slot: Slot, error: ChainError, proven: int | None) -> None:
        block = self._snapshot.block.number
        if proven is None:
            self._inquiry.ledger.add_silence(f"{_begin(slot)} at block {block:,}", error)
            return
        told = continue_with(error)
        sentence = f"{_begin(slot)}: {told} The state root of block {block:,} proves {proven:#x}."
        self._inquiry.ledger.add(Kind.DIFFERENCE, sentence, block=block)

    def _report_false_proof(self, slots: Sequence[Slot], error: ProofRefusedError) -> None:
        block = self._snapshot.block.number
        sentence = (
            f"The endpoint's proof of {slots[0].name}"
            f"{f' and {len(slots) - 1} more' if len(slots) > 1 else ''} does not hold against the "
            f"state root of block {block:,}: {error.reason}."
        )
        self._inquiry.ledger.add(Kind.DIFFERENCE, sentence, block=block)


def _begin(slot: Slot) -> str:
    return slot.name[0].upper() + slot.name[1:]
