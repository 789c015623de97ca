"""Money for the accounts of development chains: from the embedded treasury, or a local node's own.

Never on a public network: there, people send it.
"""

from collections.abc import Iterable
from functools import partial
from typing import Final, NoReturn

from issuer.keys.signer import TransactionSigner
from issuer.sending.channel import Channel, ask_patiently
from issuer.sending.delivery import FIRST_POLL_SECONDS
from issuer.sending.operations import Call, open_carrier, send_transaction
from protocol.errors import ConfigurationError, TransactionRefusedError
from protocol.nodes.node_sender import check_network
from protocol.primitives import ADDRESS_BYTES, Address, parse_prefixed_hex, render_address

ALLOWANCE_WEI: Final = 10 * 10**18
"""What an account gets: enough for thousands of batches at development fees."""
LOW_WEI: Final = 10**18
"""Below this it gets some."""


def fund_from_treasury(
    channel: Channel, treasury: TransactionSigner, accounts: Iterable[Address]
) -> int:
    """Give each account that has little its allowance; return how many got it.

    Raises:
        TransactionRefusedError: the treasury is empty.
    """
    with open_carrier(channel, treasury) as carrier:
        needy = _find_needy(channel, accounts)
        for account in needy:
            send_transaction(carrier, Call(account, b"", ALLOWANCE_WEI))
    return len(needy)


def fund_from_node(channel: Channel, accounts: Iterable[Address]) -> int:
    """Let a local development node give each account that has little its allowance.

    Raises:
        ConfigurationError: the node holds no account of its own.
        WrongChainError: it serves another chain, where the money may be real.
        TransactionRefusedError: it does not send, or does not mine.
    """
    ask_patiently(channel, lambda: check_network(channel.chain.network, channel.node))
    needy = _find_needy(channel, accounts)
    source = _find_unlocked(channel) if needy else None
    for account in needy:
        if source is not None:
            channel.sender.send_unlocked(source, account, ALLOWANCE_WEI)
            _wait_for_money(channel, account)
    return len(needy)


def _find_needy(channel: Channel, accounts: Iterable[Address]) -> list[Address]:
    read = channel.sender.read_balance
    return [
        account for account in accounts if ask_patiently(channel, partial(read, account)) < LOW_WEI
    ]


def _find_unlocked(channel: Channel) -> Address:
    held = ask_patiently(channel, lambda: channel.node.request("eth_accounts", []))
    if not isinstance(held, list) or not held:
        _refuse(channel, "it holds no account of its own")
    try:
        return Address(parse_prefixed_hex(str(held[0]), ADDRESS_BYTES))
    except ValueError:
        _refuse(channel, "it does not answer with accounts")


def _wait_for_money(channel: Channel, account: Address) -> None:
    patience = channel.patience
    started, pause = patience.now_seconds(), FIRST_POLL_SECONDS
    while channel.sender.read_balance(account) < LOW_WEI:
        if patience.now_seconds() - started > patience.settle_seconds:
            raise TransactionRefusedError(
                f"the node took a transfer to {render_address(account)} and does not mine it"
            )
        patience.sleep(pause)
        pause = min(2 * pause, patience.poll_seconds)


def _refuse(channel: Channel, reason: str) -> NoReturn:
    raise ConfigurationError(
        f"network {channel.chain.network.name}",
        f"the node cannot fund new accounts: {reason}",
        "Start a development node (anvil, hardhat node), or send the accounts some yourself.",
    )
