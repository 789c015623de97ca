"""The page that employers see, with the demo's files at hand."""

from pathlib import Path
from typing import Final

from protocol.errors import ConfigurationError
from protocol.nodes.networks import EMBEDDED
from scripts.config import Settings
from scripts.serve import serve_site
from verifier.web.config import WebConfig
from verifier.web.server import check_address

HOST: Final = "127.0.0.1"
PORTS: Final = range(8000, 8020)


def serve_demo(settings: Settings, folder: Path) -> None:
    """Serve the demo's files on the first free port, until stopped.

    Raises:
        ConfigurationError: none of the ports is free.
    """
    config = WebConfig(network=EMBEDDED, demo_folder=folder.resolve())
    serve_site(settings, config, address=(HOST, _find_port(), 1))


def _find_port() -> int:
    found = next((port for port in PORTS if _is_free(port)), None)
    if found is None:
        reason = f"no port from {PORTS.start} to {PORTS.stop - 1} is free"
        remedy = "Stop another server, or use rootseal serve --port."
        raise ConfigurationError("demo", reason, remedy)
    return found


def _is_free(port: int) -> bool:
    try:
        check_address(HOST, port)
    except OSError:
        return False
    return True
