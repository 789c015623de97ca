"""A node behind an HTTP address.

web3's provider writes the questions, requests finds the way (proxy, TLS, credentials). What they
lack is added here: one time limit for a whole call, a limit on the answer's size, no redirects, no
retry of anything that sends, and errors without the address. An endpoint's address carries its key,
so it appears in no message, no traceback and no log.
"""

import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import requests
import urllib3
from web3 import HTTPProvider
from web3.types import RPCEndpoint

from protocol.errors import ChainUnreachableError
from protocol.nodes.batches import Question, Reply
from protocol.nodes.lent_threads import LentThreads
from protocol.nodes.node import Node, NodeError
from protocol.nodes.rpc_answer import parse_rpc_answer, parse_rpc_batch

CALL_SECONDS: Final = 3.0
ANSWER_LIMIT_BYTES: Final = 16 << 20
"""The largest answer asked for is a block's logs of one contract; providers stop near 10 MB too."""
READ_ATTEMPTS: Final = 2
PAUSE_SECONDS: Final = 0.2
BATCH_TIMES: Final = 5
"""A batch may take so many times the time of one call."""
_CHUNK_BYTES: Final = 65_536
_WORTH_A_RETRY: Final = (429, 500, 502, 503, 504)
_TOO_MANY: Final = (429, -32005)
"""Codes of "limit exceeded" inside an answer: silence rather than a word about the chain."""
_OK: Final = 200
_SENDING: Final = frozenset(("eth_sendRawTransaction", "eth_sendTransaction"))
_TALKATIVE: Final = (
    *("web3.providers.HTTPProvider", "urllib3.connectionpool"),
    *("urllib3.poolmanager", "urllib3.util.retry"),
)
"""Loggers that write an endpoint's address, key and all, when debugging is on."""

_THREADS: Final = LentThreads()
"""Shared by all endpoints, so that none of them leaves threads behind when it is forgotten."""
_ONCE: Final = urllib3.Retry.from_int(False)
"""Trying again is decided here, by what was asked."""
_FAILURES: Final = (requests.RequestException, urllib3.exceptions.HTTPError, OSError)

Result = TypeVar("Result")


class _UnusableError(Exception):
    """One attempt failed; the words are safe to show."""

    def __init__(self, reason: str, *, again: bool) -> None:
        self.reason: Final = reason
        self.again: Final = again
        super().__init__(reason)


