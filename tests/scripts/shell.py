"""A folder to work in, and the real command line called there: in this process or in another."""

import io
import json
import os
import pty
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass, field
from pathlib import Path

from protocol.nodes.networks import EMBEDDED
from protocol.primitives import BlockNumber
from protocol.registry.events import Anchored
from scripts import cli
from scripts.chains import connect
from scripts.config import load_settings

PASSPHRASE = "canary-passphrase tūī 9f3b"
SECONDS = 120.0
VARIABLES = ("PATH", "LANG", "LC_ALL", "TZ", "PYTHONPATH", "SYSTEMROOT")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)

    def expect(self, code: int = 0) -> "Answer":
        assert self.code == code, f"exit {self.code}\n{self.out}\n{self.err}"
        return self


@dataclass
class Shell:
    """Somebody's folder with their passphrase file, and the commands they give in it."""

    folder: Path
    variables: dict[str, str] = field(default_factory=dict)

    @classmethod
    def make(cls, folder: Path, **variables: str) -> "Shell":
        folder.mkdir(parents=True, exist_ok=True)
        secret = folder / "passphrase.txt"
        secret.write_text(PASSPHRASE + "\r\nthis line does not count\n", encoding="utf-8")
        return cls(folder, {"ROOTSEAL_PASSPHRASE_FILE": str(secret)} | variables)

    @property
    def home(self) -> Path:
        return self.folder / ".rootseal"

    def run(self, *arguments: object, stdin: bytes = b"") -> Answer:
        """Call the command in this process: what is not expected of it is raised here."""
        out, err = io.StringIO(), io.StringIO()
        surroundings = _stand_in(self.folder, self._build_environment(), stdin)
        with surroundings, redirect_stdout(out), redirect_stderr(err):
            code = cli.main([str(each) for each in arguments])
        return _look_at(Answer(code, out.getvalue(), err.getvalue()))

    def start(self, *arguments: object) -> subprocess.Popen:
        """Start the command as a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "scripts.cli", *map(str, arguments)],
            cwd=self.folder,
            env=self._build_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def run_in_terminal(self, *arguments: object) -> str:
        """Run the command in a terminal of its own; return everything that appeared there."""
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            [sys.executable, "-m", "scripts.cli", *map(str, arguments)],
            cwd=self.folder,
            env=self._build_environment() | {"TERM": "xterm"},
            stdin=subprocess.DEVNULL,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)
        shown = b""
        # Linux ends a terminal whose other side is closed with an error.
        with suppress(OSError), os.fdopen(ours, "rb", buffering=0) as screen:
            while piece := screen.read(4096):
                shown += piece
        assert process.wait(SECONDS) == 0
        return shown.decode()

    def call(self, *arguments: object) -> Answer:
        """Run the command as a process of its own."""
        return finish(self.start(*arguments))

    def write(self, name: str, content: object) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
            path.write_text(text, encoding="utf-8", newline="")
        return path

    def list_files(self, out: str) -> list[Path]:
        """A batch's credentials, in the order of the roster."""
        rows = (self.folder / out / "batch" / "manifest.csv").read_text("utf-8-sig").splitlines()
        column = rows[0].split(",").index("file")
        return [self.folder / out / row.split(",")[column] for row in rows[1:]]

    def list_anchored(self) -> list[Anchored]:
        """Every Anchored event of this home's embedded chain."""
        reader = connect(load_settings(self.home, {}), EMBEDDED).reader
        numbers = range(reader.read_latest().number + 1)
        events = [event for each in numbers for event in reader.read_events(BlockNumber(each))]
        return [event for event in events if isinstance(event, Anchored)]

    def _build_environment(self) -> dict[str, str]:
        return {name: os.environ[name] for name in VARIABLES if name in os.environ} | self.variables


def finish(process: subprocess.Popen) -> Answer:
    """Wait for a process; what it printed is looked through for secrets."""
    out, err = process.communicate(timeout=SECONDS)
    return _look_at(Answer(process.returncode, out.decode(), err.decode()))


def _look_at(answer: Answer) -> Answer:
    """Nothing a command prints has a passphrase or a traceback in it."""
    for text in (answer.out, answer.err):
        assert PASSPHRASE not in text
        assert "Traceback" not in text
    return answer


@contextmanager
def _stand_in(folder: Path, variables: Mapping[str, str], stdin: bytes) -> Iterator[None]:
    """Make folder, environment and input those of a command, then put everything back."""
    assert threading.current_thread() is threading.main_thread()
    before = Path.cwd(), dict(os.environ), sys.stdin, sys.excepthook
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(variables)
    sys.stdin = io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8")
    try:
        yield
    finally:
        os.chdir(before[0])
        os.environ.clear()
        os.environ.update(before[1])
        sys.stdin, sys.excepthook = before[2:]
