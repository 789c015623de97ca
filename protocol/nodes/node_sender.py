"""Sending through a node, and checking that it serves the network before anything is signed."""

from typing import Final

from protocol.chain import Block, Network
from protocol.errors import (
    NonceTakenError,
    StateUnavailableError,
    TransactionRefusedError,
    UnexpectedCodeError,
    WrongChainError,
    WrongGenesisError,
)
from protocol.nodes.answers import Answer, ask
from protocol.nodes.blocks import is_state_missing, read_block
from protocol.nodes.node import Node, NodeError
from protocol.nodes.raw_transactions import SentFields, parse_raw
from protocol.nodes.sender import Fees, TransactionSender
from protocol.primitives import (
    Address,
    BlockNumber,
    ChainId,
    TransactionHash,
    hash_keccak,
    render_address,
    render_hex,
)
from protocol.registry.calldata import describe_revert

GAS_MARGIN_PERCENT: Final = 120
"""State may change between estimate and mining: another's anchor can make a slot new again."""
FEE_BLOCKS: Final = 5
FEE_PERCENTILE: Final = 50
LEAST_TIP_WEI: Final = 1
MOST_TIP_WEI: Final = 3 * 10**9
"""Test networks report absurd tips now and then; a transaction in no hurry does not follow them."""
_METHOD_NOT_FOUND: Final = (-32601, -32004)
_KNOWN: Final = ("already known", "known transaction", "already imported")
_NONCE_TAKEN: Final = (
    "nonce too low",
    "nonce is too low",
    "replacement transaction",
    "underpriced",
)
_TOO_POOR: Final = ("insufficient funds", "enough funds", "insufficient balance")
GWEI: Final = 10**9
ETHER: Final = 10**18


class NodeSender(TransactionSender):
    """Sends to one network through a node (`TransactionSender` says what each method means)."""

    def __init__(self, network: Network, node: Node) -> None:
        """Send to ``network`` through ``node``."""
        self._network = network
        self._node = node

    def read_nonce(self, account: Address, at: Block | None = None) -> int:
        """Return the account's next nonce by mined transactions."""
        place = "latest" if at is None else hex(at.number)
        try:
            return self._ask("eth_getTransactionCount", render_hex(account), place).parse_quantity()
        except NodeError as error:
            if at is not None and is_state_missing(error):
                raise StateUnavailableError(self._network.name, at.number) from error
            raise

    def read_balance(self, account: Address) -> int:
        """Return the account's balance at the newest block, in wei."""
        return self._ask("eth_getBalance", render_hex(account), "latest").parse_quantity()

    def estimate_gas(self, sender: Address, to: Address | None, data: bytes) -> int:
        """Return a gas limit with a margin, after the node has tried the call."""
        call = {"from": render_hex(sender), "data": render_hex(data)}
        if to is not None:
            call["to"] = render_hex(to)
        try:
            estimate = self._ask("eth_estimateGas", call).parse_quantity()
        except NodeError as error:
            raise TransactionRefusedError(_describe_refusal(error)) from error
        return estimate * GAS_MARGIN_PERCENT // 100

    def suggest_fees(self, cap_wei: int) -> Fees:
        """Return fees that survive six full blocks in a row, within the cap."""
        base, tip = self._read_prices()
        if base > cap_wei:
            reason = (
                f"a unit of gas costs {_show_gwei(base)} and the cap is {_show_gwei(cap_wei)}; "
                "wait for cheaper blocks or raise the cap"
            )
            raise TransactionRefusedError(reason)
        most = min(cap_wei, 2 * base + tip)
        return Fees(max_fee_wei=most, priority_fee_wei=min(tip, most))

    def send(self, raw: bytes) -> TransactionHash:
        """Send signed bytes; the same bytes again do no harm."""
        own = TransactionHash(hash_keccak(raw))
        try:
            answer = self._ask("eth_sendRawTransaction", render_hex(raw))
        except NodeError as error:
            self._judge_refusal(error, raw, own)
            return own
        if TransactionHash(answer.parse_digest()) != own:
            raise answer.refuse("it is another transaction's hash")
        return own

    def send_unlocked(self, sender: Address, to: Address, value_wei: int) -> TransactionHash:
        """Let a development node send value from an account that it holds."""
        call = {"from": render_hex(sender), "to": render_hex(to), "value": hex(value_wei)}
        try:
            return TransactionHash(self._ask("eth_sendTransaction", call).parse_digest())
        except NodeError as error:
            raise TransactionRefusedError(_describe_refusal(error)) from error

    def _ask(self, method: str, *params: object) -> Answer:
        return ask(self._node, method, *params)

    def _judge_refusal(self, error: NodeError, raw: bytes, own: TransactionHash) -> None:
        """Return if the node has these very bytes already, else say what its refusal means."""
        words = error.message.lower()
        if any(known in words for known in _KNOWN) or self._knows(own):
            return
        fields = parse_raw(raw)
        if any(taken in words for taken in _NONCE_TAKEN):
            raise NonceTakenError(fields.nonce) from error
        if any(poor in words for poor in _TOO_POOR):
            raise TransactionRefusedError(self._describe_lack(fields)) from error
        raise TransactionRefusedError(_describe_refusal(error)) from error

    def _knows(self, transaction: TransactionHash) -> bool:
        found = self._ask("eth_getTransactionByHash", render_hex(transaction))
        return found.value is not None

    def _describe_lack(self, fields: SentFields) -> str:
        balance = _show_ether(self.read_balance(fields.sender))
        return (
            f"the account {render_address(fields.sender)} holds {balance} "
            f"and this may cost up to {_show_ether(fields.most_wei)}; send it some"
        )

    def _read_prices(self) -> tuple[int, int]:
        """Return the next block's base fee and a usual tip, in wei for a unit of gas."""
        try:
            history = self._ask("eth_feeHistory", hex(FEE_BLOCKS), "latest", [FEE_PERCENTILE])
        except NodeError as error:
            if error.code not in _METHOD_NOT_FOUND:
                raise
            block = self._ask("eth_getBlockByNumber", "latest", False)  # without transactions
            return block.find_member("baseFeePerGas").parse_quantity(), LEAST_TIP_WEI
        fees = [
            entry.parse_quantity() for entry in history.find_member("baseFeePerGas").parse_list()
        ]
        if not fees:
            raise history.refuse("it has no base fee")
        return fees[-1], _choose_tip(history)


