"""The demo's two institutions, registered by the home's own authority."""

from typing import Final

from issuer.affairs.authority import accredit
from issuer.affairs.institution import Institution
from issuer.affairs.onboarding import Application, init_institution
from issuer.progress import Progress
from scripts.chains import Connection, read_clock
from scripts.config import Settings
from scripts.desks import open_channel
from scripts.embedded_home import AUTHORITY, load_embedded_signer
from scripts.issuer import enrol_on_embedded
from scripts.rings import open_embedded_ring

FIRST: Final = Application("Harakeke University", "harakeke.example", demo=True)
SECOND: Final = Application("Northgate College", "northgate.example", demo=True)


def make_institution(
    settings: Settings, connection: Connection, application: Application, progress: Progress
) -> Institution:
    """Return one of the demo's institutions with its keys on the chain."""
    ring = open_embedded_ring(settings)
    made = init_institution(settings.home, connection.network, application, ring, read_clock())
    return enrol_on_embedded(settings, connection, made, ring, progress).institution


def accredit_first(
    settings: Settings, connection: Connection, achievement: str, progress: Progress
) -> None:
    """Let the authority accredit the first institution for the demo's micro-credential."""
    with open_channel(settings, connection, progress) as channel:
        signer = load_embedded_signer(settings, channel, AUTHORITY)
        accredit(channel, signer, f"did:web:{FIRST.domain}", achievement)
