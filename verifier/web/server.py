"""The production server: gunicorn with threads, its settings and their reasons, in one command."""

import os
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from flask import Flask
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]

from verifier.web.bodies import watch_bodies
from verifier.web.worker import BoundedWorker, ProxiedWorker

THREADS: Final = 26
"""Eight requests verify and eight wait (`Gate`); ten are left for pages, health and refusals."""
SHARED_MEMORY: Final = Path("/dev/shm")  # noqa: S108 (gunicorn's heartbeat, no data)

SETTINGS: Final[Mapping[str, object]] = {
    # Every worker opens its chains itself: an open chain may not cross a fork.
    "preload_app": False,
    "threads": THREADS,
    "worker_connections": 200,
    "backlog": 256,
    # A worker whose loop stands still that long is replaced.
    "timeout": 30,
    # SIGTERM: no new connections, what runs may end.
    "graceful_timeout": 15,
    "keepalive": 5,
    "limit_request_line": 2_048,
    "limit_request_fields": 50,
    "limit_request_field_size": 4_096,
    # Libraries that leak a little do so for a bounded time.
    "max_requests": 50_000,
    "max_requests_jitter": 5_000,
    # Only ProxyFix decides whom to believe (`WebConfig.proxies`).
    "secure_scheme_headers": {},
    "forwarded_allow_ips": "",
    "control_socket_disable": True,
    "proc_name": "rootseal",
}


class Server(BaseApplication):  # type: ignore[misc]
    """Gunicorn around an application factory."""

    def __init__(self, settings: Mapping[str, object], build: Callable[[], Flask]) -> None:
        """Call ``build`` in each worker."""
        self._settings = settings
        self._build = build
        super().__init__()

    def load_config(self) -> None:
        """Take the settings; no file, argument or environment adds to them."""
        for name, value in self._settings.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Return a worker's application."""
        app = self._build()
        app.wsgi_app = watch_bodies(app.wsgi_app)  # type: ignore[method-assign]
        return app


def build_settings(host: str, port: int, workers: int, proxies: int = 0) -> dict[str, object]:
    """Return gunicorn's settings for one address, and for so many proxies in front."""
    shown = f"[{host}]" if ":" in host else host
    return {
        **SETTINGS,
        "bind": [f"{shown}:{port}"],
        "workers": workers,
        "worker_class": ProxiedWorker if proxies else BoundedWorker,
        "worker_tmp_dir": str(SHARED_MEMORY) if SHARED_MEMORY.is_dir() else None,
        "logconfig_dict": LOGGING,
    }


def check_address(host: str, port: int) -> None:
    """Find out now, with a sentence, that an address is taken or not ours.

    Raises:
        OSError: it cannot be listened on.
    """
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    with socket.socket(family, kind, protocol) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        trial.bind(address)


@contextmanager
def open_state_folder() -> Iterator[Path]:
    """Make a folder for the processes' shared counts; it goes when the server ends.

    Workers are forks that leave this block too: only the process that made it removes it.
    """
    folder, owner = Path(tempfile.mkdtemp(prefix="rootseal-")), os.getpid()
    try:
        yield folder
    finally:
        if os.getpid() == owner:
            shutil.rmtree(folder, ignore_errors=True)


_HANDLER: Final = {
    "class": "logging.StreamHandler",
    "formatter": "json",
    "stream": "ext://sys.stderr",
}
LOGGING: Final = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "verifier.web.logs.JsonFormatter"}},
    "handlers": {"stderr": _HANDLER},
    "root": {"level": "WARNING", "handlers": ["stderr"]},
    "loggers": {
        "verifier.web": {"level": "INFO"},
        # Says in which order its processes come and go; its access log stays off.
        "gunicorn.error": {"level": "INFO", "propagate": True, "handlers": []},
        "gunicorn.access": {"level": "CRITICAL", "propagate": False, "handlers": []},
    },
}
