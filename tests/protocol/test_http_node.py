"""HttpNode against a real server that misbehaves in one way at a time."""

import gzip
import json
import logging
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from protocol.errors import ChainUnreachableError
from protocol.nodes.http_node import HttpNode
from protocol.nodes.node import NodeError

CANARY = "c4n4ry-token"


class Fault(BaseHTTPRequestHandler):
    """Answers with whatever the test put into ``server.behave``."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.questions.append((self.path, question))
        try:
            self.server.behave(self, question)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def do_GET(self):
        self.server.questions.append((self.path, None))
        self.answer(b"{}")

    def answer(self, body, status=200, **headers):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def result(self, question, value):
        self.answer(json.dumps({"jsonrpc": "2.0", "id": question["id"], "result": value}).encode())

    def log_message(self, *arguments):
        pass


@contextmanager
def serve(behave):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Fault)
    server.daemon_threads = True
    server.behave, server.questions = behave, []
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def open_node(server, seconds=3.0, **limits):
    host, port = server.server_address
    return HttpNode("campus", f"http://{host}:{port}/v3/{CANARY}", seconds, **limits)


def ask_faulty(behave, method="eth_chainId", seconds=3.0, **limits):
    """Return the error and how often the server was asked."""
    with serve(behave) as server:
        with pytest.raises(ChainUnreachableError) as caught:
            open_node(server, seconds, **limits).request(method, [])
        return caught.value, len(server.questions)


def test_a_good_answer_is_its_result():
    with serve(lambda handler, question: handler.result(question, "0x7a69")) as server:
        assert open_node(server).request("eth_chainId", []) == "0x7a69"
        path, question = server.questions[0]
    assert path == f"/v3/{CANARY}"
    assert (question["method"], question["params"]) == ("eth_chainId", [])


def test_null_is_an_answer():
    with serve(lambda handler, question: handler.result(question, None)) as server:
        assert open_node(server).request("eth_getTransactionByHash", ["0x"]) is None


@pytest.mark.parametrize("status", [429, 502, 503])
def test_a_read_is_tried_twice_and_no_more(status):
    page = b"<html>Bad Gateway</html>"
    error, asked = ask_faulty(lambda handler, _: handler.answer(page, status))
    assert asked == 2
    assert error.reason == f"the endpoint answers with HTTP status {status}"


def test_a_read_that_works_at_the_second_attempt_is_answered():
    answers = iter((502, 200))

    def behave(handler, question):
        if next(answers) == 502:
            handler.answer(b"", 502)
        else:
            handler.result(question, "0x1")

    with serve(behave) as server:
        assert open_node(server).request("eth_chainId", []) == "0x1"


@pytest.mark.parametrize("method", ["eth_sendRawTransaction", "eth_sendTransaction"])
def test_nothing_that_sends_is_tried_twice(method):
    _, asked = ask_faulty(lambda handler, _: handler.answer(b"", 503), method)
    assert asked == 1


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<html>hello</html>", "is not JSON"),
        (b'{"jsonrpc":"2.0","id":', "is not JSON"),
        (b"\xff\xfe\x00", "is not JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":' * 100_000, "nested too deeply"),
        (b"[" * 60, "is not JSON"),
        (b"[]", "no JSON object"),
        (b"null", "no JSON object"),
        (b'{"jsonrpc":"2.0","id":424242,"result":"0x1"}', "answers another question"),
        (b'{"jsonrpc":"2.0","result":"0x1"}', "answers another question"),
    ],
)
def test_a_body_that_is_no_answer_is_silence(body, reason):
    error, _ = ask_faulty(lambda handler, _: handler.answer(body))
    assert reason in error.reason


def test_an_answer_without_result_is_silence():
    error, _ = ask_faulty(
        lambda handler, question: handler.answer(json.dumps({"id": question["id"]}).encode())
    )
    assert "no result" in error.reason


def test_rubbish_that_claims_to_be_gzip_is_silence():
    error, _ = ask_faulty(
        lambda handler, _: handler.answer(b"\x1f\x8b" + b"x" * 50, Content_Encoding="gzip")
    )
    assert "connection failed" in error.reason


def test_half_an_answer_is_silence():
    def behave(handler, _):
        handler.send_response(200)
        handler.send_header("Content-Length", "100")
        handler.end_headers()
        handler.wfile.write(b'{"id":')
        handler.close_connection = True

    error, _ = ask_faulty(behave)
    assert "connection failed" in error.reason


@pytest.mark.parametrize("packed", [False, True])
def test_an_answer_over_the_limit_is_cut_off(packed):
    def behave(handler, question):
        body = json.dumps({"id": question["id"], "result": "0" * 2_000_000}).encode()
        if packed:
            handler.answer(gzip.compress(body), Content_Encoding="gzip")
        else:
            handler.answer(body)

    error, asked = ask_faulty(behave, limit_bytes=1_000_000)
    assert error.reason == "the answer is larger than 1,000,000 bytes"
    assert asked == 1


def test_a_redirect_is_not_followed():
    error, asked = ask_faulty(
        lambda handler, _: handler.answer(b"", 307, Location="http://127.0.0.1:1/elsewhere")
    )
    assert error.reason == "the endpoint answers with HTTP status 307"
    assert asked == 1


def test_silence_ends_at_the_time_limit():
    ended = threading.Event()
    started = time.monotonic()
    error, _ = ask_faulty(lambda *_: ended.wait(3), seconds=0.3)
    taken = time.monotonic() - started
    ended.set()
    assert error.reason == "no answer in time"
    assert taken < 2.5


def test_a_byte_at_a_time_does_not_stretch_the_time_limit():
    started = []

    def behave(handler, _):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
        started.append(time.monotonic())
        while time.monotonic() - started[0] < 2:
            handler.wfile.write(b"a")
            handler.wfile.flush()
            time.sleep(0.02)

    begun = time.monotonic()
    with serve(behave) as server:
        with pytest.raises(ChainUnreachableError, match="no answer in time"):
            open_node(server, seconds=0.3).request("eth_chainId", [])
        assert time.monotonic() - begun < 1


def test_nobody_listening_is_silence():
    with serve(lambda *_: None) as server:
        node = open_node(server)
    with pytest.raises(ChainUnreachableError, match="connection failed"):
        node.request("eth_chainId", [])


def test_an_error_object_is_the_node_s_word():
    def behave(handler, question):
        error = {"code": 3, "message": "execution\nreverted", "data": {"data": "0x08c379a0"}}
        handler.answer(json.dumps({"id": question["id"], "error": error}).encode())

    with serve(behave) as server, pytest.raises(NodeError) as caught:
        open_node(server).request("eth_call", [])
    assert (caught.value.code, caught.value.message) == (3, "execution reverted")
    assert caught.value.data == "0x08c379a0"
    assert len(server.questions) == 1


def test_a_rate_limit_inside_an_answer_is_silence():
    def behave(handler, question):
        error = {"code": -32005, "message": "limit exceeded"}
        handler.answer(json.dumps({"id": question["id"], "error": error}).encode())

    error, asked = ask_faulty(behave)
    assert error.reason == "the endpoint limits our rate"
    assert asked == 2


def test_contracts_cannot_send_us_elsewhere():
    """CH-21: web3 would fetch an address that a contract's answer names."""
    node = HttpNode("campus", "http://127.0.0.1:1")
    assert node._provider.global_ccip_read_enabled is False


