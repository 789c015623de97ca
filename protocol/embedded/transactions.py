"""Read signed transactions and say, in a node's words, which ones a block cannot take."""

from typing import Final

import rlp
from eth.abc import BlockHeaderAPI, SignedTransactionAPI, StateAPI
from eth.constants import CREATE_CONTRACT_ADDRESS, SECPK1_N
from eth.exceptions import UnrecognizedTransactionType
from eth.vm.forks.prague.constants import STANDARD_TOKEN_COST, TOTAL_COST_FLOOR_PER_TOKEN
from eth.vm.forks.prague.transactions import PragueTransactionBuilder
from eth.vm.forks.shanghai.constants import INITCODE_WORD_COST, MAX_INITCODE_SIZE
from eth_keys.exceptions import BadSignature
from eth_utils.exceptions import ValidationError

from protocol.embedded.parameters import InvalidParamsError
from protocol.embedded.rules import read_base_fee
from protocol.nodes.node import NodeError
from protocol.primitives import ChainId

TRANSACTION_REJECTED: Final = -32003
INVALID_INPUT: Final = -32000
LEGACY_TYPE: Final = 0
DYNAMIC_FEE_TYPE: Final = 2
WORD_BYTES: Final = 32
TRANSACTION_GAS: Final = 21_000


def decode_transaction(raw: bytes) -> SignedTransactionAPI:
    """Return a signed transaction of type 0, 1 or 2 with its sender recovered.

    Raises:
        NodeError: not one, or its signature is none.
    """
    if not raw:
        message = "Empty transaction data"
        raise InvalidParamsError(message)
    try:
        transaction = PragueTransactionBuilder.decode(raw)
    except (rlp.exceptions.RLPException, ValidationError, UnrecognizedTransactionType) as error:
        message = "Failed to decode transaction"
        raise InvalidParamsError(message) from error
    if read_type(transaction) > DYNAMIC_FEE_TYPE:
        raise NodeError(TRANSACTION_REJECTED, "transaction type not supported")
    _check_signature(transaction)
    return transaction


def read_type(transaction: SignedTransactionAPI) -> int:
    """Return the EIP-2718 type, 0 for a legacy transaction."""
    return LEGACY_TYPE if transaction.type_id is None else transaction.type_id


def calculate_intrinsic_gas(transaction: SignedTransactionAPI) -> int:
    """Return the least gas limit: intrinsic gas, or the data's floor (EIP-7623) if it is more."""
    intrinsic = transaction.intrinsic_gas
    if transaction.to == CREATE_CONTRACT_ADDRESS:
        intrinsic += INITCODE_WORD_COST * -(-len(transaction.data) // WORD_BYTES)
    zeros = transaction.data.count(0)
    tokens = zeros + STANDARD_TOKEN_COST * (len(transaction.data) - zeros)
    return max(intrinsic, TRANSACTION_GAS + TOTAL_COST_FLOOR_PER_TOKEN * tokens)


def check_transaction(
    transaction: SignedTransactionAPI, state: StateAPI, block: BlockHeaderAPI, chain_id: ChainId
) -> None:
    """Check that a block with this state, and what it already holds, can take a transaction.

    The words are anvil's, so that whoever knows them there knows them here. One difference: a
    nonce that leaves a gap is refused, since nothing waits here.

    Raises:
        NodeError: it cannot.
    """
    _check_chain(transaction, chain_id)
    _check_fees(transaction, block)
    _check_gas(transaction, block)
    _check_account(transaction, state)


def _check_signature(transaction: SignedTransactionAPI) -> None:
    low = 0 < transaction.s <= SECPK1_N // 2 and 0 < transaction.r < SECPK1_N
    try:
        if low and transaction.sender:
            return
    except (BadSignature, ValidationError) as error:
        raise NodeError(TRANSACTION_REJECTED, "Invalid signature") from error
    raise NodeError(TRANSACTION_REJECTED, "Invalid signature")


def _check_chain(transaction: SignedTransactionAPI, chain_id: ChainId) -> None:
    if transaction.chain_id is None:
        reason = "only replay-protected (EIP-155) transactions allowed over RPC"
        raise NodeError(INVALID_INPUT, reason)
    if transaction.chain_id != chain_id:
        raise NodeError(TRANSACTION_REJECTED, "invalid chain id for signer")


def _check_fees(transaction: SignedTransactionAPI, block: BlockHeaderAPI) -> None:
    if transaction.max_priority_fee_per_gas > transaction.max_fee_per_gas:
        reason = "max priority fee per gas higher than max fee per gas"
        raise NodeError(TRANSACTION_REJECTED, reason)
    if transaction.max_fee_per_gas < read_base_fee(block):
        raise NodeError(TRANSACTION_REJECTED, "max fee per gas less than block base fee")


def _check_gas(transaction: SignedTransactionAPI, block: BlockHeaderAPI) -> None:
    if transaction.gas > block.gas_limit - block.gas_used:
        reason = "intrinsic gas too high -- tx.gas_limit > env.block.gas_limit"
        raise NodeError(INVALID_INPUT, reason)
    creates = transaction.to == CREATE_CONTRACT_ADDRESS
    if creates and len(transaction.data) > MAX_INITCODE_SIZE:
        raise NodeError(TRANSACTION_REJECTED, "max initcode size exceeded")
    if transaction.gas < calculate_intrinsic_gas(transaction):
        raise NodeError(INVALID_INPUT, "intrinsic gas too low")


def _check_account(transaction: SignedTransactionAPI, state: StateAPI) -> None:
    nonce = state.get_nonce(transaction.sender)
    if transaction.nonce < nonce:
        raise NodeError(TRANSACTION_REJECTED, "nonce too low")
    if transaction.nonce > nonce:
        raise NodeError(TRANSACTION_REJECTED, "nonce too high")
    cost = transaction.value + transaction.gas * transaction.max_fee_per_gas
    if state.get_balance(transaction.sender) < cost:
        raise NodeError(TRANSACTION_REJECTED, "Insufficient funds for gas * price + value")
