"""Which key files a command opens, and with which passphrase."""

import secrets
from typing import Final

from issuer.affairs.institution import Institution
from issuer.files import OWNER_ONLY, write_whole
from issuer.keys.keystore import WORTHLESS, KeyRing
from scripts.config import Settings, read_passphrase

KEYS_FOLDER: Final = "keys"


def open_ring(settings: Settings, institution: Institution) -> KeyRing:
    """Return the ring with an institution's keys; the demo's lie with the embedded chain's.

    Raises:
        ConfigurationError: no passphrase can be had.
    """
    return open_embedded_ring(settings) if institution.demo else open_own_ring(settings)


def open_own_ring(settings: Settings) -> KeyRing:
    """Return the ring of this home's own keys; a passphrase for the first ones is asked for twice.

    Raises:
        ConfigurationError: no passphrase can be had.
    """
    folder = settings.home / KEYS_FOLDER
    passphrase = read_passphrase(settings, f"the keys in {folder}", new=not folder.exists())
    return KeyRing(folder, passphrase)


def open_embedded_ring(settings: Settings) -> KeyRing:
    """Return the ring of the embedded home's worthless keys."""
    folder = settings.home / "embedded"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / "passphrase"
    if not path.exists():
        staging = folder / ".unfinished"
        staging.mkdir(exist_ok=True)
        write_whole(path, secrets.token_urlsafe(32).encode("ascii"), staging, OWNER_ONLY)
    return KeyRing(folder / KEYS_FOLDER, path.read_text(encoding="ascii").strip(), WORTHLESS)
