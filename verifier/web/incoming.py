"""Requests as they are read: bounded, and in memory alone."""

from io import BytesIO

from flask import Flask, Request

from verifier.web.config import FORM_OVERHEAD_BYTES, WebConfig


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


def set_limits(app: Flask, config: WebConfig) -> None:
    """Bound what Flask reads before any of our code sees it."""
    app.config["MAX_CONTENT_LENGTH"] = config.limits.request_bytes
    app.config["MAX_FORM_MEMORY_SIZE"] = config.limits.submission_bytes + FORM_OVERHEAD_BYTES
    app.config["MAX_FORM_PARTS"] = config.limits.parts
    app.config["TRUSTED_HOSTS"] = list(config.hosts) or None
