"""The real application over a `FakeChain`, with one more address for every case of a report.

``/case/<name>`` shows a case as `POST /verify` would, with the same templates and headers, so that
a browser can look at states (a silent chain, a chain of tomorrow) that one chain cannot all have.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from flask import Flask, render_template
from werkzeug.serving import make_server

from protocol.credentials.status_index import locate
from protocol.registry.events import StatusChange
from tests.verifier.world import Directory, World
from tests.web.cases import CASES, _spoil, enrich
from tests.web.hostile import build_hostile_report
from verifier.policy import DEFAULT_POLICY
from verifier.report import Report
from verifier.verify import Surroundings
from verifier.web.app import create_app
from verifier.web.config import Limits, WebConfig
from verifier.web.presentation.page import Again, build_page

FREELY = Limits(verifications_a_minute=1_000_000)


@cache
def find_report(name: str) -> Report:
    return build_hostile_report() if name == "hostile" else CASES[name]()


def build_site(folder: Path) -> Flask:
    """Return the application; ``folder`` takes the five files of a demo."""
    world = World()
    write_examples(world, folder)
    write_large(world, folder)
    surroundings = Surroundings(
        chains=Directory((world.read(),)),
        documents=world.documents,
        policy=DEFAULT_POLICY,
        clock=lambda: world.now,
    )
    app = create_app(WebConfig(limits=FREELY, demo_folder=folder), surroundings)

    @app.get("/case/<name>")
    def show_case(name: str) -> str:
        again = Again('{"some": "text"}', "Somebody Else", "")
        return render_template("result.html", page=build_page(find_report(name), again))

    return app


def write_examples(world: World, folder: Path) -> None:
    """Issue five credentials and spoil four of them, each in its own way."""
    for index, name in enumerate(("genuine", "revoked", "suspended", "stranger"), start=10):
        anchorer = world.other if name == "stranger" else world.own
        issued = world.issue(lambda document, at=index: _prepare(document, at), anchorer=anchorer)
        (folder / f"{name}.json").write_bytes(issued.data)
        if name == "genuine":
            (folder / "tampered.json").write_bytes(_spoil(issued.document))
        if name in ("revoked", "suspended"):
            change = StatusChange.REVOKE if name == "revoked" else StatusChange.SUSPEND
            world.chain.set_status(world.own.issuer_id, *locate(7, index), change, 1)


def write_large(world: World, folder: Path) -> None:
    """Issue a credential of nearly a megabyte: one text, and as long as a file may be."""

    def swell(document: dict) -> None:
        _prepare(document, 20)
        document["credentialSubject"]["narrative"] = "Every word of it is true. " * 35_000

    data = world.issue(swell).data
    assert 900_000 < len(data) < 1_048_576
    (folder / "large.json").write_bytes(data)


def _prepare(document: dict, index: int) -> None:
    enrich(document)
    status = document["credentialStatus"]
    status["statusListIndex"] = str(index)
    status["id"] = status["id"].rpartition("#")[0] + f"#{index}"


@contextmanager
def serve(app: Flask) -> Iterator[str]:
    """Serve on a free port while inside; yield the address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def list_cases() -> str:
    return json.dumps([*CASES, "hostile"])
