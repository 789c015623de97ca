"""A registry on an embedded chain, for tests that only read or that mind their own roots."""

from datetime import UTC, datetime

import pytest

from protocol.embedded import create_embedded, open_embedded
from protocol.primitives import ChainId
from tests.registry_story import ETHER, Keys, Story, tell

START = datetime(2026, 1, 1, tzinfo=UTC)


class FastClock:
    """A clock that a wait moves on, so that tests wait for nothing."""

    def __init__(self, start: datetime = START) -> None:
        self.seconds = start.timestamp()

    def __call__(self) -> datetime:
        self.seconds += 1
        return datetime.fromtimestamp(self.seconds, UTC)

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


@pytest.fixture(scope="module")
def story(tmp_path_factory) -> Story:
    """One institution with an anchor and a status key, number 1."""
    path = tmp_path_factory.mktemp("embedded") / "chain.sqlite3"
    keys, clock = Keys(), FastClock()
    funds = dict.fromkeys(keys.list_addresses(), 10 * ETHER)
    create_embedded(path, ChainId(424_242), funds, START)
    told = tell(open_embedded(path, clock, clock.sleep), keys)
    told.register()
    return told
