"""Blocks, transactions, receipts and logs as JSON-RPC shows them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import rlp
from eth.abc import BlockHeaderAPI, LogAPI, ReceiptAPI, SignedTransactionAPI
from eth.constants import CREATE_CONTRACT_ADDRESS
from eth.vm.forks.prague.blocks import PragueBlock

from protocol.embedded.rules import read_base_fee
from protocol.embedded.transactions import LEGACY_TYPE, read_type
from protocol.primitives import DIGEST_BYTES, hash_keccak, render_hex

ACCESS_LIST_TYPE: Final = 1
BLOOM_BYTES: Final = 256
EIP_155_OFFSET: Final = 35
ADDRESS_OFFSET: Final = 12
"""An address is the last 20 bytes of a hash."""
Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a transaction stands."""

    block: BlockHeaderAPI
    index: int
    first_log: int = 0
    """Number of its first log within the block."""
    gas_before: int = 0
    """Gas used in the block before it."""


def render_quantity(value: int) -> str:
    """Return ``0x`` and hexadecimal without leading zeros."""
    return hex(value)


def render_word(value: int) -> str:
    """Return a number as 32 bytes."""
    return render_hex(value.to_bytes(DIGEST_BYTES, "big"))


def render_block(block: PragueBlock, transactions: Sequence[object]) -> Json:
    """Return a block with its transactions, or their hashes, already rendered."""
    return {
        **_render_header(block.header),
        "size": render_quantity(len(rlp.encode(block))),
        "uncles": [],
        "transactions": list(transactions),
        "withdrawals": [],
    }


def render_transaction(transaction: SignedTransactionAPI, place: Place) -> Json:
    """Return a mined transaction."""
    return {
        **_render_fees(transaction, place.block),
        **_render_place(transaction, place),
        "hash": render_hex(transaction.hash),
        "blockTimestamp": render_quantity(place.block.timestamp),
        "nonce": render_quantity(transaction.nonce),
        "gas": render_quantity(transaction.gas),
        "value": render_quantity(transaction.value),
        "input": render_hex(transaction.data),
        "r": render_quantity(transaction.r),
        "s": render_quantity(transaction.s),
    }


def render_receipt(transaction: SignedTransactionAPI, receipt: ReceiptAPI, place: Place) -> Json:
    """Return a mined transaction's receipt."""
    return {
        **_render_place(transaction, place),
        "transactionHash": render_hex(transaction.hash),
        "status": render_quantity(int.from_bytes(receipt.state_root, "big")),
        "cumulativeGasUsed": render_quantity(receipt.gas_used),
        "gasUsed": render_quantity(receipt.gas_used - place.gas_before),
        "effectiveGasPrice": render_quantity(calculate_gas_price(transaction, place.block)),
        "contractAddress": _find_new_contract(transaction),
        "logs": render_logs(transaction, receipt, place),
        "logsBloom": _render_bloom(receipt.bloom),
    }


def render_logs(transaction: SignedTransactionAPI, receipt: ReceiptAPI, place: Place) -> list[Json]:
    """Return a receipt's logs."""
    return [
        {
            **_render_log(log),
            "blockHash": render_hex(place.block.hash),
            "blockNumber": render_quantity(place.block.block_number),
            "blockTimestamp": render_quantity(place.block.timestamp),
            "transactionHash": render_hex(transaction.hash),
            "transactionIndex": render_quantity(place.index),
            "logIndex": render_quantity(index),
            "removed": False,
        }
        for index, log in enumerate(receipt.logs, place.first_log)
    ]


def calculate_gas_price(transaction: SignedTransactionAPI, block: BlockHeaderAPI) -> int:
    """Return what a unit of gas cost, in wei."""
    with_tip = transaction.max_priority_fee_per_gas + read_base_fee(block)
    return min(transaction.max_fee_per_gas, with_tip)


