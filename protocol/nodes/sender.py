"""What sending needs from a chain: nonces, fees, gas, and the sending itself.

A sender signs nothing and keeps nothing. It sends the same bytes as often as it is asked to, so
that whoever stored them first may ask again after any crash.
"""

from dataclasses import dataclass
from typing import Protocol

from protocol.chain import Block
from protocol.primitives import Address, ChainId, TransactionHash


@dataclass(frozen=True, slots=True)
class Fees:
    """Price of a unit of gas by EIP-1559, in wei."""

    max_fee_wei: int
    """The most that is paid for a unit, base fee and tip together."""
    priority_fee_wei: int
    """The tip for a unit."""


@dataclass(frozen=True, slots=True)
class TransactionRequest:
    """Everything that is signed of a transaction (EIP-1559, type 2, empty access list)."""

    chain_id: ChainId
    nonce: int
    to: Address | None
    """None creates a contract."""
    data: bytes
    gas: int
    fees: Fees
    value_wei: int = 0
    """Nothing but plain funding moves value."""


class TransactionSender(Protocol):
    """Sends to one network. Every method may raise ``ChainError``."""

    def read_nonce(self, account: Address, at: Block | None = None) -> int:
        """Return an account's next nonce by *mined* transactions, at that block or the newest.

        Never the pending one: what waits may be dropped, and a plan must rest on what is mined.
        """
        ...

    def read_balance(self, account: Address) -> int:
        """Return an account's balance at the newest block, in wei."""
        ...

    def estimate_gas(self, sender: Address, to: Address | None, data: bytes) -> int:
        """Return a gas limit with a margin, after the node has tried the call.

        Raises:
            TransactionRefusedError: it would revert; the reason names the contract's error.
        """
        ...

    def suggest_fees(self, cap_wei: int) -> Fees:
        """Return fees that survive some full blocks; never more than the cap for a unit of gas.

        Raises:
            TransactionRefusedError: the base fee alone is above the cap.
        """
        ...

    def send(self, raw: bytes) -> TransactionHash:
        """Send signed bytes, again if need be, and return their hash, computed here.

        Raises:
            NonceTakenError: another transaction holds the nonce; look at all hashes you signed.
            TransactionRefusedError: the node does not take it, say for lack of funds.
            ChainUnreachableError: no answer; it may have been taken all the same.
        """
        ...

    def send_unlocked(self, sender: Address, to: Address, value_wei: int) -> TransactionHash:
        """Let a *development* node send value from an account that it holds itself.

        Raises:
            TransactionRefusedError: the node holds no such account.
        """
        ...
