"""How much an address, a moment and a process may ask for, each at the limit and one above."""

import sqlite3
import threading
import time

import pytest
from werkzeug.exceptions import ServiceUnavailable, TooManyRequests

from verifier.web.config import Limits
from verifier.web.limits import Gate, RateLimiter
from verifier.web.state import SharedState

VERIFY = "/api/v1/verify"
SECONDS = 60
"""How long a thread may take that has nothing to wait for: a busy machine takes its time."""


class Watch:
    def __init__(self) -> None:
        self.now = 1_000.0

    def read(self) -> float:
        return self.now


@pytest.fixture
def watch():
    return Watch()


@pytest.fixture
def limiter(watch):
    return RateLimiter(SharedState(None), 30, watch.read)


def test_thirty_in_a_minute_are_made_and_the_next_is_told_when(limiter, watch):
    for _ in range(30):
        limiter.charge("192.0.2.1", 1)
        watch.now += 1
    with pytest.raises(TooManyRequests) as caught:
        limiter.charge("192.0.2.1", 1)
    assert caught.value.retry_after == 30
    watch.now += 29
    with pytest.raises(TooManyRequests):
        limiter.charge("192.0.2.1", 1)
    watch.now += 1
    limiter.charge("192.0.2.1", 1)


def test_each_file_of_a_request_counts(limiter):
    limiter.charge("192.0.2.1", 29)
    with pytest.raises(TooManyRequests):
        limiter.charge("192.0.2.1", 2)
    limiter.charge("192.0.2.1", 1)


def test_what_was_refused_does_not_count(limiter, watch):
    limiter.charge("192.0.2.1", 30)
    for _ in range(100):
        with pytest.raises(TooManyRequests):
            limiter.charge("192.0.2.1", 1)
    watch.now += 60
    limiter.charge("192.0.2.1", 30)


def test_other_addresses_are_not_held_up(limiter):
    limiter.charge("192.0.2.1", 30)
    limiter.charge("192.0.2.2", 30)


def test_one_household_of_ipv6_is_one_address(limiter):
    limiter.charge("2001:db8:0:1::1", 30)
    with pytest.raises(TooManyRequests):
        limiter.charge("2001:db8:0:1:ffff:ffff:ffff:ffff", 1)
    limiter.charge("2001:db8:0:2::1", 1)


def test_an_address_written_as_ipv6_is_the_same_address(limiter):
    limiter.charge("192.0.2.1", 30)
    with pytest.raises(TooManyRequests):
        limiter.charge("::ffff:192.0.2.1", 1)


def test_a_clock_set_back_locks_nobody_out(limiter, watch):
    limiter.charge("192.0.2.1", 30)
    watch.now -= 3_600
    limiter.charge("192.0.2.1", 30)


def test_processes_share_one_count(tmp_path, watch):
    """WB-16: as many workers are not as many limits."""
    first, second = (
        RateLimiter(SharedState(tmp_path / "counts.sqlite3"), 30, watch.read) for _ in range(2)
    )
    first.charge("192.0.2.1", 20)
    second.charge("192.0.2.1", 10)
    for limiter in (first, second):
        with pytest.raises(TooManyRequests):
            limiter.charge("192.0.2.1", 1)


def test_no_address_is_written_down(tmp_path, watch):
    path = tmp_path / "counts.sqlite3"
    state = SharedState(path)
    RateLimiter(state, 30, watch.read).charge("192.0.2.77", 1)
    ((key,),) = state._connection.execute("SELECT address FROM requests").fetchall()
    assert b"192.0.2.77" not in key
    assert bytes((192, 0, 2, 77)) not in key
    assert path.stat().st_mode & 0o077 == 0


def test_a_state_that_cannot_be_written_refuses_for_now(limiter):
    limiter._state._connection.execute("PRAGMA query_only = ON")
    with pytest.raises(ServiceUnavailable) as caught:
        limiter.charge("192.0.2.1", 1)
    assert isinstance(caught.value.__cause__, sqlite3.Error)
    assert caught.value.retry_after


