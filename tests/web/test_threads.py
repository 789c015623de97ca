"""Many requests at once in one process: what one thread does never changes another's verdict."""

import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

THREADS = 8


@pytest.fixture
def restless():
    """Threads that take turns a thousand times as often as they would."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(5e-6)
    yield
    sys.setswitchinterval(before)


def test_no_verdict_depends_on_what_else_is_being_verified(site, demo, restless):
    """pyld's caches break under threads: a genuine credential is then refused, or none is."""
    names = ("genuine", "revoked", "suspended", "stranger", "tampered") * 24

    def verify(name: str) -> tuple[str, str, tuple[str, ...]]:
        answer = site.test_client().post(
            "/api/v1/verify", data=demo.read(name), content_type="application/json"
        )
        report = answer.get_json()
        failed = tuple(c["id"] for c in report["checks"] if c["verdict"] == "failed")
        return name, report["verdict"], failed

    alone = {verify(name) for name in set(names)}
    with ThreadPoolExecutor(THREADS) as pool:
        assert set(pool.map(verify, names)) == alone
