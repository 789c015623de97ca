"""Where the learners of a roster are put while a command works with them: a file, or memory.

A spool is a file of one command in the home. It holds personal data: owner-only, deleted when the
command ends. One that is killed leaves it; the kernel frees the lock, and the next command in that
home deletes the file (`delete_abandoned`).
"""

import fcntl
import os
import tempfile
from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from issuer.batches.ranges import RANGE_SIZE
from issuer.inputs.learner import Learner
from issuer.inputs.rubric import Level
from issuer.inputs.spooled import SpooledLearners, Surroundings, render_line

FOLDER: Final = "rosters"
SUFFIX: Final = ".jsonl"
OWNER_ONLY_FOLDER: Final = 0o700


class LearnerStore(Protocol):
    """Takes learners one after another, and gives them back."""

    def begin(self, levels: tuple[Level, ...], time_zone: ZoneInfo) -> None:
        """Forget all that was added; what follows has these levels, and days of this zone."""
        ...

    def add(self, learner: Learner, content: bytes) -> None:
        """Take the next one, and what `issuer.inputs.learner.render_learner` says of it."""
        ...

    def finish(self) -> Sequence[Learner]:
        """Return all that were added since `begin`."""
        ...


class HeldLearners:
    """A `LearnerStore` in memory: a kilobyte a learner, so for few."""

    def __init__(self) -> None:
        """Start with none."""
        self._learners: list[Learner] = []

    def begin(self, _levels: tuple[Level, ...], _time_zone: ZoneInfo) -> None:
        """Forget all."""
        self._learners = []

    def add(self, learner: Learner, _content: bytes) -> None:
        """Take the next one."""
        self._learners.append(learner)

    def finish(self) -> Sequence[Learner]:
        """Return them."""
        return tuple(self._learners)


class Spool:
    """A `LearnerStore` in a file of its own; `open_spool` makes one.

    It is written a range at a time, and eight bytes are kept of each.
    """

    def __init__(self, path: Path, descriptor: int) -> None:
        """Take an empty file that is open."""
        self._path = path
        self._descriptor = descriptor
        self._lines: list[bytes] = []
        self._offsets = array("Q", [0])
        self._count = 0
        self._around: Surroundings | None = None

    def begin(self, levels: tuple[Level, ...], time_zone: ZoneInfo) -> None:
        """Forget all that was added; what follows has these levels, and days of this zone."""
        os.ftruncate(self._descriptor, 0)
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        self._lines, self._offsets, self._count = [], array("Q", [0]), 0
        self._around = Surroundings(levels, time_zone)

    def add(self, learner: Learner, content: bytes) -> None:
        """Take the next one, and what `issuer.inputs.learner.render_learner` says of it.

        Raises:
            OSError: the disk is full or failing.
        """
        self._lines.append(render_line(learner, content, self._find_around()))
        self._count += 1
        if len(self._lines) == RANGE_SIZE:
            self._write()

    def finish(self) -> Sequence[Learner]:
        """Return all that were added since `begin`; they can be read as long as the file is there.

        Raises:
            OSError: the disk is full or failing.
        """
        if self._lines:
            self._write()
        return SpooledLearners(self._path, self._offsets, range(self._count), self._find_around())

    def _find_around(self) -> Surroundings:
        if self._around is None:
            message = "a spool takes learners after it is told what they have in common"
            raise ValueError(message)
        return self._around

    def _write(self) -> None:
        data = memoryview(b"".join(self._lines))
        self._lines.clear()
        self._offsets.append(self._offsets[-1] + len(data))
        try:
            while data:
                data = data[os.write(self._descriptor, data) :]
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(self._path)) from error


@contextmanager
def open_spool(home: Path) -> Iterator[Spool]:
    """Make a spool in a home; leaving deletes it, however that comes.

    Raises:
        OSError: the home cannot be written.
    """
    home.mkdir(mode=OWNER_ONLY_FOLDER, parents=True, exist_ok=True)
    folder = home / FOLDER
    folder.mkdir(mode=OWNER_ONLY_FOLDER, exist_ok=True)
    path, descriptor = _make_file(folder)
    try:
        yield Spool(path, descriptor)
    finally:
        path.unlink(missing_ok=True)
        os.close(descriptor)


def delete_abandoned(home: Path) -> None:
    """Delete the spools of commands that were killed; one that is in use is locked."""
    for path in (home / FOLDER).glob(f"*{SUFFIX}"):
        with suppress(FileNotFoundError):  # another command was faster
            descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()
            except BlockingIOError:
                continue
            finally:
                os.close(descriptor)


def _make_file(folder: Path) -> tuple[Path, int]:
    """Return a new file that is locked; another command may delete it before it is."""
    while True:
        descriptor, name = tempfile.mkstemp(SUFFIX, f"{os.getpid()}-", folder)  # owner-only
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if os.fstat(descriptor).st_nlink:
            return Path(name), descriptor
        os.close(descriptor)