def test_above_the_rate_the_api_answers_429_with_the_time(demo):
    client = demo.build_app(limits=Limits(verifications_a_minute=2)).test_client()
    for _ in range(2):
        assert client.post(VERIFY, json={}).status_code == 400
    refused = client.post(VERIFY, json={})
    assert refused.status_code == 429
    assert refused.mimetype == "application/problem+json"
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert refused.headers["Retry-After"] in refused.get_json()["detail"]
    page = client.post("/verify", data={"text": "{}"})
    assert page.status_code == 429
    assert page.mimetype == "text/html"
    assert client.get("/healthz").status_code == 200


def test_a_forged_forwarding_header_buys_nothing(demo):
    """WB-16."""
    client = demo.build_app(limits=Limits(verifications_a_minute=1)).test_client()
    client.post(VERIFY, json={}, headers={"X-Forwarded-For": "192.0.2.1"})
    again = client.post(VERIFY, json={}, headers={"X-Forwarded-For": "192.0.2.2"})
    assert again.status_code == 429


def test_behind_one_proxy_its_own_word_counts_and_no_further_one(demo):
    client = demo.build_app(limits=Limits(verifications_a_minute=1), proxies=1).test_client()
    first = client.post(VERIFY, json={}, headers={"X-Forwarded-For": "10.0.0.1, 192.0.2.1"})
    other = client.post(VERIFY, json={}, headers={"X-Forwarded-For": "10.0.0.1, 192.0.2.2"})
    again = client.post(VERIFY, json={}, headers={"X-Forwarded-For": "10.9.9.9, 192.0.2.1"})
    assert (first.status_code, other.status_code, again.status_code) == (400, 400, 429)


def test_a_full_house_tells_the_next_to_come_again():
    running: list[int] = []
    gate = Gate(2, running.append, wait_seconds=0.05)
    with gate.enter(), gate.enter():
        with pytest.raises(ServiceUnavailable) as caught, gate.enter():
            pytest.fail("a third came in")
        assert caught.value.retry_after
    with gate.enter():
        assert running[-1] == 1
    assert max(running) == 2
    assert running[-1] == 0


def test_who_waits_gets_the_next_free_place():
    gate = Gate(1, lambda _: None, wait_seconds=SECONDS)
    inside, leave, entered = threading.Event(), threading.Event(), threading.Event()

    def hold() -> None:
        with gate.enter():
            inside.set()
            leave.wait(SECONDS)

    def wait() -> None:
        with gate.enter():
            entered.set()

    threads = [threading.Thread(target=hold), threading.Thread(target=wait)]
    threads[0].start()
    assert inside.wait(SECONDS)
    threads[1].start()
    assert not entered.wait(0.05)
    leave.set()
    assert entered.wait(SECONDS)
    for thread in threads:
        thread.join()


def test_nobody_who_waits_is_overtaken():
    """Somebody who leaves and comes back at once stands behind those who were there."""
    gate, order = Gate(1, lambda _: None, wait_seconds=SECONDS), []
    inside = threading.Event()

    def hold_then_return() -> None:
        with gate.enter():
            inside.set()
            while len(gate._waiting) < 1:
                time.sleep(0.001)
        with gate.enter():
            order.append("again")

    def wait() -> None:
        inside.wait(SECONDS)
        with gate.enter():
            order.append("waited")

    threads = [threading.Thread(target=each) for each in (hold_then_return, wait)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)
    assert order == ["waited", "again"]


def test_more_than_can_wait_are_refused_at_once():
    """They are refused while all others still wait: nobody's time is up, and nobody has left."""
    gate = Gate(1, lambda _: None, wait_seconds=10 * SECONDS)
    leave, refused = threading.Event(), []

    def come() -> None:
        try:
            with gate.enter():
                leave.wait(10 * SECONDS)
        except ServiceUnavailable as error:
            refused.append(error)

    threads = [threading.Thread(target=come) for _ in range(5)]
    deadline = time.monotonic() + SECONDS
    for thread in threads:
        thread.start()
    while len(refused) < 3 and time.monotonic() < deadline:
        time.sleep(0.001)
    refused_at_once = len(refused)
    leave.set()
    for thread in threads:
        thread.join(SECONDS)
    assert refused_at_once == len(refused) == 3


def test_a_mistake_inside_gives_its_place_back():
    gate = Gate(1, lambda _: None, wait_seconds=0)
    for _ in range(3):
        with pytest.raises(RuntimeError), gate.enter():
            raise RuntimeError
    with gate.enter():
        pass
