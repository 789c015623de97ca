"""Bodies as gunicorn reads them: one that breaks the rules of HTTP is the sender's mistake."""

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from gunicorn.http.errors import ParseException  # type: ignore[import-untyped]

Application = Callable[..., Iterable[bytes]]


class Readable(Protocol):
    """What WSGI calls ``wsgi.input``, as far as it is used here."""

    def read(self, size: int = -1) -> bytes:
        """Return at most ``size`` bytes."""
        ...


class WatchedBody:
    """Says of a chunk that is none what werkzeug expects of a connection that broke."""

    def __init__(self, body: Readable) -> None:
        """Read from ``body``, until it turns out to be broken."""
        self._body: Readable | None = body

    def read(self, size: int = -1) -> bytes:
        """Return at most ``size`` bytes; none once the body is broken.

        Raises:
            OSError: the body is not written as HTTP asks. Werkzeug makes a 400 of it.
        """
        if self._body is None:
            return b""
        try:
            return self._body.read(size)
        except ParseException as error:
            self._body = None
            reason = "the body is not written as HTTP asks"
            raise OSError(reason) from error


def watch_bodies(application: Application) -> Application:
    """Return the application, its bodies watched."""

    def answer(environ: dict[str, Any], start_response: object) -> Iterable[bytes]:
        environ["wsgi.input"] = WatchedBody(environ["wsgi.input"])
        return application(environ, start_response)

    return answer
