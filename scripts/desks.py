"""What a command that sends works with: a channel to the chain, keys, and an institution's desk."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from issuer.affairs.enrolment import build_policy
from issuer.affairs.institution import Institution, find_institution
from issuer.batches.desk import Desk, Signers
from issuer.inputs.spool import delete_abandoned
from issuer.journal.store import open_journal
from issuer.keys.keystore import KeyRing, load_credential_signer, load_transaction_signer
from issuer.progress import Progress
from issuer.sending.channel import Channel, Patience
from protocol.nodes.networks import EMBEDDED
from scripts.chains import Connection, reach, read_clock
from scripts.config import Settings
from scripts.rings import open_ring

FEE_CAP_WEI: Final = 200 * 10**9
"""The most for a unit of gas: 200 gwei, some hundred times what test networks ask."""
AT_HAND: Final = Patience(poll_seconds=0.2, silence_seconds=5.0)
"""For a chain on this machine: it answers at once or not at all."""


@contextmanager
def open_channel(
    settings: Settings, connection: Connection, progress: Progress
) -> Iterator[Channel]:
    """Return how this home reaches a chain; leaving closes the journal.

    Rosters that a killed command left in the home are deleted.
    """
    delete_abandoned(settings.home)
    patience = AT_HAND if _is_at_hand(connection) else Patience()
    with open_journal(settings.home / "journal.sqlite3", read_clock) as journal:
        yield Channel(
            home=settings.home,
            chain=connection.reader,
            node=connection.node,
            sender=connection.sender,
            journal=journal,
            progress=progress,
            patience=patience,
            fee_cap_wei=FEE_CAP_WEI,
        )


@contextmanager
def open_desk(
    settings: Settings, network: str, selector: str | None, progress: Progress
) -> Iterator[tuple[Desk, Institution]]:
    """Return an institution at its desk, its keys opened.

    Raises:
        ConfigurationError: no such network or institution, or its keys cannot be opened.
        ChainError: the network's node does not answer.
    """
    connection = reach(settings, network)
    institution = find_institution(settings.home, connection.network, selector)
    ring = open_ring(settings, institution)
    with open_channel(settings, connection, progress) as channel:
        yield build_desk(channel, institution, ring), institution


def build_desk(channel: Channel, institution: Institution, ring: KeyRing) -> Desk:
    """Return the desk of an institution whose keys lie in the ring."""
    policy = build_policy(channel)
    return Desk(
        channel=channel,
        institution=institution,
        signers=Signers(
            anchor=load_transaction_signer(ring, institution.anchor, policy),
            status=load_transaction_signer(ring, institution.status, policy),
            credentials=load_credential_signer(ring, institution.signing_method),
        ),
        clock=read_clock,
        draw_bytes=secrets.token_bytes,
        workers=os.cpu_count() or 1,
    )


def _is_at_hand(connection: Connection) -> bool:
    return connection.network.name == EMBEDDED or connection.network.freshness_seconds is None