def check_network(network: Network, node: Node) -> None:
    """Check chain id, genesis and the registry's code, before anything is signed (KO-15, SC-15).

    A network without recorded registry is checked as far as it is recorded.

    Raises:
        WrongChainError: another chain id.
        WrongGenesisError: the right id, another chain.
        UnexpectedCodeError: other code at the registry's address, or none.
    """
    actual = ChainId(ask(node, "eth_chainId").parse_quantity())
    if actual != network.chain_id:
        raise WrongChainError(network.name, network.chain_id, actual)
    genesis = read_block(node, BlockNumber(0)).hash
    if network.genesis not in (None, genesis):
        raise WrongGenesisError(network.name, network.genesis or genesis, genesis)
    if network.contract is None:
        return
    code = ask(node, "eth_getCode", render_hex(network.contract), "latest").parse_data()
    if not code or network.code_hash not in (None, hash_keccak(code)):
        raise UnexpectedCodeError(network.name, network.contract)


def _choose_tip(history: Answer) -> int:
    """Return the median of recent blocks' median tips; empty blocks report 0."""
    rewards = history.find_member("reward")
    if rewards.value is None:
        return LEAST_TIP_WEI
    tips = sorted(
        entry.parse_quantity() for row in rewards.parse_list() for entry in row.parse_list()
    )
    usual = tips[len(tips) // 2] if tips else 0
    return max(LEAST_TIP_WEI, min(MOST_TIP_WEI, usual))


def _describe_refusal(error: NodeError) -> str:
    if error.data not in (None, "0x"):
        return describe_revert(error.data)
    return error.message


def _show_gwei(amount_wei: int) -> str:
    return f"{amount_wei / GWEI:.3f} gwei"


def _show_ether(amount_wei: int) -> str:
    return f"{amount_wei / ETHER:.6f} ETH"
