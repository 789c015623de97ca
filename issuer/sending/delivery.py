"""Bringing one operation onto the chain exactly once, whatever happens in between.

Signed bytes are in the journal before they are sent. From then on there are only two ways on: the
same bytes again, or the same nonce with a higher fee. All hashes are followed: whichever is mined
counts.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from issuer.errors import UnsettledTransactionError
from issuer.journal import outbox
from issuer.journal.records import Operation, Outcome, SignedTransaction
from issuer.sending.channel import Carrier, ask_patiently, find_chain_scope
from protocol.chain import Transaction
from protocol.errors import NonceTakenError, TransactionPendingError
from protocol.nodes.sender import Fees, TransactionRequest
from protocol.primitives import TransactionHash, hash_keccak

RAISE_PERCENT: Final = 125
"""A node takes a replacement from 110 % on; one step more saves a round."""
LEAST_RAISE_PERCENT: Final = 110
FIRST_POLL_SECONDS: Final = 0.05
"""A chain that mines on demand has the block at once; the pauses double from here."""


def sign_operation(carrier: Carrier, operation: Operation, fees: Fees) -> SignedTransaction:
    """Sign an operation with these fees. Nothing is sent."""
    raw = carrier.signer.sign(
        TransactionRequest(
            chain_id=carrier.channel.chain.network.chain_id,
            nonce=operation.nonce,
            to=operation.to,
            data=operation.data,
            gas=operation.gas,
            fees=fees,
            value_wei=operation.value_wei,
        )
    )
    return SignedTransaction(
        hash=TransactionHash(hash_keccak(raw)),
        raw=raw,
        fee_wei=fees.max_fee_wei,
        priority_fee_wei=fees.priority_fee_wei,
    )


def settle(
    carrier: Carrier, operation: Operation, on_sent: Callable[[], None] = lambda: None
) -> Transaction | None:
    """Send an operation's bytes until one is mined; None if another transaction took the nonce.

    What was mined already is found before anything is sent.

    Raises:
        UnsettledTransactionError: neither within the patience; the journal knows all, run it again.
        TransactionRefusedError: the node refuses the bytes, say for lack of funds.
    """
    patience = carrier.channel.patience
    started = sent = raised = patience.now_seconds()
    pause, first = FIRST_POLL_SECONDS, True
    while True:
        mined = find_mined(carrier, operation)
        if mined is not None or _is_nonce_taken(carrier, operation):
            return mined or find_mined(carrier, operation)
        now = patience.now_seconds()
        if now - started > patience.settle_seconds:
            raise UnsettledTransactionError(operation.account, operation.nonce, now - started)
        if now - raised > patience.raise_fee_seconds:
            raised = now
            _raise_fee(carrier, operation)
        if first or now - sent > patience.resend_seconds:
            _send_newest(carrier, operation)
            on_sent()
            sent, first = now, False
            continue
        patience.sleep(pause)
        pause = min(2 * pause, patience.poll_seconds)


def settle_open_operations(carrier: Carrier) -> None:
    """Bring everything to an end that this account has signed before, a nonce at a time."""
    scope = find_chain_scope(carrier.channel.chain)
    journal = carrier.channel.journal
    for operation in outbox.find_open_operations(journal, scope, carrier.signer.address):
        conclude(carrier, operation, settle(carrier, operation))


def conclude(carrier: Carrier, operation: Operation, mined: Transaction | None) -> None:
    """Commit what became of an operation."""
    if mined is None:
        outcome = Outcome.NONCE_TAKEN
    else:
        outcome = Outcome.MINED if mined.succeeded else Outcome.REVERTED
    outbox.save_outcome(carrier.channel.journal, operation, outcome)


def find_mined(carrier: Carrier, operation: Operation) -> Transaction | None:
    """Return the one of an operation's transactions that was mined."""
    for signed in reversed(outbox.find_signed(carrier.channel.journal, operation)):
        found = _read_transaction(carrier, signed.hash)
        if found is not None:
            return found
    return None


def _read_transaction(carrier: Carrier, wanted: TransactionHash) -> Transaction | None:
    chain = carrier.channel.chain
    try:
        return ask_patiently(carrier.channel, lambda: chain.read_transaction(wanted))
    except TransactionPendingError:
        return None


def wait_final(carrier: Carrier, mined: Transaction) -> bool:
    """Wait until the block of a transaction is final; False if the chain went on without it.

    Raises:
        UnsettledTransactionError: not within the patience; run it again.
    """
    channel = carrier.channel
    started, pause = channel.patience.now_seconds(), FIRST_POLL_SECONDS
    first = final = ask_patiently(channel, channel.chain.read_final)
    while final.number < mined.block:
        waited = channel.patience.now_seconds() - started
        if waited > channel.patience.settle_seconds:
            raise UnsettledTransactionError(mined.sender, mined.nonce, waited)
        total = mined.block - first.number
        channel.progress.report("Waiting until final", final.number - first.number, total)
        channel.patience.sleep(pause)
        pause = min(2 * pause, channel.patience.poll_seconds)
        final = ask_patiently(channel, channel.chain.read_final)
    if final.number > first.number:
        channel.progress.report("Waiting until final", 1, 1)
    there = ask_patiently(channel, lambda: channel.chain.read_block(mined.block))
    return there.hash == mined.block_hash


def _is_nonce_taken(carrier: Carrier, operation: Operation) -> bool:
    """Tell whether the nonce is used in a final block: no reorganisation gives it back.

    The caller looks for its own hashes once more after this: one of them may be what used it.
    """
    channel = carrier.channel

    def ask() -> bool:
        if channel.sender.read_nonce(operation.account) <= operation.nonce:
            return False
        final = channel.chain.read_final()
        return channel.sender.read_nonce(operation.account, final) > operation.nonce

    return ask_patiently(channel, ask)


def _send_newest(carrier: Carrier, operation: Operation) -> None:
    newest = outbox.find_signed(carrier.channel.journal, operation)[-1]
    try:
        ask_patiently(carrier.channel, lambda: carrier.channel.sender.send(newest.raw))
    except NonceTakenError:
        carrier.channel.progress.notice(
            f"Nonce {operation.nonce} is in use already. Waiting for what becomes of it."
        )


def _raise_fee(carrier: Carrier, operation: Operation) -> None:
    """Sign the same again with a higher fee, and keep it; the cap stays a cap."""
    channel = carrier.channel
    newest = outbox.find_signed(channel.journal, operation)[-1]
    fees = _choose_raised_fees(carrier, newest)
    if fees.max_fee_wei * 100 < newest.fee_wei * LEAST_RAISE_PERCENT:
        channel.progress.notice("The fee has reached its cap. Waiting for cheaper blocks.")
        return
    outbox.save_signed(channel.journal, operation, sign_operation(carrier, operation, fees))
    channel.progress.notice(f"Transaction {operation.nonce} waits long: its fee was raised.")


def _choose_raised_fees(carrier: Carrier, newest: SignedTransaction) -> Fees:
    cap = carrier.channel.fee_cap_wei
    suggested = ask_patiently(carrier.channel, lambda: carrier.channel.sender.suggest_fees(cap))
    raised = replace(
        suggested,
        max_fee_wei=min(cap, max(suggested.max_fee_wei, newest.fee_wei * RAISE_PERCENT // 100 + 1)),
    )
    tip = max(suggested.priority_fee_wei, newest.priority_fee_wei * RAISE_PERCENT // 100 + 1)
    return replace(raised, priority_fee_wei=min(tip, raised.max_fee_wei))
