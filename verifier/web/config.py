"""What a web verifier is told when it starts. Nothing here reads the environment."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from protocol.credentials.strict_json import CREDENTIAL_LIMIT_BYTES

FORM_OVERHEAD_BYTES: Final = 65_536
"""Boundaries, part headers and the short fields of a form."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one request, one address and one process may ask for."""

    submission_bytes: int = CREDENTIAL_LIMIT_BYTES
    """One credential."""
    request_bytes: int = 4 * CREDENTIAL_LIMIT_BYTES + FORM_OVERHEAD_BYTES
    """One request; an ordinary credential has 5 kB, so that thirty are far below."""
    files: int = 30
    """Credentials in one request: as many as an address may ask for in a minute."""
    parts: int = 40
    """Parts of one form, empty ones and text fields counted."""
    verifications_a_minute: int = 30
    """For one address (IPv6: one /64)."""
    at_once: int = 8
    """Requests that one process verifies at the same time; more are told to come again."""
    seconds: float = 10.0
    """One verification's questions to the chain; what is not answered by then is unknown."""
    request_seconds: float = 60.0
    """The same for all verifications of one request, as each holds a place that others want."""


@dataclass(frozen=True, slots=True)
class WebConfig:
    """One web verifier: what `create_app` needs besides the verifier's surroundings."""

    state_file: Path | None = None
    """SQLite file of counters that processes share; None: this process alone, in memory."""
    limits: Limits = Limits()
    proxies: int = 0
    """Proxies in front whose X-Forwarded-For and -Proto are believed; 0: these mean nothing."""
    hosts: tuple[str, ...] = ()
    """Host names that are served; empty: any, and pages say no address of their own."""
    network: str | None = None
    """The one network that is asked, None for every configured one."""
    demo_folder: Path | None = None
    """Folder with the demo's files, offered on the first page; None: no demo."""
    status_folder: Path | None = None
    """Folder with the status lists that were published to this server; None: none are served."""
    version: str = "0"
    """Of this release, for ``/metrics`` and the API's description."""
