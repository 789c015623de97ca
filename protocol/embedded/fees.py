"""Answers about fees. Blocks are never full here, so the base fee falls to almost nothing."""

from collections.abc import Sequence
from typing import Final

from eth.abc import BlockHeaderAPI
from eth.vm.forks.london.headers import calculate_expected_base_fee_per_gas
from eth.vm.forks.prague.receipts import PragueReceiptBuilder
from eth.vm.forks.prague.transactions import PragueTransactionBuilder

from protocol.embedded.parameters import (
    InvalidParamsError,
    parse_quantity,
    read_block,
    take,
)
from protocol.embedded.render import Json, calculate_gas_price, render_quantity
from protocol.embedded.rules import Chain, read_base_fee

TIP_WEI: Final = 10**9
"""The tip that is suggested; any is enough."""
HISTORY_LIMIT: Final = 1024
PERCENT: Final = 100


def gas_price(chain: Chain, _: Sequence[object]) -> str:
    """Answer eth_gasPrice: the next block's base fee and a tip."""
    return render_quantity(calculate_expected_base_fee_per_gas(chain.read_head()) + TIP_WEI)


def max_priority_fee(_: Chain, __: Sequence[object]) -> str:
    """Answer eth_maxPriorityFeePerGas."""
    return render_quantity(TIP_WEI)


def fee_history(chain: Chain, params: Sequence[object]) -> Json:
    """Answer eth_feeHistory."""
    newest = read_block(chain, [take(params, 1)], 0)
    count = min(_parse_count(take(params, 0)), HISTORY_LIMIT, newest.block_number + 1)
    percentiles = _parse_percentiles(params)
    oldest = newest.block_number + 1 - count
    headers = [read_block(chain, [hex(oldest + at)], 0) for at in range(count)]
    next_fee = calculate_expected_base_fee_per_gas(newest)
    fees = [*(read_base_fee(header) for header in headers), next_fee]
    return {
        "oldestBlock": render_quantity(oldest),
        "baseFeePerGas": [render_quantity(fee) for fee in fees],
        "gasUsedRatio": [header.gas_used / header.gas_limit for header in headers],
        "baseFeePerBlobGas": [render_quantity(1)] * (count + 1),
        "blobGasUsedRatio": [0.0] * count,
        "reward": [_find_tips(chain, header, percentiles) for header in headers]
        if percentiles
        else [],
    }


def _find_tips(chain: Chain, header: BlockHeaderAPI, percentiles: Sequence[float]) -> list[str]:
    """Return the tips at percentiles of a block's gas; zeros for an empty block."""
    transactions = chain.database.get_block_transactions(header, PragueTransactionBuilder)
    receipts = chain.database.get_receipts(header, PragueReceiptBuilder)
    before = [0, *(receipt.gas_used for receipt in receipts)]
    paid = sorted(
        (calculate_gas_price(transaction, header) - read_base_fee(header), after - start)
        for transaction, start, after in zip(transactions, before, before[1:], strict=False)
    )
    return [render_quantity(_pick_tip(paid, header.gas_used * at / PERCENT)) for at in percentiles]


def _pick_tip(paid: Sequence[tuple[int, int]], threshold: float) -> int:
    reached = 0
    for tip, gas in paid:
        reached += gas
        if reached >= threshold:
            return tip
    return 0


def _parse_count(value: object) -> int:
    """Return how many blocks are asked for; clients write it either way."""
    count = value if isinstance(value, int) else parse_quantity(value)
    if count < 1:
        message = "expected at least one block"
        raise InvalidParamsError(message)
    return count


def _parse_percentiles(params: Sequence[object]) -> list[float]:
    given = params[2] if len(params) > 2 and params[2] is not None else []  # noqa: PLR2004 (third)
    if not isinstance(given, list) or any(
        not isinstance(one, int | float) or not 0 <= one <= PERCENT for one in given
    ):
        message = "expected percentiles from 0 to 100"
        raise InvalidParamsError(message)
    return [float(one) for one in given]
