"""Blockcerts' cert-issuer 3.13.1, as published, in an environment of its own.

Two things keep the published package from running, and are mended: it pins glob2 0.6, which Python
3.11 refuses (0.7 runs), and it does not know the Open Badges context, which its own option gives
it. It runs its mock chain: a batch of files to a batch of files with receipts, no transaction.
"""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

VERSION = "3.13.1"
PINS = (f"cert-issuer=={VERSION}",)
MENDED = ("glob2==0.7",)
ENVIRONMENT = Path(".benchmarks") / f"cert-issuer-{VERSION}"
CONTEXT_URL = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
CONTEXT_FILE = Path("protocol/credentials/context_files/ob-v3p0-3.0.3.json")
KEY = "5KQw5vKDPQLyfRUkqqHGiZkjTLV9xQWkRAFCmq4z9ZKqtEmRfYv"
"""Any key in the form it reads: on its mock chain it signs nothing."""
CONFIGURATION = """
issuing_address = mock
verification_method = did:web:issuer.example.org#key
chain = mockchain
no_safe_mode
usb_name = {folder}
key_file = key.txt
unsigned_certificates_dir = {folder}/unsigned
signed_certificates_dir = {folder}/signed
blockchain_certificates_dir = {folder}/issued
work_dir = {folder}/work
context_urls = [{url}]
context_file_paths = [{file}]
"""


@dataclass(frozen=True)
class PeerRun:
    """What one batch took."""

    wall_s: float
    cpu_s: float
    memory_mib: float
    root: str


def install() -> Path:
    """Return its command, installed from PyPI where it is not yet (a minute or two)."""
    command = ENVIRONMENT / "bin" / "cert-issuer"
    if not command.exists():
        print(f"Installing cert-issuer {VERSION} into {ENVIRONMENT} …", flush=True)
        subprocess.run([sys.executable, "-m", "venv", str(ENVIRONMENT)], check=True)
        pip = [str(ENVIRONMENT / "bin" / "pip"), "install", "--quiet"]
        subprocess.run([*pip, "--disable-pip-version-check", *PINS], check=True)
        subprocess.run([*pip, "--disable-pip-version-check", "--no-deps", *MENDED], check=True)
    return command.absolute()


def issue(command: Path, folder: Path, drafts: Iterable[bytes]) -> PeerRun:
    """Issue unsigned credentials in their order, and read the root from what was written."""
    for name in ("unsigned", "signed", "issued", "work"):
        (folder / name).mkdir(parents=True)
    (folder / "key.txt").write_text(KEY)
    for number, draft in enumerate(drafts):
        (folder / "unsigned" / f"{number:07}.json").write_bytes(draft)
    configuration = folder / "conf.ini"
    configuration.write_text(
        CONFIGURATION.format(folder=folder, url=CONTEXT_URL, file=CONTEXT_FILE.absolute())
    )
    started = time.perf_counter()
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [str(command), "-c", str(configuration)], stdout=log, stderr=subprocess.STDOUT
        )
        _, status, used = os.wait4(process.pid, 0)
    wall_s = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"cert-issuer failed; see {folder / 'log'}")
    cpu_s = used.ru_utime + used.ru_stime
    return PeerRun(wall_s, cpu_s, used.ru_maxrss / 1024, _read_root(folder))


def _read_root(folder: Path) -> str:
    """Return the root that its log names, after seeing that it wrote every file."""
    written = len(list((folder / "issued").glob("*.json")))
    if written != len(list((folder / "unsigned").glob("*.json"))):
        raise SystemExit(f"cert-issuer wrote {written} files; see {folder / 'log'}")
    document = json.loads(next((folder / "issued").glob("*.json")).read_bytes())
    if document["proof"]["cryptosuite"] != "merkle-proof-2019":
        raise SystemExit("cert-issuer wrote another kind of proof")
    roots = set(re.findall(r"'merkleRoot': '([0-9a-f]{64})'", (folder / "log").read_text()))
    if len(roots) != 1:
        raise SystemExit(f"cert-issuer's log names {len(roots)} roots")
    return roots.pop()