class HttpNode(Node):
    """One endpoint. Its address is kept where neither `repr` nor a message shows it."""

    def __init__(
        self,
        network_name: str,
        endpoint: str,
        timeout_seconds: float = CALL_SECONDS,
        limit_bytes: int = ANSWER_LIMIT_BYTES,
    ) -> None:
        """Ask ``endpoint``; a call, retry included, takes at most ``timeout_seconds``."""
        silence_addresses()
        self._name = network_name
        self._timeout_seconds = timeout_seconds
        self._limit_bytes = limit_bytes
        self._takes_batches = True
        self._provider = HTTPProvider(endpoint, exception_retry_configuration=None)
        self._endpoint = endpoint
        self._way: _Way | None = None
        # A contract must not send us to addresses of its choice (CVE-2026-40072, CH-21).
        self._provider.global_ccip_read_enabled = False

    @property
    def network_name(self) -> str:
        """Name of the network, for messages."""
        return self._name

    def request(self, method: str, params: Sequence[object]) -> object:
        """Return the ``result`` of one JSON-RPC call (`Node.request`)."""
        question = self._provider.encode_rpc_request(RPCEndpoint(method), list(params))
        attempts = 1 if method in _SENDING else READ_ATTEMPTS
        deadline = time.monotonic() + self._timeout_seconds
        return self._try(lambda: self._ask_once(question, deadline), attempts, deadline)

    def request_many(self, questions: Sequence[Question]) -> list[Reply]:
        """Return a reply to each question that reads (`BatchNode.request_many`).

        An endpoint that takes no batches, or not this one, is asked one by one from then on.
        """
        if self._takes_batches and len(questions) > 1:
            try:
                deadline = time.monotonic() + self._timeout_seconds * BATCH_TIMES
                return self._try(lambda: self._ask_batch(questions, deadline), 1, deadline)
            except ChainUnreachableError:
                self._takes_batches = False
        return [self._ask_one_of_many(*question) for question in questions]

    def _ask_one_of_many(self, method: str, params: Sequence[object]) -> Reply:
        try:
            return self.request(method, params)
        except NodeError as error:
            return error

    def _ask_batch(self, questions: Sequence[Question], deadline: float) -> list[Reply]:
        batch = [
            {"jsonrpc": "2.0", "id": number, "method": method, "params": list(params)}
            for number, (method, params) in enumerate(questions)
        ]
        body = self._post_in_time(json.dumps(batch).encode(), deadline)
        try:
            replies = parse_rpc_batch(body, len(batch))
        except ValueError as error:
            raise _UnusableError(str(error), again=False) from None
        if any(isinstance(reply, NodeError) and reply.code in _TOO_MANY for reply in replies):
            raise _UnusableError("the endpoint limits our rate", again=True)
        return replies

    def _try(self, attempt: Callable[[], Result], attempts: int, deadline: float) -> Result:
        """Return what an attempt returns, as often as is allowed and worth it."""
        while True:
            attempts -= 1
            try:
                return attempt()
            except _UnusableError as error:
                late = time.monotonic() + PAUSE_SECONDS > deadline
                if late or not (error.again and attempts):
                    raise ChainUnreachableError(self._name, error.reason) from None
            time.sleep(PAUSE_SECONDS)

    def _ask_once(self, question: bytes, deadline: float) -> object:
        body = self._post_in_time(question, deadline)
        try:
            return parse_rpc_answer(body, question)
        except ValueError as error:
            raise _UnusableError(str(error), again=False) from None
        except NodeError as error:
            if error.code in _TOO_MANY:
                raise _UnusableError("the endpoint limits our rate", again=True) from None
            raise

    def _post_in_time(self, question: bytes, deadline: float) -> bytes:
        """Return the body of one answer, or give up on it at the deadline."""

        def work() -> bytes | _UnusableError:
            try:
                return self._post(question, deadline)
            except _UnusableError as error:
                # A new one, without the cause: that quotes the address.
                return _UnusableError(error.reason, again=error.again)

        try:
            outcome = _THREADS.run(work, deadline - time.monotonic())
        except TimeoutError:
            raise _UnusableError("no answer in time", again=False) from None
        if isinstance(outcome, _UnusableError):
            raise outcome
        return outcome

    def _post(self, question: bytes, deadline: float) -> bytes:
        """Return the body of one answer, within time and size."""
        try:
            response = self._find_way().post(question, max(0.01, deadline - time.monotonic()))
            try:
                return self._read_body(response, deadline)
            finally:
                response.close()
        except _FAILURES as error:
            if _is_late(error):
                raise _UnusableError("no answer in time", again=False) from None
            # The library's own words quote the address.
            reason = f"the connection failed ({type(error).__name__})"
            raise _UnusableError(reason, again=True) from None

    def _find_way(self) -> "_Way":
        way = self._way or _open_way(self._endpoint, self._provider.get_request_headers())
        self._way = way
        return way

    def _read_body(self, response: urllib3.BaseHTTPResponse, deadline: float) -> bytes:
        if response.status != _OK:
            raise _UnusableError(
                f"the endpoint answers with HTTP status {response.status}",
                again=response.status in _WORTH_A_RETRY,
            )
        body = b""
        for chunk in response.stream(_CHUNK_BYTES):
            body += chunk
            if len(body) > self._limit_bytes:
                reason = f"the answer is larger than {self._limit_bytes:,} bytes"
                raise _UnusableError(reason, again=False)
            if time.monotonic() > deadline:
                raise _UnusableError("no answer in time", again=False)
        return body


def silence_addresses() -> None:
    """Keep the libraries below from logging endpoint addresses, whatever level is set."""
    for name in _TALKATIVE:
        logging.getLogger(name).disabled = True


@dataclass(frozen=True, slots=True, repr=False)
class _Way:
    """The connections to one endpoint, and what is the same in every request there."""

    pool: urllib3.HTTPConnectionPool
    target: str
    headers: Mapping[str, str]

    def post(self, body: bytes, timeout_seconds: float) -> urllib3.BaseHTTPResponse:
        """Send a request and return its answer, the body still to be read."""
        return self.pool.urlopen(
            "POST",
            self.target,
            body=body,
            headers=self.headers,
            timeout=timeout_seconds,
            retries=_ONCE,
            redirect=False,
            assert_same_host=False,
            preload_content=False,
        )


def _open_way(endpoint: str, headers: Any) -> _Way:  # noqa: ANN401 (web3's own type)
    """Let requests find proxy, TLS and credentials, once.

    For each question anew that takes longer than all the rest.
    """
    session = requests.Session()
    # A proxy of the environment leads outwards, never to a node on this machine.
    session.trust_env = not _is_loopback(endpoint)
    session.headers["Accept-Encoding"] = "identity"
    request = session.prepare_request(requests.Request("POST", endpoint, headers=dict(headers)))
    address = str(request.url)
    settings = session.merge_environment_settings(address, {}, None, None, None)
    proxies, verify = settings["proxies"], settings["verify"]
    adapter = session.get_adapter(address)
    if not isinstance(adapter, requests.adapters.HTTPAdapter):
        # What `Session` has for other schemes than http and https.
        raise requests.exceptions.InvalidSchema
    pool: Any = adapter.get_connection_with_tls_context(request, verify, proxies, settings["cert"])
    kept = {name: value for name, value in request.headers.items() if name != "Content-Length"}
    return _Way(pool, adapter.request_url(request, proxies), kept)


def _is_late(error: Exception) -> bool:
    """Tell whether an endpoint was there and too slow; one that refuses is not there."""
    return isinstance(error, urllib3.exceptions.TimeoutError) and not isinstance(
        error, urllib3.exceptions.NewConnectionError
    )


def _is_loopback(endpoint: str) -> bool:
    host = urlsplit(endpoint).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
