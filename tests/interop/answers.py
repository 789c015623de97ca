"""What every verifier says in every situation, gathered once."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.interop.institutions import CHAIN_ID, LISTS, NAMES, Desk, open_desk
from tests.interop.packages import BLOCKCERTS, OPEN_BADGES, VERIFIERS, Verifier, require_packages
from tests.interop.situations import Situation, list_situations, tell
from tests.interop.web import Web, run_web
from tests.nodes import find_free_port
from tests.scripts.shell import finish

START_SECONDS = 30.0


def gather() -> dict:
    """Tell the story, ask everybody, and return all answers as JSON can hold them."""
    require_packages()
    with tempfile.TemporaryDirectory() as name, open_desk(Path(name)) as desk:
        situations = list_situations(desk, tell(desk))
        desk.node.request("evm_mine")
        roots = {domain: desk.publish(domain) for domain in NAMES}
        web = Web(roots, desk.node.endpoint, CHAIN_ID)
        with run_web(web, Path(name)), run_lists(desk, web):
            return _ask_everybody(desk, web, situations)


def _ask_everybody(desk: Desk, web: Web, situations: list[Situation]) -> dict:
    rows = [{"group": each.group, "title": each.title} for each in situations]
    requests = {}
    for verifier in VERIFIERS:
        web.asked.clear()
        options = [desk.node.endpoint] if verifier is BLOCKCERTS else []
        _fill(rows, verifier.letter, verifier, web, situations, *options)
        requests[verifier.letter] = [[each.path, each.accept] for each in web.asked]
    _fill(rows, "as shipped", BLOCKCERTS, web, situations, "etherscan")
    _fill(rows, "without status", OPEN_BADGES, web, situations, "without-status")
    for row, ours in zip(rows, _ask_ours(desk, situations), strict=True):
        row["ours"] = ours
    return {"rows": rows, "requests": requests, "node": _ask_node(desk, rows)}


def _fill(
    rows: list[dict],
    name: str,
    verifier: Verifier,
    web: Web,
    situations: list[Situation],
    *options: str,
) -> None:
    answers = verifier.ask(web, [each.document for each in situations], *options)
    for row, answer in zip(rows, answers, strict=True):
        row[name] = answer


def _ask_ours(desk: Desk, situations: list[Situation]) -> Iterator[dict]:
    """Yield verdict and the required checks that did not pass, from `rootseal verify`."""
    files = [
        desk.shell.write(f"shown/{number:03}.json", each.document)
        for number, each in enumerate(situations)
    ]
    answer = desk.shell.run("verify", "--json", *files)
    for report in answer.json["reports"]:
        required = [each for each in report["checks"] if each["required"]]
        yield {
            "verdict": report["verdict"],
            "failed": [each["id"] for each in required if each["verdict"] == "failed"],
            "unknown": [each["id"] for each in required if each["verdict"] == "unknown"],
        }


def _ask_node(desk: Desk, rows: list[dict]) -> dict[str, dict]:
    """Ask the node about every transaction that cert-verifier-js looked up, by another way."""
    known = {each["transactionId"] for row in rows for each in row["C"]["asked"]}
    return {each: _read_transaction(desk, each) for each in sorted(known)}


def _read_transaction(desk: Desk, name: str) -> dict:
    transaction = desk.node.request("eth_getTransactionByHash", name)
    block = desk.node.request("eth_getBlockByHash", transaction["blockHash"], False)
    return {name: transaction[name] for name in ("input", "from")} | {
        "timestamp": block["timestamp"]
    }


@contextmanager
def run_lists(desk: Desk, web: Web) -> Iterator[None]:
    """Serve the published status lists with `rootseal serve`."""
    port = find_free_port()
    words = ("--port", port, "--workers", 1, "--status", LISTS)
    hosts = [word for domain in NAMES for word in ("--hostname", domain)]
    process = desk.shell.start("serve", *words, *hosts)
    try:
        deadline = time.monotonic() + START_SECONDS
        while not web.is_serving(port):
            assert process.poll() is None, finish(process)
            assert time.monotonic() < deadline, "rootseal serve does not answer"
            time.sleep(0.05)
        web.lists = port
        yield
    finally:
        process.terminate()
        finish(process)
