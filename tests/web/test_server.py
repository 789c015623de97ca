"""`rootseal serve` as a process of its own: real sockets, real workers, real signals."""

import http.client
import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from verifier.web import worker
from verifier.web.headers import HEADERS
from verifier.web.shares import SHARE

SECONDS = 240
"""Nothing here takes so long but what never comes: a busy machine takes its time."""


@dataclass
class Site:
    """A running server."""

    process: subprocess.Popen
    port: int
    temporary: Path
    log: Path

    def ask(self, method: str, path: str, body=None, source="127.0.0.1", **headers: str):
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.port, timeout=SECONDS, source_address=(source, 0)
        )
        with closing(connection):
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer, answer.read()

    def verify(self, data: bytes, source="127.0.0.1"):
        kind = {"Content-Type": "application/json"}
        answer, body = self.ask("POST", "/api/v1/verify", data, source, **kind)
        return answer.status, json.loads(body)

    def send(self, data: bytes) -> bytes:
        """Send bytes as they are; return everything that comes back."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=SECONDS) as connection:
            connection.sendall(data)
            return b"".join(iter(lambda: connection.recv(65_536), b""))

    def list_events(self) -> list[dict]:
        lines = self.log.read_text().splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def count_verifications(self) -> int:
        _, text = self.ask("GET", "/metrics")
        counts = [
            float(line.rpartition(b" ")[2])
            for line in text.splitlines()
            if line.startswith(b"rootseal_verifications_total{")
        ]
        return int(sum(counts))


def find_free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return trial.getsockname()[1]


@contextmanager
def run_site(demo, folder: Path, *arguments: str):
    port, log = find_free_port(), folder / "log"
    temporary = folder / "temporary"
    temporary.mkdir()
    command = [sys.executable, "-m", "scripts.cli", "serve", "--port", str(port)]
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            [*command, "--home", str(demo.settings.home), *arguments],
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            env={"PATH": "/usr/bin:/bin", "TMPDIR": str(temporary), "LANG": "C.UTF-8"},
        )
        site = Site(process, port, temporary, log)
        try:
            wait_until_ready(site)
            yield site
        finally:
            process.terminate()
            process.wait(SECONDS)


def wait_until_ready(site: Site) -> None:
    def is_ready() -> bool:
        assert site.process.poll() is None, site.log.read_text()
        try:
            return site.ask("GET", "/readyz")[0].status == 200
        except OSError:
            return False

    wait_until(is_ready, site)


def wait_until(holds: Callable[[], bool], site: Site) -> None:
    deadline = time.monotonic() + SECONDS
    while not holds():
        if time.monotonic() > deadline:
            pytest.fail(site.log.read_text())
        time.sleep(0.1)


@pytest.fixture(scope="module")
def running(demo, tmp_path_factory):
    with run_site(demo, tmp_path_factory.mktemp("site"), "--workers", "2") as site:
        yield site


def test_it_answers_as_the_application_does(running, demo):
    verdicts = {
        name: running.verify(demo.read(name))[1]["verdict"] for name in ("genuine", "revoked")
    }
    assert verdicts == {"genuine": "passed", "revoked": "failed"}


def test_both_processes_answer_and_count_together(running, demo):
    before = running.count_verifications()
    threads = [
        threading.Thread(target=running.verify, args=(demo.read("genuine"),)) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Whichever process is asked, it says the same.
    assert {running.count_verifications() for _ in range(6)} == {before + 8}


def test_a_body_above_the_limit_is_refused_with_words(running):
    """A photograph, too; the client is still sending when the answer is known."""
    for megabytes in (5, 30):
        status, problem = running.verify(b" " * (megabytes << 20))
        assert (status, problem["type"]) == (413, "urn:rootseal:problem:too-large")


def test_an_endless_body_is_cut_off(running):
    with pytest.raises(OSError, match=r"pipe|reset"):
        running.verify(b" " * (40 << 20))


def test_odd_requests_do_not_reach_the_application(running):
    """WB-22."""
    answer, _ = running.ask("GET", "/healthz?" + "a" * 5_000)
    assert answer.status in (400, 414)
    answer, _ = running.ask("GET", "/healthz", **{"X-Long": "a" * 10_000})
    assert answer.status in (400, 431)
    answer, _ = running.ask("GET", "/healthz", **{f"X-{number}": "a" for number in range(80)})
    assert answer.status in (400, 431)


def test_a_forwarded_scheme_is_not_believed_by_the_server_either(running):
    answer, _ = running.ask("GET", "/healthz", **{"X-Forwarded-Proto": "https"})
    assert answer.getheader("Strict-Transport-Security") is None


CANARY = "Canary-5f1d"


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (f"GET  /?name={CANARY} HTTP/1.1\r\nHost: x", 400),
        (f"GET /{CANARY}", 400),
        (f"get /{CANARY} HTTP/1.1\r\nHost: x", 400),
        (f"<{CANARY}> / HTTP/1.1\r\nHost: x", 400),
        (f"GET / HTTP/9.9\r\n{CANARY}: x", 400),
        (f"GET / HTTP/1.1\r\n{CANARY} : x", 400),
        (f"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: {CANARY}", 501),
        (f"GET / HTTP/1.1\r\nHost: x\r\nExpect: {CANARY}", 417),
        (f"GET /{CANARY}{'a' * 3_000} HTTP/1.1\r\nHost: x", 414),
        (f"GET / HTTP/1.1\r\nHost: x\r\nX: {CANARY}{'a' * 9_000}", 431),
        (f"POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\nX: {CANARY}", 400),
        (f"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\nX: {CANARY}", 400),
    ],
)  # fmt: skip
def test_what_is_no_http_is_answered_like_all_else_and_repeated_nowhere(running, sent, status):
    """The server speaks there before our application does: gunicorn's own answers had no
    headers, and its log the address of the caller and what was typed."""
    head, _, body = running.send(f"{sent}\r\n\r\n".encode()).partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    assert int(first.split()[1]) == status
    assert headers.items() >= HEADERS.items()
    assert headers["Cache-Control"] == "no-store"
    assert json.loads(body)["requestId"] == headers["X-Request-ID"]
    assert json.loads(body)["status"] == status
    (logged,) = [line for line in running.list_events() if line.get("request_id") == headers["X-Request-ID"]]  # fmt: skip  # noqa: E501
    assert (logged["event"], logged["status"]) == ("not_http", status)
    for told in (body.decode(), running.log.read_text()):
        assert CANARY not in told
    assert "127.0.0.1" not in "".join(running.log.read_text().splitlines(keepends=True)[3:])


@pytest.mark.parametrize("chunk", [b"zz\r\nabc\r\n", b"5\r\nabcdefgh\r\n", b"1;\x00\r\na\r\n"])
@pytest.mark.parametrize("path", [b"/api/v1/verify", b"/verify", b"/nowhere"])
def test_a_body_that_breaks_off_is_the_senders_mistake_and_the_last_request(running, path, chunk):
    head = b"POST " + path + b" HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    hidden = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    answer = running.send(head + b"Transfer-Encoding: chunked\r\n\r\n" + chunk + hidden)
    assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 404"))
    assert answer.count(b"HTTP/1.1 ") == 1
    assert not [line for line in running.list_events() if line["event"] == "bug"]


def test_a_body_in_chunks_is_read_as_one_with_a_length_is(running, demo):
    data = demo.read("genuine")
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (data[:7], data[7:]))
    answer = running.send(
        b"POST /api/v1/verify HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n"
    )
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["verdict"] == "passed"


def test_who_sends_slowly_holds_nobody_up_and_is_cut_off(running, demo):
    """UP-11: from one address, more clients that drip a body than all processes have threads."""
    head = b"POST /api/v1/verify HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    slow = [connect_from("127.0.0.2", running.port) for _ in range(60)]
    try:
        for connection in slow:
            connection.sendall(head + b"Content-Length: 1000\r\n\r\n{")
        time.sleep(1)
        started = time.monotonic()
        assert_let_in_before_others_end(running)
        assert running.verify(demo.read("genuine"))[0] == 200
        # The first turn is over, in whichever process it was; who waited has the next one.
        left, deadline = slow, started + SECONDS
        while len(left) > len(slow) - SHARE and time.monotonic() < deadline:
            left = [connection for connection in left if not is_closed(connection)]
            time.sleep(0.2)
        assert len(left) <= len(slow) - SHARE
    finally:
        for connection in slow:
            connection.close()


def test_who_takes_no_answer_holds_nobody_up(running, demo):
    """From one address, more clients that never read than all processes have threads."""
    font = b"/static/fonts/source-sans-3-latin-ext-wght-normal.woff2"
    ask = b"GET " + font + b" HTTP/1.1\r\nHost: x\r\n\r\n"
    deaf = [connect_from("127.0.0.3", running.port, receive_bytes=2_048) for _ in range(60)]
    try:
        for connection in deaf:
            connection.sendall(ask * 40)
        time.sleep(1)
        assert_let_in_before_others_end(running)
        assert running.verify(demo.read("genuine"))[0] == 200
    finally:
        for connection in deaf:
            connection.close()


def assert_let_in_before_others_end(site: Site) -> None:
    """Ask for what takes no work, so that the time is that of getting a thread."""
    started = time.monotonic()
    assert site.ask("GET", "/healthz")[0].status == 200
    assert time.monotonic() - started < worker.READ_SECONDS / 2


def connect_from(source: str, port: int, receive_bytes: int | None = None) -> socket.socket:
    connection = socket.socket()
    if receive_bytes is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    connection.bind((source, 0))
    connection.connect(("127.0.0.1", port))
    return connection


def is_closed(connection: socket.socket) -> bool:
    connection.settimeout(0.05)
    try:
        connection.sendall(b" ")
        closed = connection.recv(4_096) == b""
    except TimeoutError:
        return False
    except OSError:
        closed = True
    if closed:
        connection.close()
    return closed


def test_everything_it_writes_is_one_json_object_a_line(running, demo):
    running.verify(demo.read("genuine"))
    lines = running.log.read_text().splitlines()
    assert lines[0].startswith("Serving http://127.0.0.1:")
    events = [json.loads(line) for line in lines[1:]]
    assert {"server", "verification", "request"} <= {event["event"] for event in events}
    assert "harakeke" not in running.log.read_text()


def test_asked_to_stop_it_finishes_what_it_began_and_leaves_nothing(demo, tmp_path):
    with run_site(demo, tmp_path, "--workers", "1") as site:
        assert list(site.temporary.iterdir())
        data = demo.read("genuine")
        # What a process does for the first time is slow, and who stops waits a quarter of a minute.
        assert site.verify(data)[0] == 200
        connection = socket.create_connection(("127.0.0.1", site.port), timeout=SECONDS)
        connection.sendall(
            b"POST /api/v1/verify HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            + f"Expect: 100-continue\r\nContent-Length: {len(data)}\r\n\r\n".encode()
        )
        assert connection.recv(4_096).startswith(b"HTTP/1.1 100")
        connection.sendall(data[:100])
        site.process.send_signal(signal.SIGTERM)
        wait_until(lambda: "Handling signal: term" in site.log.read_text(), site)
        connection.sendall(data[100:])
        assert connection.recv(4_096).startswith(b"HTTP/1.1 200")
        connection.close()
        assert site.process.wait(SECONDS) == 0
        assert list(site.temporary.iterdir()) == []


def test_the_rate_is_one_for_all_processes(demo, tmp_path):
    """WB-16: thirty a minute, not thirty for each process."""
    with run_site(demo, tmp_path, "--workers", "2") as site:
        statuses = [site.verify(b"{}")[0] for _ in range(32)]
        assert statuses == [400] * 30 + [429] * 2


def serve(*arguments: str):
    command = [sys.executable, "-m", "scripts.cli", "serve", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)


def test_a_taken_port_is_one_sentence(demo):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        answer = serve("--home", str(demo.settings.home), "--port", port)
    assert answer.returncode == 64
    assert answer.stderr.count("\n") == 1
    assert "in use" in answer.stderr


def test_a_home_without_networks_is_told_what_to_do(tmp_path):
    answer = serve("--home", str(tmp_path))
    assert answer.returncode == 64
    assert "rootseal demo" in answer.stderr
