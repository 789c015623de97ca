"""How fast the web verifier answers, beside an empty route of the very same application.

    python -m benchmarks.serve --seconds 10 --connections 16

Everything is real: credentials are issued on the embedded chain and on an anvil, gunicorn serves as
`rootseal serve` does, wrk asks over sockets. Only the rate limit is off, as all questions come from
one address. The empty route has the same request class, hooks and headers, so that the difference
is the verification. wrk and the anvil take part of the same cores: compare the ratios, and what one
request takes of a core, which other work on the machine changes least.
"""

import argparse
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from flask import Flask

from scripts.config import load_settings
from scripts.serve import build_app, list_served_names
from tests.interop.institutions import MAIN, open_desk
from tests.nodes import BIN
from verifier.policy import DEFAULT_POLICY
from verifier.web.config import Limits, WebConfig
from verifier.web.server import Server, build_settings, open_state_folder

START_SECONDS = 60
PAUSE_SECONDS = 4
EMPTY = ("empty route", "/empty")
CASES = (("API, JSON", "/api/v1/verify"), ("page, HTML", "/verify"))
SCRIPT = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
local file = assert(io.open("%s", "rb"))
wrk.body = file:read("*a")
file:close()
"""


@dataclass(frozen=True)
class Figures:
    """What wrk and the kernel say of one case."""

    a_second: float
    p50_ms: float
    p99_ms: float
    memory_mib: float
    core_ms: float
    """Of all the server's processes, for one request."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--serve", nargs=2, metavar=("PORT", "HOME"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(int(options.serve[0]), Path(options.serve[1]), options.workers)
        return
    if shutil.which("wrk") is None:
        sys.exit("This needs wrk (Debian: apt-get install wrk).")
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), options)


def serve(port: int, home: Path, workers: int) -> None:
    """Serve as `rootseal serve` does, without a rate limit and with an empty route."""
    settings = load_settings(home)
    with open_state_folder() as folder:
        limits = Limits(verifications_a_minute=10**9)
        config = WebConfig(state_file=folder / "counts.sqlite3", limits=limits)
        names = list_served_names(settings, None)
        build = partial(build_with_empty_route, settings, config, DEFAULT_POLICY, names)
        quiet = {"logconfig_dict": {}, "loglevel": "critical"}
        Server(build_settings("127.0.0.1", port, workers) | quiet, build).run()


def build_with_empty_route(*arguments: object) -> Flask:
    app = build_app(*arguments)
    app.add_url_rule("/empty", "empty", lambda: "", methods=["POST"])
    return app


def measure(folder: Path, options: argparse.Namespace) -> None:
    print(f"{options.connections} connections, {options.workers} processes, {os.cpu_count()} cores")
    home, files = folder / "home", folder / "files"
    demo = ["demo", "--no-serve", "--home", str(home), "--out", str(files)]
    subprocess.run([sys.executable, "-m", "scripts.cli", *demo], check=True, capture_output=True)
    credential = files / "genuine.json"
    with run_server(home, options) as server:
        show("embedded", (EMPTY, *CASES), credential, server, options)
    if not (BIN / "anvil").exists():
        print("anvil is not installed: npm ci brings it")
        return
    with open_desk(folder) as desk:
        desk.found(MAIN)
        credential = desk.issue(MAIN)[0]
        desk.node.request("evm_mine")
        endpoint = f"ROOTSEAL_RPC_LOCAL={desk.node.endpoint}"
        with run_server(desk.shell.home, options, "env", endpoint) as server:
            show("JSON-RPC", CASES, credential, server, options)


@dataclass(frozen=True)
class Running:
    """A server and where it listens."""

    port: int
    process: subprocess.Popen


@contextmanager
def run_server(home: Path, options: argparse.Namespace, *before: str) -> Iterator[Running]:
    port = find_free_port()
    command = [sys.executable, "-m", "benchmarks.serve", "--workers", str(options.workers)]
    server = subprocess.Popen([*before, *command, "--serve", str(port), str(home)])
    try:
        wait_until_ready(port)
        yield Running(port, server)
    finally:
        server.terminate()
        server.wait(30)


def show(
    chain: str,
    cases: Sequence[tuple[str, str]],
    credential: Path,
    server: Running,
    options: argparse.Namespace,
) -> None:
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(SCRIPT % credential)
        script.flush()
        for name, path in cases:
            address = f"http://127.0.0.1:{server.port}{path}"
            figures = run_wrk(address, Path(script.name), options, server.process)
            print(
                f"{chain + ', ' + name:<22} {figures.a_second:>7.0f} requests/s   "
                f"p50 {figures.p50_ms:>6.1f} ms   p99 {figures.p99_ms:>6.1f} ms   "
                f"core {figures.core_ms:>6.2f} ms each   {figures.memory_mib:.0f} MiB"
            )


def run_wrk(
    url: str, script: Path, options: argparse.Namespace, server: subprocess.Popen
) -> Figures:
    """Warm up for two seconds, then measure."""
    shape = ["-t2", f"-c{options.connections}", "--latency", "--timeout", "30s", "-s", str(script)]
    text, before = "", 0.0
    for seconds in (2, options.seconds):
        # What an earlier run left behind would stand in this one's way.
        time.sleep(PAUSE_SECONDS)
        before = read_core_seconds(server.pid)
        command = ["wrk", f"-d{seconds}s", *shape, url]
        text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in text or "Socket errors" in text:
        sys.exit(f"{url}: not every request was answered\n{text}")
    return Figures(
        a_second=float(find(r"Requests/sec:\s+([\d.]+)", text)),
        p50_ms=parse_ms(find(r"\n\s+50%\s+(\S+)", text)),
        p99_ms=parse_ms(find(r"\n\s+99%\s+(\S+)", text)),
        memory_mib=measure_memory(server.pid),
        core_ms=(read_core_seconds(server.pid) - before)
        * 1_000
        / int(find(r"(\d+) requests in", text)),
    )


def find(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    if found is None:
        sys.exit(f"wrk said something else than expected:\n{text}")
    return found[1]


def parse_ms(text: str) -> float:
    parts = re.fullmatch(r"([\d.]+)(us|ms|s)", text)
    if parts is None:
        sys.exit(f"wrk gives a time as {text!r}")
    number, unit = parts.groups()
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def measure_memory(master: int) -> float:
    """Return the proportional memory of a server and its workers, in MiB."""
    children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    rollups = [Path(f"/proc/{each}/smaps_rollup").read_text() for each in [str(master), *children]]
    return sum(int(find(r"Pss:\s+(\d+) kB", rollup)) for rollup in rollups) / 1024


def read_core_seconds(master: int) -> float:
    """Return how long a server and its workers have kept a core busy."""
    children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    ticks = 0
    for process in (str(master), *children):
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def wait_until_ready(port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=10):
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.2)
    sys.exit("The server did not become ready.")


def find_free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


if __name__ == "__main__":
    main()
