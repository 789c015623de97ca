"""The verifiers of others, each in a process of its own, asked one document a line."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.interop.web import Web

HERE = Path(__file__).parent
DRIVERS = HERE / "drivers"
PYTHON = HERE / ".venv" / "bin" / "python"
BLOCKCERTS_BUNDLE = HERE / "node_modules" / "@blockcerts" / "cert-verifier-js" / "dist"
SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Verifier:
    """A package of others, and how its driver is started."""

    letter: str
    package: str
    program: str
    driver: str

    def ask(self, web: Web, documents: Iterable[str], *options: str) -> list[dict]:
        """Hand over documents, all to one process; return what it says of each."""
        questions = [{"document": document} for document in documents]
        return run_driver(self.program, self.driver, [str(web.port), *options], questions, web)


BLOCKCERTS = Verifier("C", "@blockcerts/cert-verifier-js", "node", "blockcerts.mjs")
DIGITAL_BAZAAR = Verifier("D", "@digitalbazaar/vc", "node", "digitalbazaar.mjs")
VERIFIER_CORE = Verifier("V", "@digitalcredentials/verifier-core", "node", "verifier_core.mjs")
OPEN_BADGES = Verifier("O", "openbadgeslib", str(PYTHON), "open_badges.py")
VERIFIERS = (BLOCKCERTS, DIGITAL_BAZAAR, VERIFIER_CORE, OPEN_BADGES)


def run_driver(
    program: str, driver: str, arguments: list[str], questions: list[dict], web: Web | None = None
) -> list[dict]:
    """Start a driver, ask it everything and return its answers, one a question."""
    require_packages()
    text = "".join(json.dumps(question) + "\n" for question in questions)
    with tempfile.TemporaryFile() as errors:
        done = subprocess.run(
            [shutil.which(program) or program, DRIVERS / driver, *arguments],
            input=text.encode(),
            stdout=subprocess.PIPE,
            stderr=errors,
            timeout=SECONDS,
            env=_build_environment(web),
            check=False,
        )
        errors.seek(0)
        said = errors.read()[-4000:].decode(errors="replace")
    assert done.returncode == 0, f"{driver} ended with {done.returncode}\n{said}"
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(questions), f"{driver} did not answer everything\n{said}"
    return answers


def require_packages() -> None:
    """Skip where the packages were not installed: `make test` brings them."""
    if not (PYTHON.exists() and BLOCKCERTS_BUNDLE.exists()):
        pytest.skip("the verifiers of others are not installed: make test brings them")


def _build_environment(web: Web | None) -> dict[str, str]:
    """Nothing of ours is in reach of a driver; TLS trusts the tests' authority alone."""
    kept = {"PATH": os.environ["PATH"], "HOME": tempfile.gettempdir(), "TZ": "UTC"}
    if web is None:
        return kept
    known = str(web.authority)
    return kept | {"NODE_EXTRA_CA_CERTS": known, "SSL_CERT_FILE": known}
