"""Blocks of a chain: one by number, the newest, and the newest that is final."""

import re
from typing import Final, assert_never

from protocol.chain import Block, FinalityRule
from protocol.nodes.answers import ask
from protocol.nodes.node import Node, NodeError
from protocol.primitives import BlockNumber

_STATE_MISSING: Final = re.compile(
    r"missing trie node|header not found|unknown block|block.{0,20} not found|invalid block tag"
    r"|pruned|state .{0,40}(?:not |un)available|no state available|historical (?:state|data)"
    r"|old data not available|out ?of ?range|resource not found|state already discarded"
    r"|distance to target block exceeds|required historical",
    re.IGNORECASE,
)
"""How geth, erigon, nethermind, besu, reth, anvil and hardhat say that they lack a block's state.

The execution API has no code for it, so their words are all there is.
"""


def is_state_missing(error: NodeError) -> bool:
    """Tell whether a node refused because it lacks the block or its state."""
    return error.data is None and _STATE_MISSING.search(error.message) is not None


def read_block(node: Node, place: BlockNumber | str) -> Block:
    """Return a block by its number or by a tag such as ``latest``.

    Raises:
        ChainUnreachableError: no such block, or an answer that cannot be used.
    """
    name = place if isinstance(place, str) else hex(place)
    answer = ask(node, "eth_getBlockByNumber", name, False)  # no bodies
    if answer.value is None:
        raise answer.refuse(f"there is no block {place}")
    block = answer.parse_block()
    if not isinstance(place, str) and block.number != place:
        raise answer.refuse(f"it is block {block.number} instead of {place}")
    return block


def find_final_block(node: Node, rule: FinalityRule) -> Block:
    """Return the newest block that is final by the rule (docs/adr/0008)."""
    match rule:
        case FinalityRule.LATEST:
            return read_block(node, "latest")
        case FinalityRule.FINALIZED:
            return read_block(node, "finalized")
        case FinalityRule.ONE_CONFIRMATION:
            latest = read_block(node, "latest")
            if latest.number == 0 or _mines_on_demand(node):
                return latest
            return read_block(node, BlockNumber(latest.number - 1))
        case _:
            assert_never(rule)


def _mines_on_demand(node: Node) -> bool:
    """Tell whether a development node makes a block for each transaction and none else.

    Such a node never puts a second block on top of the last one. Others do not know the question.
    """
    try:
        return ask(node, "hardhat_getAutomine").value is True
    except NodeError:
        return False
