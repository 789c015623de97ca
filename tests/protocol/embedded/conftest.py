from pathlib import Path

import pytest

from tests.protocol.embedded import chains


@pytest.fixture
def times() -> chains.Time:
    return chains.Time()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    where = tmp_path / "embedded" / "chain.sqlite3"
    chains.create(where)
    return where


@pytest.fixture
def node(path: Path, times: chains.Time):
    with chains.open_chain(path, times) as opened:
        yield opened