@pytest.mark.parametrize("fault", ["refused", "html", "redirect", "garbage", "slow"])
def test_the_address_is_in_no_message_traceback_or_log(fault, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    logging.getLogger("urllib3").setLevel(logging.DEBUG)
    behaviour = {
        "html": lambda handler, _: handler.answer(b"<html>", 502),
        "redirect": lambda handler, _: handler.answer(b"", 302, Location=f"/{CANARY}"),
        "garbage": lambda handler, _: handler.answer(b"\x00"),
        "slow": lambda *_: time.sleep(0.5),
        "refused": lambda *_: None,
    }[fault]
    with serve(behaviour) as server:
        node = open_node(server, seconds=0.3)
        if fault == "refused":
            host = "http://127.0.0.1:1"
            node = HttpNode("campus", f"{host}/{CANARY}", 0.5)
        with pytest.raises(ChainUnreachableError) as caught:
            node.request("eth_chainId", [])
    port = str(server.server_address[1])
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + repr(node)
    said = shown + caplog.text + "".join(capfd.readouterr())
    context = caught.value
    while context is not None:
        said += str(context)
        context = context.__context__ or context.__cause__
    assert CANARY not in said
    assert f":{port}" not in said


def record_headers(seen):
    def behave(handler, question):
        seen.append((handler.path, dict(handler.headers), handler.client_address))
        handler.result(question, "0x1")

    return behave


def test_credentials_path_and_key_of_an_address_go_with_every_question():
    seen = []
    with serve(record_headers(seen)) as server:
        port = server.server_address[1]
        node = HttpNode("campus", f"http://user:pass@127.0.0.1:{port}/v3/{CANARY}?a=b")
        node.request("eth_chainId", [])
        node.request("eth_chainId", [])
    for path, headers, _ in seen:
        assert path == f"/v3/{CANARY}?a=b"
        assert headers["Authorization"] == "Basic dXNlcjpwYXNz"
        assert headers["Content-Type"] == "application/json"
        assert headers["Accept-Encoding"] == "identity"
        assert "Cookie" not in headers


def test_one_connection_serves_many_questions():
    seen = []
    with serve(record_headers(seen)) as server:
        node = open_node(server)
        for _ in range(5):
            node.request("eth_chainId", [])
    assert len({client for *_, client in seen}) == 1


def test_a_connection_that_the_endpoint_closed_meanwhile_is_opened_again():
    def behave(handler, question):
        handler.result(question, "0x1")
        handler.close_connection = True

    with serve(behave) as server:
        node = open_node(server)
        assert [node.request("eth_chainId", []) for _ in range(3)] == ["0x1"] * 3


def test_many_threads_ask_at_once():
    with serve(lambda handler, question: handler.result(question, question["params"])) as server:
        node = open_node(server)
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda n: node.request("eth_call", [n]), range(100)))
    assert answers == [[n] for n in range(100)]


def test_a_proxy_of_the_environment_is_for_other_machines_only(monkeypatch):
    seen = []
    with serve(record_headers(seen)) as server:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{server.server_address[1]}")
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        assert (
            HttpNode("campus", f"http://node.example/{CANARY}").request("eth_chainId", []) == "0x1"
        )
        assert open_node(server).request("eth_chainId", []) == "0x1"
    assert [path for path, *_ in seen] == [f"http://node.example/{CANARY}", f"/v3/{CANARY}"]


@pytest.mark.parametrize("address", [f"ftp://node.example/{CANARY}", f"http:///{CANARY}", CANARY])
def test_an_address_that_is_none_is_silence_and_is_not_shown(address):
    node = HttpNode("campus", address)
    with pytest.raises(ChainUnreachableError) as caught:
        node.request("eth_chainId", [])
    assert CANARY not in "".join(traceback.format_exception(caught.value))
