"""Gunicorn's threaded worker, bounded: how long a request takes, and how much one address holds.

It also speaks where gunicorn would speak for us: of a request that is no HTTP nothing is repeated,
neither in the answer nor in the log.
"""

import json
import socket
import time
import uuid
from concurrent.futures import Future
from http import HTTPStatus
from typing import Final

from gunicorn.http import errors as http_errors  # type: ignore[import-untyped]
from gunicorn.workers.gthread import TConn, ThreadWorker  # type: ignore[import-untyped]

from verifier.web.headers import HEADERS, NEVER
from verifier.web.limits import find_household
from verifier.web.logs import ID_HEADER, log_event
from verifier.web.problems import PROBLEM_TYPE, URN
from verifier.web.shares import QUEUE, SHARE, Shares, Turn

READ_SECONDS: Final = 15.0
"""A request, its body included, is sent by then, or no more of it is read."""
ANSWER_SECONDS: Final = 120.0
"""An answer is made and taken by then, or its connection ends: sixty for the work, the rest for
whoever has a slow line."""
_STATUSES: Final = {
    http_errors.LimitRequestLine: HTTPStatus.REQUEST_URI_TOO_LONG,
    http_errors.LimitRequestHeaders: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    http_errors.ExpectationFailed: HTTPStatus.EXPECTATION_FAILED,
    http_errors.UnsupportedTransferCoding: HTTPStatus.NOT_IMPLEMENTED,
}


class BoundedWorker(ThreadWorker):  # type: ignore[misc]
    """A threaded worker that no slow sender, slow reader or single address can fill."""

    share = SHARE

    def __init__(self, *arguments: object, **named: object) -> None:
        """Begin with no connections."""
        super().__init__(*arguments, **named)
        self._began: dict[TConn, float] = {}
        self._shares = Shares(self.share, QUEUE)

    def enqueue_req(self, conn: TConn) -> None:
        """Hand a connection to a thread, when it is its address's turn (main thread)."""
        match self._shares.take(_find_address(conn), conn):
            case Turn.NOW:
                super().enqueue_req(conn)
            case Turn.NEVER:
                self.nr_conns -= 1
                conn.close()
            case Turn.LATER:
                pass

    def finish_request(self, conn: TConn, fs: "Future[object]") -> None:
        """Let the next connection of the same address begin (main thread)."""
        following = self._shares.give_back(_find_address(conn))
        super().finish_request(conn, fs)
        if following is not None:
            super().enqueue_req(following)

    def handle(self, conn: TConn) -> object:
        """Serve one request, which must be read and answered in time."""
        self._began[conn] = time.monotonic()
        try:
            return super().handle(conn)
        finally:
            self._began.pop(conn, None)

    def notify(self) -> None:
        """Say that the worker lives (once a second), and look for who takes too long."""
        super().notify()
        now = time.monotonic()
        for conn, began in list(self._began.items()):
            how = find_end(now - began)
            if how is not None:
                _stop(conn, how)

    def handle_error(
        self,
        req: object,  # noqa: ARG002 (gunicorn calls it so)
        client: socket.socket,
        addr: object,  # noqa: ARG002 (nobody's address is written down)
        exc: Exception,
    ) -> None:
        """Answer what never became a request; of the sender's words nothing is written down."""
        status = _find_status(exc)
        request_id = uuid.uuid4().hex
        kind = {"request_id": request_id, "status": int(status), "kind": type(exc).__name__}
        if status is HTTPStatus.INTERNAL_SERVER_ERROR:
            self.log.exception("bug")
        log_event("not_http", kind)
        try:
            client.sendall(_render_refusal(status, request_id))
        except OSError:
            # It has ended by itself.
            return

    def _keepalive_after(self, conn: TConn, keepalive: object) -> bool:
        """A body that broke off was answered already; nothing can follow it."""
        try:
            return bool(super()._keepalive_after(conn, keepalive))
        except http_errors.ParseException:
            return False


class ProxiedWorker(BoundedWorker):
    """The same behind a proxy: all connections come from one address, so none is held back."""

    share = 1_000_000


def find_end(seconds: float) -> int | None:
    """Return what of a connection ends after so long: nothing, its reading, or all of it."""
    if seconds > ANSWER_SECONDS:
        return socket.SHUT_RDWR
    return socket.SHUT_RD if seconds > READ_SECONDS else None


def _find_address(conn: TConn) -> bytes:
    client = conn.client
    return find_household(str(client[0])) if isinstance(client, tuple) else b""


def _stop(conn: TConn, how: int) -> None:
    try:
        conn.sock.shutdown(how)
    except OSError:
        # It has ended by itself.
        return


def _find_status(exc: Exception) -> HTTPStatus:
    ours = (http_errors.InvalidResponseHeader, http_errors.InvalidResponseHeaderName)
    if isinstance(exc, ours) or not isinstance(exc, http_errors.ParseException):
        return HTTPStatus.INTERNAL_SERVER_ERROR
    return _STATUSES.get(type(exc), HTTPStatus.BAD_REQUEST)


def _render_refusal(status: HTTPStatus, request_id: str) -> bytes:
    body = {
        "type": f"{URN}{status.phrase.lower().replace(' ', '-')}",
        "title": status.phrase,
        "status": int(status),
        "detail": "This is no request that this server can read.",
        "requestId": request_id,
    }
    data = json.dumps(body).encode()
    headers = HEADERS | {
        "Content-Type": PROBLEM_TYPE,
        "Content-Length": str(len(data)),
        "Cache-Control": NEVER,
        ID_HEADER: request_id,
        "Connection": "close",
    }
    lines = [f"HTTP/1.1 {int(status)} {status.phrase}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + data
