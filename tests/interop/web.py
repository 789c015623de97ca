"""The web as verifiers of others see it: every https address leads here, over real TLS.

Institutions' files are served as they were published, byte for byte. Whatever is asked under
``/status/`` goes to the `rootseal serve` that runs beside, with the client's own headers, and comes
back as that answered. What each client asked for, and how, is noted.
"""

import http.client
import json
import ssl
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from protocol.credentials.contexts import PINNED, load_context
from tests.interop.certificates import write_certificates

RESOLVER = "resolver.example"
EXPLORER = "api.etherscan.io"
CONTEXT_HOSTS = ("www.w3.org", "purl.imsglobal.org", "w3id.org")
OPEN = urllib.request.build_opener(urllib.request.ProxyHandler({})).open


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: who sent it (as it says), for what, and what it would accept."""

    host: str
    path: str
    accept: str | None
    agent: str


@dataclass(frozen=True, slots=True)
class Given:
    """One answer."""

    status: int
    kind: str
    body: bytes


@dataclass
class Web:
    """Web roots by domain, and who answers for status lists and transactions."""

    roots: dict[str, Path]
    node: str
    chain_id: int
    lists: int | None = None
    """The port of `rootseal serve`."""
    port: int = 0
    authority: Path = Path()
    asked: list[Asked] = field(default_factory=list)

    def answer(self, host: str, path: str, headers: http.client.HTTPMessage) -> Given:
        if host == RESOLVER:
            return self._resolve(unquote(path.rpartition("/")[2]))
        if host == EXPLORER:
            return self._explore(parse_qs(urlsplit(path).query))
        if host in CONTEXT_HOSTS:
            return find_context(f"https://{host}{path}")
        if path.startswith("/status/"):
            return self._forward(path, headers)
        return self._read(host, path)

    def is_serving(self, port: int) -> bool:
        """Tell whether `rootseal serve` answers on this port."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def _read(self, host: str, path: str) -> Given:
        if host not in self.roots:
            return NOT_FOUND
        root = self.roots[host].resolve()
        file = (root / path.lstrip("/")).resolve()
        if not file.is_relative_to(root) or not file.is_file():
            return NOT_FOUND
        return Given(200, "application/json", file.read_bytes())

    def _resolve(self, did: str) -> Given:
        """Answer as a DID resolver does: the document as published, in an envelope."""
        found = self._read(did.removeprefix("did:web:"), "/.well-known/did.json")
        if found.status != 200:
            return found
        return Given(200, "application/json", b'{"didDocument": ' + found.body + b"}")

    def _explore(self, query: dict[str, list[str]]) -> Given:
        """Answer as the explorer does: with the node's own answer, for the node's network."""
        if query["chainid"] != [str(self.chain_id)]:
            return Given(200, "application/json", b'{"jsonrpc": "2.0", "id": 1, "result": null}')
        (method,) = query["action"]
        named = query.get("txhash", []) + query.get("tag", [])
        params = [*named, True] if method == "eth_getBlockByNumber" else named
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        asked = urllib.request.Request(
            self.node, json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with OPEN(asked, timeout=10) as answer:
            return Given(200, "application/json", answer.read())

    def _forward(self, path: str, headers: http.client.HTTPMessage) -> Given:
        if self.lists is None:
            return NOT_FOUND
        kept = {name: value for name, value in headers.items() if name.lower() not in HOP_BY_HOP}
        connection = http.client.HTTPConnection("127.0.0.1", self.lists, timeout=20)
        try:
            connection.putrequest("GET", path, skip_accept_encoding=True, skip_host=True)
            for name, value in kept.items():
                connection.putheader(name, value)
            connection.endheaders()
            answer = connection.getresponse()
            kind = answer.getheader("Content-Type", "")
            return Given(answer.status, kind, answer.read())
        finally:
            connection.close()


NOT_FOUND = Given(404, "text/plain", b"There is nothing here.")
HOP_BY_HOP = ("connection", "keep-alive", "accept-encoding", "transfer-encoding")


def find_context(address: str) -> Given:
    """Return one of our two pinned contexts; others are nowhere to be had."""
    if address not in PINNED:
        return NOT_FOUND
    return Given(200, "application/ld+json", json.dumps(load_context(address)).encode())


@contextmanager
def run_web(web: Web, folder: Path) -> Iterator[Web]:
    """Serve until left; port and authority are set."""
    names = [*web.roots, RESOLVER, EXPLORER, *CONTEXT_HOSTS]
    web.authority, certificate = write_certificates(folder, names)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _build_handler(web))
    server.daemon_threads = True
    server.socket = context.wrap_socket(server.socket, server_side=True)
    web.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield web
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _build_handler(web: Web) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            host = (self.headers.get("Host") or "").partition(":")[0]
            accept, agent = self.headers.get("Accept"), self.headers.get("User-Agent", "")
            web.asked.append(Asked(host, self.path, accept, agent))
            given = web.answer(host, self.path, self.headers)
            self.send_response(given.status)
            self.send_header("Content-Type", given.kind)
            self.send_header("Content-Length", str(len(given.body)))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(given.body)

        def log_message(self, *_: object) -> None:
            """Keep standard error for what matters."""

    return Handler
