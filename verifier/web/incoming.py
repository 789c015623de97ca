"""Requests as they are read: bounded, and in memory alone."""

from io import BytesIO
from typing import IO, Final, cast

from flask import Flask, Request
from werkzeug.exceptions import ClientDisconnected
from werkzeug.wsgi import LimitedStream

from verifier.web.config import FORM_OVERHEAD_BYTES, WebConfig

DISCARD_BYTES: Final = 32 << 20
"""A large photograph; whoever sends more is cut off."""
CHUNK_BYTES: Final = 65_536
LOOPBACK: Final = ("127.0.0.1", "localhost")
"""Names by which the machine's own health check asks, always served."""


class IncomingRequest(Request):
    """A request whose files are never written to a temporary folder.

    They are few and bounded, and a learner's credential has no business on the server's disk.
    """

    def _get_file_stream(
        self,
        total_content_length: int | None,  # noqa: ARG002 (Flask calls it so)
        content_type: str | None,  # noqa: ARG002
        filename: str | None = None,  # noqa: ARG002
        content_length: int | None = None,  # noqa: ARG002
    ) -> BytesIO:
        return BytesIO()


def discard_rest(request: Request) -> None:
    """Read on what is not wanted, within reason, before an error is answered.

    A browser that is still sending when the connection closes shows its own error instead of ours;
    and what is too large is most often somebody's photograph of a certificate.
    """
    if (request.content_length or 0) > DISCARD_BYTES:
        return
    source, left = _find_rest(request), DISCARD_BYTES
    try:
        while left > 0 and (chunk := source.read(min(left, CHUNK_BYTES))):
            left -= len(chunk)
    except (OSError, ClientDisconnected):
        # Whoever sent it is gone, or sends no HTTP.
        return


def _find_rest(request: Request) -> IO[bytes]:
    """Return what ends where the request ends: not every server's ``wsgi.input`` does."""
    source: IO[bytes] = request.environ["wsgi.input"]
    if request.environ.get("wsgi.input_terminated"):
        return source
    begun: IO[bytes] | None = vars(request).get("stream")
    if begun is not None:
        return begun
    return cast("IO[bytes]", LimitedStream(source, request.content_length or 0))


def set_limits(app: Flask, config: WebConfig) -> None:
    """Bound what Flask reads before any of our code sees it."""
    app.config["MAX_CONTENT_LENGTH"] = config.limits.request_bytes
    app.config["MAX_FORM_MEMORY_SIZE"] = config.limits.submission_bytes + FORM_OVERHEAD_BYTES
    app.config["MAX_FORM_PARTS"] = config.limits.parts
    app.config["TRUSTED_HOSTS"] = [*config.hosts, *LOOPBACK] if config.hosts else None
