"""Chain nodes of the npm packages for tests: started on a free port, always stopped."""

import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BIN = ROOT / "node_modules" / ".bin"
START_SECONDS = 240.0
"""A busy machine takes its time; a node that ends is noticed at once."""
STOP_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class RunningNode:
    """A node of one's own; `request` asks it raw, to steer it."""

    endpoint: str
    process: int

    def request(self, method: str, *params: object) -> object:
        question = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
        call = urllib.request.Request(
            self.endpoint,
            json.dumps(question).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
            call, timeout=START_SECONDS
        ) as answer:
            parsed = json.load(answer)
        if "error" in parsed:
            raise RuntimeError(parsed["error"])
        return parsed["result"]


@contextmanager
def run_anvil(
    *options: str, chain_id: int = 31_337, port: int | None = None
) -> Iterator[RunningNode]:
    """Run anvil; blocks come on demand unless options say otherwise."""
    where = port or find_free_port()
    command = ["--port", str(where), "--chain-id", str(chain_id), "--silent", *options]
    with _run("anvil", command, where) as node:
        yield node


@contextmanager
def run_hardhat(port: int | None = None) -> Iterator[RunningNode]:
    """Run hardhat's node, chain id 31337, blocks on demand."""
    where = port or find_free_port()
    command = ["node", "--hostname", "127.0.0.1", "--port", str(where)]
    with _run("hardhat", command, where) as node:
        yield node


def find_free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextmanager
def _run(program: str, arguments: list[str], port: int) -> Iterator[RunningNode]:
    if not (BIN / program).exists():
        pytest.skip(f"{program} is not installed: npm ci brings it")
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            [BIN / program, *arguments],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={
                "PATH": f"{Path(shutil.which('node') or '/').parent}:/usr/bin:/bin",
                "HOME": "/tmp",
            }
            | {"HARDHAT_DISABLE_TELEMETRY_PROMPT": "true"},
        )
        node = RunningNode(f"http://127.0.0.1:{port}", process.pid)
        try:
            _wait_until_answering(node, process, output)
            yield node
        finally:
            _stop(process)


def _wait_until_answering(node: RunningNode, process: subprocess.Popen, output) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            node.request("eth_chainId")
        except (OSError, urllib.error.URLError, RuntimeError):
            time.sleep(0.05)
        else:
            return
    output.seek(0)
    raise RuntimeError(f"the node did not start: {output.read()[-2000:].decode(errors='replace')}")


def _stop(process: subprocess.Popen) -> None:
    """End the node and whatever it started."""
    for ending in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, ending)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            continue
        return
