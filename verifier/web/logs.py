"""One JSON object a line: what was asked and how it went, never by whom or about whom.

A line holds a request's id, the route's own name (not the address that was typed), status,
duration, verdict and at most the first 8 hexadecimal digits of a leaf.
"""

import json
import logging
import re
import time
import traceback
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from flask import Flask, Response, g, has_request_context, request

LOGGER: Final = logging.getLogger("verifier.web")
ID_HEADER: Final = "X-Request-ID"
LEAF_DIGITS: Final = 8
_ID: Final = re.compile(r"[A-Za-z0-9-]{8,64}\Z")
_FIELDS: Final = "rootseal"


class JsonFormatter(logging.Formatter):
    """Writes a record as one line; of an exception only kind and place: values are personal."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
        }
        if record.exc_info and record.exc_info[0] is not None:
            line |= {"event": "bug", "kind": record.exc_info[0].__name__}
            line["place"] = _find_place(record)
        elif hasattr(record, _FIELDS):
            line |= {"event": record.msg} | getattr(record, _FIELDS)
        else:
            line |= {"event": "server", "message": record.getMessage()}
        if "request_id" not in line and has_request_context():
            line["request_id"] = find_request_id()
        return json.dumps(line, ensure_ascii=True)


def log_event(event: str, fields: Mapping[str, object]) -> None:
    """Write one event with its fields; values are from our own fixed sets, or numbers."""
    LOGGER.info(event, extra={_FIELDS: dict(fields)})


def follow_requests(app: Flask) -> None:
    """Give every request an id and write a line when it is answered."""

    @app.before_request
    def begin() -> None:
        g.started = time.perf_counter()
        find_request_id()

    @app.after_request
    def end(response: Response) -> Response:
        response.headers[ID_HEADER] = find_request_id()
        rule = request.url_rule
        log_event(
            "request",
            {
                "request_id": find_request_id(),
                "method": request.method if request.method in _METHODS else "other",
                "route": rule.rule if rule is not None else None,
                "status": response.status_code,
                "duration_ms": _measure_ms(g.get("started")),
            },
        )
        return response


_METHODS: Final = ("GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE", "PATCH")


def find_request_id() -> str:
    """Return this request's id: the one of a trusted proxy, else a new one."""
    if "request_id" not in g:
        given = request.headers.get(ID_HEADER, "")
        # ProxyFix leaves this mark only where proxies are configured.
        trusted = "werkzeug.proxy_fix.orig" in request.environ and _ID.match(given)
        g.request_id = given if trusted else uuid.uuid4().hex
    return str(g.request_id)


def _measure_ms(started: float | None) -> float | None:
    return None if started is None else round((time.perf_counter() - started) * 1000, 1)


def _find_place(record: logging.LogRecord) -> str:
    trace = record.exc_info[2] if record.exc_info else None
    frames = traceback.extract_tb(trace)
    return " < ".join(f"{Path(each.filename).name}:{each.lineno}" for each in reversed(frames[-6:]))
