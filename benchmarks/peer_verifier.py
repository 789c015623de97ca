"""cert-verifier-js 6.35.0 beside our verifier, on credentials of one batch that both accept.

Issued by the command line on a node of its own that says it is Sepolia, as cert-verifier-js knows
few chains; with status lists and profile in Blockcerts' dress. It is timed within its own process,
with every answer of the web and of the node at hand; ours runs over the same files.
"""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.cohort import ACHIEVEMENT, NARRATIVE
from protocol.chain import ChainReader
from protocol.nodes.networks import LOCAL
from scripts.chains import connect
from scripts.config import load_settings
from tests.interop.answers import run_lists
from tests.interop.institutions import CHAIN_ID, MAIN, Desk, open_desk
from tests.interop.packages import BLOCKCERTS_BUNDLE
from tests.interop.web import Web, run_web
from tests.nodes import BIN
from verifier.documents import FolderDocuments

DRIVER = Path(__file__).with_name("blockcerts_verify.mjs")
HEADER = "name,email,student_id,awarded_on,result,narrative,evidence_url,evidence_name"


@dataclass(frozen=True)
class Peer:
    """What cert-verifier-js takes of a core for one credential, in milliseconds."""

    whole_ms: float
    """With what it does before: parsing the document, fetching the issuer's profile."""
    verify_ms: float


@dataclass
class PeerWorld:
    """A batch on a node, and everything that anybody needs to verify it."""

    desk: Desk
    web: Web
    files: list[bytes]

    def measure_peer(self, rounds: int) -> Peer:
        trusting = ["env", f"NODE_EXTRA_CA_CERTS={self.web.authority}"]
        command = [*trusting, "node", str(DRIVER), str(self.web.port)]
        done = subprocess.run(
            [*command, self.desk.node.endpoint, str(rounds)],
            input=b"".join(json.dumps(json.loads(each)).encode() + b"\n" for each in self.files),
            stdout=subprocess.PIPE,
            check=True,
        )
        return Peer(**json.loads(done.stdout))

    def connect(self) -> ChainReader:
        """Return our own reader of that node."""
        variables = {"ROOTSEAL_RPC_LOCAL": self.desk.node.endpoint}
        return connect(load_settings(self.desk.shell.home, variables), LOCAL).reader

    def find_documents(self) -> FolderDocuments:
        return FolderDocuments(self.desk.shell.home / "issuers")


def is_installed() -> bool:
    """Tell whether anvil and cert-verifier-js are there (`make test` brings both)."""
    return BLOCKCERTS_BUNDLE.exists() and (BIN / "anvil").exists()


@contextmanager
def issue_for_peer(count: int) -> Iterator[PeerWorld]:
    """Issue a batch, publish what belongs to it, and yield all of that."""
    with TemporaryDirectory() as name, open_desk(Path(name)) as desk:
        desk.found(MAIN)
        files = issue(desk, count)
        desk.node.request("evm_mine")
        web = Web({MAIN: desk.publish(MAIN)}, desk.node.endpoint, CHAIN_ID)
        with run_web(web, Path(name)), run_lists(desk, web):
            yield PeerWorld(desk, web, files)


def issue(desk: Desk, count: int) -> list[bytes]:
    rows = [
        f"Pūnehu {n} Tāmati 王,learner{n}@example.org,S{n:07},2026-11-06,Merit,"
        f'"{NARRATIVE} Group {n % 97}.",https://portfolio.example.org/{n},Portfolio'
        for n in range(count)
    ]
    creator = {"id": f"did:web:{MAIN}", "type": "Profile"}
    desk.shell.write("cohort.csv", "\n".join([HEADER, *rows]) + "\n")
    desk.shell.write("cohort.json", ACHIEVEMENT | {"creator": creator})
    source = ("--roster", "cohort.csv", "--achievement", "cohort.json")
    desk.run("issue", *source, "--out", "cohort", "--issuer", MAIN)
    return [path.read_bytes() for path in desk.shell.list_files("cohort")]
