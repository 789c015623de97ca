"""Folders in which something was done already, made once a run and put back for each test.

A home knows the folders it has written by their full paths, so a copy elsewhere is not the same.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.scripts.samples import ACHIEVEMENT, ISSUE, ROSTER
from tests.scripts.shell import Shell


@dataclass(frozen=True)
class Stages:
    """One folder, and how it was at two moments."""

    folder: Path
    institution: Path
    issued: Path

    def put_back(self, stage: Path) -> Shell:
        shutil.rmtree(self.folder)
        shutil.copytree(stage, self.folder)
        return Shell.make(self.folder)


@pytest.fixture
def shell(tmp_path):
    """An empty folder."""
    return Shell.make(tmp_path / "desk")


@pytest.fixture(scope="session")
def stages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stages")
    made = Stages(folder / "desk", folder / "institution", folder / "issued")
    shell = Shell.make(made.folder)
    shell.write("people.csv", ROSTER)
    shell.write("achievement.json", ACHIEVEMENT)
    named = ("--name", "Example Institute", "--domain", "example.org")
    shell.run("issuer", "init", *named, "--yes").expect()
    shutil.copytree(made.folder, made.institution)
    shell.run(*ISSUE, "--out", "spring").expect()
    shutil.copytree(made.folder, made.issued)
    return made


@pytest.fixture
def new_desk(stages):
    """A folder in which an institution was made and nothing issued."""
    return stages.put_back(stages.institution)


@pytest.fixture
def desk(stages):
    """The folder after a batch was issued into `spring`."""
    return stages.put_back(stages.issued)
