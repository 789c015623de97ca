"""Answers about blocks, transactions, receipts and logs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from eth.abc import BlockHeaderAPI, ReceiptAPI, SignedTransactionAPI
from eth.exceptions import TransactionNotFound
from eth.vm.forks.prague.blocks import PragueBlock
from eth.vm.forks.prague.receipts import PragueReceiptBuilder
from eth.vm.forks.prague.transactions import PragueTransactionBuilder
from eth_bloom.bloom import BloomFilter
from eth_typing import Address, Hash32

from protocol.embedded.parameters import (
    InvalidParamsError,
    find_block,
    parse_account,
    parse_digest,
    parse_mapping,
    parse_quantity,
    read_block,
    report_out_of_range,
    take,
)
from protocol.embedded.render import (
    Json,
    Place,
    render_block,
    render_logs,
    render_receipt,
    render_transaction,
)
from protocol.embedded.rules import Chain
from protocol.embedded.transactions import INVALID_INPUT
from protocol.nodes.node import NodeError
from protocol.primitives import Digest, render_hex

Topics = tuple[frozenset[Digest] | None, ...]
"""For each place the topics that fit, None for any."""


@dataclass(frozen=True, slots=True)
class LogFilter:
    """Which logs are asked for."""

    addresses: frozenset[Address]
    """Empty for any."""
    topics: Topics

    def may_match(self, block: BlockHeaderAPI) -> bool:
        """Say by its bloom filter whether a block may hold such logs."""
        bloom = BloomFilter(block.bloom)
        alternatives = [self.addresses, *(choice or frozenset() for choice in self.topics)]
        return all(not some or any(one in bloom for one in some) for some in alternatives)

    def matches(self, log: Json) -> bool:
        """Say whether a rendered log is asked for."""
        topics = log["topics"]
        if not isinstance(topics, list) or len(topics) < len(self.topics):
            return False
        address = {render_hex(address) for address in self.addresses}
        return (not address or log["address"] in address) and all(
            choice is None or Digest(bytes.fromhex(topic[2:])) in choice
            for choice, topic in zip(self.topics, topics, strict=False)
        )


def get_block_by_number(chain: Chain, params: Sequence[object]) -> Json | None:
    """Answer eth_getBlockByNumber."""
    return _show_block(chain, find_block(chain, take(params, 0)), take(params, 1))


def get_block_by_hash(chain: Chain, params: Sequence[object]) -> Json | None:
    """Answer eth_getBlockByHash."""
    header = chain.find_header_by_hash(parse_digest(take(params, 0)))
    return _show_block(chain, header, take(params, 1))


def get_transaction(chain: Chain, params: Sequence[object]) -> Json | None:
    """Answer eth_getTransactionByHash."""
    found = _find_transaction(chain, parse_digest(take(params, 0)))
    if found is None:
        return None
    header, index = found
    return render_transaction(_read_transactions(chain, header)[index], Place(header, index))


def get_receipt(chain: Chain, params: Sequence[object]) -> Json | None:
    """Answer eth_getTransactionReceipt."""
    found = _find_transaction(chain, parse_digest(take(params, 0)))
    if found is None:
        return None
    header, index = found
    transaction, receipt, place = list(_read_entries(chain, header))[index]
    return render_receipt(transaction, receipt, place)


def get_block_receipts(chain: Chain, params: Sequence[object]) -> list[Json] | None:
    """Answer eth_getBlockReceipts."""
    header = find_block(chain, take(params, 0))
    if header is None:
        return None
    return [render_receipt(*entry) for entry in _read_entries(chain, header)]


def get_logs(chain: Chain, params: Sequence[object]) -> list[Json]:
    """Answer eth_getLogs. There is no limit to the range."""
    question = parse_mapping(take(params, 0))
    wanted = _parse_filter(question)
    return [
        log
        for header in _find_blocks(chain, question)
        if wanted.may_match(header)
        for entry in _read_entries(chain, header)
        for log in render_logs(*entry)
        if wanted.matches(log)
    ]


def _show_block(chain: Chain, header: BlockHeaderAPI | None, whole: object) -> Json | None:
    if not isinstance(whole, bool):
        message = "expected true or false"
        raise InvalidParamsError(message)
    if header is None:
        return None
    block = PragueBlock.from_header(header, chain.database)
    if not whole:
        return render_block(block, [render_hex(each.hash) for each in block.transactions])
    shown = [
        render_transaction(each, Place(header, index))
        for index, each in enumerate(block.transactions)
    ]
    return render_block(block, shown)


def _find_transaction(chain: Chain, digest: Digest) -> tuple[BlockHeaderAPI, int] | None:
    try:
        number, index = chain.database.get_transaction_index(Hash32(digest))
    except TransactionNotFound:
        return None
    return chain.database.get_canonical_block_header_by_number(number), index


def _read_transactions(chain: Chain, header: BlockHeaderAPI) -> tuple[SignedTransactionAPI, ...]:
    return chain.database.get_block_transactions(header, PragueTransactionBuilder)


def _read_entries(
    chain: Chain, header: BlockHeaderAPI
) -> Iterator[tuple[SignedTransactionAPI, ReceiptAPI, Place]]:
    """Yield each transaction of a block with its receipt and where it stands."""
    receipts = chain.database.get_receipts(header, PragueReceiptBuilder)
    first_log = gas_before = 0
    transactions = _read_transactions(chain, header)
    for index, (transaction, receipt) in enumerate(zip(transactions, receipts, strict=True)):
        yield transaction, receipt, Place(header, index, first_log, gas_before)
        first_log += len(receipt.logs)
        gas_before = receipt.gas_used


def _find_blocks(chain: Chain, question: Mapping[str, object]) -> Iterator[BlockHeaderAPI]:
    ends = ("fromBlock", "toBlock")
    if (block_hash := question.get("blockHash")) is None:
        first, last = (_read_number(chain, question.get(end) or "latest") for end in ends)
        newest = chain.read_head().block_number
        if first > newest:
            raise report_out_of_range(chain, first)
        for number in range(first, min(last, newest) + 1):
            yield read_block(chain, [hex(number)], 0)
        return
    if any(question.get(end) is not None for end in ends):
        message = "cannot specify both blockHash and fromBlock/toBlock, choose one or the other"
        raise InvalidParamsError(message)
    header = chain.find_header_by_hash(parse_digest(block_hash))
    if header is None:
        raise NodeError(INVALID_INPUT, "unknown block")
    yield header


def _read_number(chain: Chain, value: object) -> int:
    header = find_block(chain, value)
    return parse_quantity(value) if header is None else int(header.block_number)


def _parse_filter(question: Mapping[str, object]) -> LogFilter:
    address = question.get("address")
    addresses = [] if address is None else address if isinstance(address, list) else [address]
    topics = question.get("topics") or []
    if not isinstance(topics, list):
        message = "expected a list of topics"
        raise InvalidParamsError(message)
    return LogFilter(
        addresses=frozenset(parse_account(each) for each in addresses),
        topics=tuple(_parse_topic(topic) for topic in topics),
    )


def _parse_topic(topic: object) -> frozenset[Digest] | None:
    if topic is None or topic == []:
        return None
    choices = topic if isinstance(topic, list) else [topic]
    return frozenset(parse_digest(choice) for choice in choices)
