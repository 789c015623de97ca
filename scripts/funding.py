"""Funds for new accounts where they cost nothing: this machine's own chains."""

from collections.abc import Sequence

from issuer.affairs.treasury import fund_from_node, fund_from_treasury
from issuer.sending.channel import Channel
from protocol.nodes.networks import EMBEDDED, LOCAL
from protocol.primitives import Address
from scripts.config import Settings
from scripts.embedded_home import TREASURY, load_embedded_signer


def fund_on_development_chain(
    settings: Settings, channel: Channel, accounts: Sequence[Address]
) -> None:
    """Fund accounts on ``embedded`` and ``local``; elsewhere people send what is needed."""
    match channel.chain.network.name:
        case name if name == EMBEDDED:
            fund_from_treasury(channel, load_embedded_signer(settings, channel, TREASURY), accounts)
        case name if name == LOCAL:
            fund_from_node(channel, accounts)
        case _:
            return
