"""Try calls that are never mined: eth_call and eth_estimateGas.

The call runs in the surroundings (number, time) of the block that it is asked at, on the state
after it, as on other nodes. It costs its sender nothing: fee members are accepted and not used,
and the base fee reads as zero, as in geth where no fee is given.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from eth.abc import BlockHeaderAPI, ComputationAPI
from eth.constants import CREATE_CONTRACT_ADDRESS
from eth.exceptions import Revert
from eth.vm.forks.london.transactions import DynamicFeeTransaction
from eth.vm.forks.shanghai.constants import MAX_INITCODE_SIZE
from eth_typing import Address

from protocol.embedded.parameters import (
    InvalidParamsError,
    parse_account,
    parse_data,
    parse_mapping,
    parse_quantity,
    read_block,
    take,
)
from protocol.embedded.render import render_quantity
from protocol.embedded.rules import Chain
from protocol.embedded.transactions import (
    INVALID_INPUT,
    TRANSACTION_REJECTED,
    calculate_intrinsic_gas,
)
from protocol.nodes.node import NodeError
from protocol.primitives import ADDRESS_BYTES, render_hex

REVERTED: Final = 3
INTERNAL_ERROR: Final = -32603
ZERO_ADDRESS: Final = Address(bytes(ADDRESS_BYTES))
ERROR_SELECTOR: Final = bytes.fromhex("08c379a0")
"""Of ``Error(string)``, what a plain ``require`` reverts with."""
TEXT_HEAD_BYTES: Final = 68
"""Selector, offset and length before the text of ``Error(string)``."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked."""

    sender: Address
    to: Address
    """Empty creates a contract."""
    data: bytes
    value: int
    gas: int
    nonce: int


class Call(DynamicFeeTransaction):
    """A transaction that nobody signed: its sender is said, not recovered."""

    def __init__(self, question: Question, gas: int) -> None:
        """Take the question and the gas limit to try."""
        super().__init__(
            chain_id=0,
            nonce=question.nonce,
            max_priority_fee_per_gas=0,
            max_fee_per_gas=0,
            gas=gas,
            to=question.to,
            value=question.value,
            data=question.data,
            access_list=(),
            y_parity=0,
            r=1,
            s=1,
        )
        self._said = question.sender

    def get_sender(self) -> Address:
        """Return who is said to call."""
        return self._said

    def validate(self) -> None:
        """Accept: there is no signature to check, and `_run` looks at the rest."""


def call(chain: Chain, params: Sequence[object]) -> str:
    """Answer eth_call."""
    header = read_block(chain, params, 1)
    question = _parse_call(chain, header, params)
    computation = _run(chain, header, question, question.gas)
    _check_outcome(computation)
    return render_hex(computation.output)


def estimate_gas(chain: Chain, params: Sequence[object]) -> str:
    """Answer eth_estimateGas: the least gas limit with which the call succeeds."""
    header = read_block(chain, params, 1)
    question = _parse_call(chain, header, params)
    computation = _run(chain, header, question, question.gas)
    _check_outcome(computation)
    least = calculate_intrinsic_gas(Call(question, question.gas))
    used = max(least, question.gas - computation.get_gas_remaining())
    if _succeeds(chain, header, question, used):
        return render_quantity(used)
    return render_quantity(_search(chain, header, question, used))


def _search(chain: Chain, header: BlockHeaderAPI, question: Question, failing: int) -> int:
    """Return the least gas between a limit that fails and the question's, which does not."""
    enough = question.gas
    while enough - failing > 1:
        middle = min((failing + enough) // 2, 2 * failing)
        if _succeeds(chain, header, question, middle):
            enough = middle
        else:
            failing = middle
    return enough


def _succeeds(chain: Chain, header: BlockHeaderAPI, question: Question, gas: int) -> bool:
    return not _run(chain, header, question, gas).is_error


def _parse_call(chain: Chain, header: BlockHeaderAPI, params: Sequence[object]) -> Question:
    members = parse_mapping(take(params, 0))
    sender = parse_account(members["from"]) if members.get("from") else ZERO_ADDRESS
    gas = _read_quantity(members, "gas") or header.gas_limit
    return Question(
        sender=sender,
        to=parse_account(members["to"]) if members.get("to") else CREATE_CONTRACT_ADDRESS,
        data=_read_data(members),
        value=_read_quantity(members, "value"),
        gas=min(gas, header.gas_limit),
        nonce=chain.build_state(header).get_nonce(sender),
    )


def _run(chain: Chain, header: BlockHeaderAPI, question: Question, gas: int) -> ComputationAPI:
    """Run a call on the state of a block; nothing of it is kept."""
    attempt = Call(question, gas)
    state = chain.build_state(header.copy(base_fee_per_gas=0))
    if question.value > state.get_balance(question.sender):
        raise NodeError(TRANSACTION_REJECTED, "Insufficient funds for gas * price + value")
    if gas < calculate_intrinsic_gas(attempt):
        reason = "intrinsic gas too high -- CallGasCostMoreThanGasLimit"
        raise NodeError(INVALID_INPUT, reason)
    if question.to == CREATE_CONTRACT_ADDRESS and len(question.data) > MAX_INITCODE_SIZE:
        raise NodeError(TRANSACTION_REJECTED, "max initcode size exceeded")
    return state.apply_transaction(attempt)


def _check_outcome(computation: ComputationAPI) -> None:
    """Raise what a node answers for a call that failed."""
    if not computation.is_error:
        return
    if isinstance(computation.error, Revert):
        data = computation.output
        raise NodeError(REVERTED, _describe_revert(data), render_hex(data))
    raise NodeError(INTERNAL_ERROR, f"EVM error {type(computation.error).__name__}")


def _describe_revert(data: bytes) -> str:
    if not data.startswith(ERROR_SELECTOR) or len(data) < TEXT_HEAD_BYTES:
        return "execution reverted"
    size = int.from_bytes(data[TEXT_HEAD_BYTES - 32 : TEXT_HEAD_BYTES], "big")
    text = data[TEXT_HEAD_BYTES : TEXT_HEAD_BYTES + size].decode("utf-8", "replace")
    return f"execution reverted: {text}"


def _read_data(members: Mapping[str, object]) -> bytes:
    """Return the call's data, which has an old name and a new one."""
    data, named_input = members.get("data"), members.get("input")
    if data is not None and named_input is not None and data != named_input:
        message = "data and input differ"
        raise InvalidParamsError(message)
    chosen = named_input if data is None else data
    return b"" if chosen is None else parse_data(chosen)


def _read_quantity(members: Mapping[str, object], name: str) -> int:
    value = members.get(name)
    return 0 if value is None else parse_quantity(value)