def _render_header(header: BlockHeaderAPI) -> Json:
    return {
        "hash": render_hex(header.hash),
        "parentHash": render_hex(header.parent_hash),
        "sha3Uncles": render_hex(header.uncles_hash),
        "miner": render_hex(header.coinbase),
        "stateRoot": render_hex(header.state_root),
        "transactionsRoot": render_hex(header.transaction_root),
        "receiptsRoot": render_hex(header.receipt_root),
        "logsBloom": _render_bloom(header.bloom),
        "difficulty": render_quantity(header.difficulty),
        "number": render_quantity(header.block_number),
        "gasLimit": render_quantity(header.gas_limit),
        "gasUsed": render_quantity(header.gas_used),
        "timestamp": render_quantity(header.timestamp),
        "extraData": render_hex(header.extra_data),
        "mixHash": render_hex(header.mix_hash),
        "nonce": render_hex(header.nonce),
        **_render_later_header(header),
    }


def _render_later_header(header: BlockHeaderAPI) -> Json:
    """Return the members that headers got after the Merge, London's first."""
    fields = header.as_dict()
    return {
        "baseFeePerGas": render_quantity(fields["base_fee_per_gas"]),
        "withdrawalsRoot": render_hex(fields["withdrawals_root"]),
        "blobGasUsed": render_quantity(fields["blob_gas_used"]),
        "excessBlobGas": render_quantity(fields["excess_blob_gas"]),
        "parentBeaconBlockRoot": render_hex(fields["parent_beacon_block_root"]),
        "requestsHash": render_hex(fields["requests_hash"]),
    }


def _render_place(transaction: SignedTransactionAPI, place: Place) -> Json:
    creates = transaction.to == CREATE_CONTRACT_ADDRESS
    return {
        "type": render_quantity(read_type(transaction)),
        "blockHash": render_hex(place.block.hash),
        "blockNumber": render_quantity(place.block.block_number),
        "transactionIndex": render_quantity(place.index),
        "from": render_hex(transaction.sender),
        "to": None if creates else render_hex(transaction.to),
    }


def _render_fees(transaction: SignedTransactionAPI, block: BlockHeaderAPI) -> Json:
    """Return the members that differ by type."""
    price = {"gasPrice": render_quantity(calculate_gas_price(transaction, block))}
    chain = {"chainId": render_quantity(transaction.chain_id or 0)}
    if (kind := read_type(transaction)) == LEGACY_TYPE:
        return {**price, **chain, "v": render_quantity(_calculate_v(transaction))}
    parity = render_quantity(transaction.y_parity)
    accesses = [
        {"address": render_hex(account), "storageKeys": [render_word(key) for key in keys]}
        for account, keys in transaction.access_list
    ]
    typed: Json = {**price, **chain, "accessList": accesses, "yParity": parity, "v": parity}
    if kind == ACCESS_LIST_TYPE:
        return typed
    return {
        **typed,
        "maxFeePerGas": render_quantity(transaction.max_fee_per_gas),
        "maxPriorityFeePerGas": render_quantity(transaction.max_priority_fee_per_gas),
    }


def _render_log(log: LogAPI) -> Json:
    return {
        "address": render_hex(log.address),
        "topics": [render_word(topic) for topic in log.topics],
        "data": render_hex(log.data),
    }


def _render_bloom(bloom: int) -> str:
    return render_hex(bloom.to_bytes(BLOOM_BYTES, "big"))


def _find_new_contract(transaction: SignedTransactionAPI) -> str | None:
    """Return the address that a creating transaction's contract has."""
    if transaction.to != CREATE_CONTRACT_ADDRESS:
        return None
    origin = rlp.encode([transaction.sender, transaction.nonce])
    return render_hex(hash_keccak(origin)[ADDRESS_OFFSET:])


def _calculate_v(transaction: SignedTransactionAPI) -> int:
    """Return a legacy signature's third number (EIP-155)."""
    return EIP_155_OFFSET + 2 * (transaction.chain_id or 0) + transaction.y_parity
