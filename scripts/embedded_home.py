"""The embedded chain of a home, with its authority and treasury: made when first needed.

Their keys are encrypted under a random passphrase that lies beside them: they guard nothing of
worth. Each step looks first at what is there: what was cut off is finished by the next run.
"""

import secrets
from datetime import timedelta
from pathlib import Path
from typing import Final

from issuer.affairs.deploy import deploy_registry
from issuer.affairs.institution import hold_institutions
from issuer.files import OWNER_ONLY, write_whole
from issuer.keys.keystore import (
    KeyRing,
    KeystoreSigner,
    create_chain_key,
    load_transaction_signer,
)
from issuer.keys.signer import SigningPolicy
from issuer.progress import Progress
from issuer.sending.channel import Channel
from protocol.nodes.networks import EMBEDDED
from protocol.primitives import Address, ChainId, parse_address, render_address
from protocol.proofs.multikey import find_key_address
from scripts.chains import EMBEDDED_FILE, Connection, connect, has_embedded, read_clock
from scripts.config import Settings
from scripts.desks import open_channel
from scripts.rings import open_embedded_ring

AUTHORITY_NAME: Final = "Local Qualifications Authority (for trying things out)"
LOWEST_CHAIN_ID: Final = 1 << 40
"""Far above every public network's, so that no wallet takes one for the other."""
CHAIN_IDS: Final = 1 << 40
RICHES_WEI: Final = 10**27
POOR_WEI: Final = 10**22
AUTHORITY: Final = "authority"
TREASURY: Final = "treasury"


def connect_embedded(settings: Settings, progress: Progress) -> Connection:
    """Return the embedded chain with its registry, making both where there are none."""
    with hold_institutions(settings.home):
        ring = open_embedded_ring(settings)
        if not has_embedded(settings):
            _create_chain(settings, ring)
        connection = connect(settings, EMBEDDED)
        if connection.network.contract is not None:
            return connection
        progress.notice(
            "Making an embedded chain with an authority of its own, for this home only."
        )
        with open_channel(settings, connection, progress) as channel:
            authority = find_account(settings, AUTHORITY)
            signer = load_embedded_signer(settings, channel, AUTHORITY)
            deploy_registry(channel, signer, authority, AUTHORITY_NAME)
    return connect(settings, EMBEDDED)


def load_embedded_signer(settings: Settings, channel: Channel, role: str) -> KeystoreSigner:
    """Return the signer of the authority or the treasury, each with its own powers only."""
    network = channel.chain.network
    policy = SigningPolicy(
        network.chain_id,
        network.contract,
        channel.fee_cap_wei,
        may_deploy=role == AUTHORITY,
        may_fund=role == TREASURY,
    )
    return load_transaction_signer(
        open_embedded_ring(settings), find_account(settings, role), policy
    )


def find_account(settings: Settings, role: str) -> Address:
    """Return the account of the authority or the treasury."""
    return parse_address(_account_file(settings, role).read_text(encoding="ascii"))


def _create_chain(settings: Settings, ring: KeyRing) -> None:
    """Make both accounts, then the chain that gives them what they spend."""
    # The EVM takes a second to import, so only those who make a chain pay.
    from protocol.embedded import create_embedded

    balances = {
        _create_account(settings, ring, AUTHORITY): POOR_WEI,
        _create_account(settings, ring, TREASURY): RICHES_WEI,
    }
    chain_id = ChainId(LOWEST_CHAIN_ID + secrets.randbelow(CHAIN_IDS))
    genesis_time = read_clock().replace(microsecond=0) - timedelta(hours=1)
    create_embedded(settings.home / EMBEDDED_FILE, chain_id, balances, genesis_time)


def _create_account(settings: Settings, ring: KeyRing, role: str) -> Address:
    path = _account_file(settings, role)
    if path.exists():
        return find_account(settings, role)
    address = find_key_address(create_chain_key(ring))
    staging = path.parent / ".unfinished"
    write_whole(path, render_address(address).encode("ascii"), staging, OWNER_ONLY)
    return address


def _account_file(settings: Settings, role: str) -> Path:
    return settings.home / "embedded" / f"{role}.address"
