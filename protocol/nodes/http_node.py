"""A node behind an HTTP address, asked through web3's provider.

The provider speaks JSON-RPC; what it lacks is added here: one time limit for a whole call, a limit
on the answer's size, no redirects, no retry of anything that sends, and errors without the address.
An endpoint's address carries its key, so it appears in no message, no traceback and no log.
"""

import json
import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from typing import Final, TypeVar
from urllib.parse import urlsplit

import requests
import urllib3
from web3 import HTTPProvider
from web3.types import RPCEndpoint

from protocol.errors import ChainUnreachableError
from protocol.nodes.batches import Question, Reply
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
_TALKATIVE: Final = ("web3.providers.HTTPProvider", "urllib3.connectionpool")
"""Loggers that write an endpoint's address, key and all, when debugging is on."""

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
        self._endpoint = endpoint
        self._timeout_seconds = timeout_seconds
        self._limit_bytes = limit_bytes
        self._takes_batches = True
        self._session = _open_session(endpoint)
        self._provider = HTTPProvider(
            endpoint, session=self._session, exception_retry_configuration=None
        )
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
        body = _run_until(deadline, lambda: self._post(json.dumps(batch).encode(), deadline))
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
        body = _run_until(deadline, lambda: self._post(question, deadline))
        try:
            return parse_rpc_answer(body, question)
        except ValueError as error:
            raise _UnusableError(str(error), again=False) from None
        except NodeError as error:
            if error.code in _TOO_MANY:
                raise _UnusableError("the endpoint limits our rate", again=True) from None
            raise

    def _post(self, question: bytes, deadline: float) -> bytes:
        """Return the body of one answer, within time and size."""
        try:
            with self._session.post(
                self._endpoint,
                data=question,
                headers=self._provider.get_request_headers(),
                timeout=max(0.01, deadline - time.monotonic()),
                allow_redirects=False,
                stream=True,
            ) as response:
                return self._read_body(response, deadline)
        except requests.Timeout:
            raise _UnusableError("no answer in time", again=False) from None
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            # The library's own words quote the address.
            reason = f"the connection failed ({type(error).__name__})"
            raise _UnusableError(reason, again=True) from None

    def _read_body(self, response: requests.Response, deadline: float) -> bytes:
        if response.status_code != _OK:
            raise _UnusableError(
                f"the endpoint answers with HTTP status {response.status_code}",
                again=response.status_code in _WORTH_A_RETRY,
            )
        body = b""
        for chunk in response.iter_content(_CHUNK_BYTES):
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


def _open_session(endpoint: str) -> requests.Session:
    session = requests.Session()
    # A proxy of the environment leads outwards, never to a node on this machine.
    session.trust_env = not _is_loopback(endpoint)
    session.headers["Accept-Encoding"] = "identity"
    return session


def _is_loopback(endpoint: str) -> bool:
    host = urlsplit(endpoint).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _run_until(deadline: float, work: Callable[[], Result]) -> Result:
    """Return what ``work`` returns, or give up on it at the deadline.

    Socket time limits count each wait for a byte anew, so an endpoint that sends one byte a second
    would hold the caller for ever. The thread that is left behind ends with its connection.
    """
    outcomes: queue.SimpleQueue[Result | _UnusableError] = queue.SimpleQueue()

    def run() -> None:
        try:
            outcomes.put(work())
        except _UnusableError as error:
            # A new one, without the cause: that quotes the address.
            outcomes.put(_UnusableError(error.reason, again=error.again))

    threading.Thread(target=run, daemon=True, name="rootseal-endpoint").start()
    try:
        outcome = outcomes.get(timeout=max(0.0, deadline - time.monotonic()))
    except queue.Empty:
        raise _UnusableError("no answer in time", again=False) from None
    if isinstance(outcome, _UnusableError):
        raise outcome
    return outcome
