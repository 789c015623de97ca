"""One journalled operation of any account: sign, keep, send, follow, and never twice."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from issuer.journal import outbox
from issuer.journal.records import Operation, SignedTransaction
from issuer.keys.signer import TransactionSigner
from issuer.sending.channel import (
    Carrier,
    Channel,
    ask_patiently,
    find_chain_scope,
    require_registry,
)
from issuer.sending.delivery import conclude, settle, settle_open_operations, sign_operation
from issuer.sending.locks import hold_account
from protocol.chain import Transaction
from protocol.errors import TransactionRefusedError
from protocol.nodes.node_sender import check_network
from protocol.primitives import Address, render_address, render_hex

WEI_PER_ETHER: Final = 10**18


@dataclass(frozen=True, slots=True)
class Call:
    """What a transaction is to do."""

    to: Address | None
    """None creates a contract."""
    data: bytes
    value_wei: int = 0


@contextmanager
def open_carrier(channel: Channel, signer: TransactionSigner) -> Iterator[Carrier]:
    """Hold an account: take its lock, check the network, end what an earlier run began.

    Read what the chain says *inside*: opening may just have brought the call of a killed run to its
    end. Not re-entrant: one process holds one account once.

    Raises:
        LockedError: another process of this home holds the account.
        ChainError: the network is another one than configured, cannot be reached, or refuses.
    """
    with hold_carrier(channel, signer) as carrier:
        prepare_carrier(carrier)
        yield carrier


@contextmanager
def hold_carrier(channel: Channel, signer: TransactionSigner) -> Iterator[Carrier]:
    """Hold an account's lock and ask the chain nothing; `prepare_carrier` before anything is sent.

    Raises:
        LockedError: another process of this home holds the account.
    """
    with hold_account(
        channel.home,
        channel.chain.network.chain_id,
        signer.address,
        on_wait=lambda: channel.progress.notice(
            f"Another process uses the account {render_address(signer.address)}. Waiting for it."
        ),
        wait_seconds=channel.patience.lock_seconds,
    ):
        yield Carrier(channel, signer)


def prepare_carrier(carrier: Carrier) -> None:
    """Check the network and end what an earlier run began; the caller holds the account's lock."""
    channel = carrier.channel
    ask_patiently(channel, lambda: check_network(channel.chain.network, channel.node))
    settle_open_operations(carrier)


def send_call(carrier: Carrier, data: bytes) -> Transaction:
    """Send calldata to the registry; see `send_transaction`."""
    return send_transaction(carrier, Call(require_registry(carrier.channel.chain), data))


def send_transaction(carrier: Carrier, call: Call) -> Transaction:
    """Send one transaction and return it mined and successful.

    Raises:
        TransactionRefusedError: it would revert, did revert, or the account cannot pay.
        UnsettledTransactionError: not mined within the patience; run the same command again.
    """
    while True:
        nonce = ask_patiently(
            carrier.channel, lambda: carrier.channel.sender.read_nonce(carrier.signer.address)
        )
        operation, signed = prepare_operation(carrier, call, nonce)
        kept = outbox.save_operation(carrier.channel.journal, operation, signed)
        mined = settle(carrier, kept)
        conclude(carrier, kept, mined)
        if mined is not None:
            check_succeeded(mined)
            return mined


def prepare_operation(
    carrier: Carrier, call: Call, nonce: int
) -> tuple[Operation, SignedTransaction]:
    """Let the node try a call, choose gas and fee, and sign. Nothing is sent or kept.

    Raises:
        TransactionRefusedError: the contract would refuse, or the account cannot pay.
    """
    channel, account = carrier.channel, carrier.signer.address
    gas = ask_patiently(channel, lambda: channel.sender.estimate_gas(account, call.to, call.data))
    fees = ask_patiently(channel, lambda: channel.sender.suggest_fees(channel.fee_cap_wei))
    check_funds(carrier, gas * fees.max_fee_wei + call.value_wei)
    operation = Operation(
        id=0,
        scope=find_chain_scope(channel.chain),
        account=account,
        nonce=nonce,
        to=call.to,
        value_wei=call.value_wei,
        gas=gas,
        data=call.data,
        batch=None,
        attempt=None,
    )
    return operation, sign_operation(carrier, operation, fees)


def check_funds(carrier: Carrier, needed_wei: int) -> None:
    """Refuse before signing what the account cannot pay.

    Raises:
        TransactionRefusedError: it cannot.
    """
    channel, account = carrier.channel, carrier.signer.address
    balance = ask_patiently(channel, lambda: channel.sender.read_balance(account))
    if balance < needed_wei:
        raise TransactionRefusedError(
            f"the account {render_address(account)} holds {render_ether(balance)} and this may "
            f"cost up to {render_ether(needed_wei)}; send it some"
        )


def check_succeeded(mined: Transaction) -> None:
    """Refuse a mined transaction that reverted.

    Raises:
        TransactionRefusedError: it did.
    """
    if not mined.succeeded:
        raise TransactionRefusedError(
            f"transaction {render_hex(mined.hash)} reverted in block {mined.block}"
        )


def render_ether(amount_wei: int) -> str:
    """Return an amount in ether, without an exponent."""
    return f"{Decimal(amount_wei) / WEI_PER_ETHER:f} ETH"
