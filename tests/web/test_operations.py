"""Health, readiness and metrics: one thing is wrong at a time, and is said."""

import io
import re
import threading
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest

from protocol.errors import ChainDisagreementError, ChainUnreachableError
from protocol.nodes.node import NodeError
from protocol.primitives import Digest
from tests.verifier.fake_chain import FakeChain, FakeReader, build_network
from verifier.checks import CHECKS
from verifier.report import Verdict
from verifier.web.directory import RETRY_SECONDS, OpenChains, Served
from verifier.web.metrics import METHODS, METRICS, CallOutcome, Metrics, Refusal
from verifier.web.readiness import ReadinessProbe, check_readiness, list_gauges
from verifier.web.state import SharedState
from verifier.web.watched_node import WatchedNode, limit_questions

CHAIN = FakeChain()
OTHER = Digest(b"\x77" * 32)
SECONDS = 60
"""How long a thread may take that has nothing to wait for: a busy machine takes its time."""


def look(late_seconds: float = 1, silent=frozenset(), answers=None, **changes):
    """Return the readiness of a server of one network."""
    reader = FakeReader(CHAIN, build_network(CHAIN, **changes), silent, answers)
    now = CHAIN.now + timedelta(seconds=late_seconds)
    return check_readiness([Served("fake", reader)], now)


def test_a_sound_network_is_ready():
    readiness = look()
    assert readiness.ready
    (network,) = readiness.networks
    assert (network.problems, network.head_age_seconds, network.final_lag_blocks) == ((), 1, 0)


@pytest.mark.parametrize(
    ("spoilt", "said"),
    [
        ({"silent": frozenset({"read_latest"})}, "cannot be reached"),
        ({"silent": frozenset({"read_final"})}, "cannot be reached"),
        ({"answers": {"read_chain_id": 1}}, "serves chain 1"),
        ({"answers": {"read_genesis": OTHER}}, "first block"),
        ({"answers": {"read_code_hash": OTHER}}, "known code"),
        ({"answers": {"read_code_hash": None}}, "known code"),
        ({"contract": None}, "No register"),
        ({"code_hash": None}, "No register"),
        ({"late_seconds": 3_601}, "behind"),
        ({"late_seconds": -61}, "ahead of our clock"),
    ],
)
def test_each_thing_that_is_wrong_is_said_and_not_ready(spoilt, said):
    readiness = look(**spoilt)
    assert not readiness.ready
    ((problem,),) = (network.problems for network in readiness.networks)
    assert said in problem


@pytest.mark.parametrize("changes", [{"late_seconds": 3_600}, {"late_seconds": -60}])
def test_at_the_limit_of_age_and_skew_it_is_ready(changes):
    assert look(**changes).ready


def test_a_chain_without_freshness_is_never_behind():
    assert look(late_seconds=10**7, freshness_seconds=None).ready


def test_one_silent_network_of_two_is_not_ready():
    sound = Served("fake", FakeReader(CHAIN, build_network(CHAIN)))
    readiness = check_readiness([sound, Served("other", None, "It cannot be opened.")], CHAIN.now)
    assert [network.problems for network in readiness.networks] == [(), ("It cannot be opened.",)]
    assert not readiness.ready


def test_no_network_is_not_ready():
    assert not check_readiness([], CHAIN.now).ready


def test_a_changed_context_is_not_ready(monkeypatch):
    monkeypatch.setattr(
        "verifier.web.readiness.PINNED", {"https://x.example/": ("credentials-v2.jsonld", "00")}
    )
    readiness = look()
    assert not readiness.ready
    assert "https://x.example/" in readiness.problems[0]


def test_asking_often_asks_the_chain_once(monkeypatch):
    monkeypatch.setattr("verifier.web.readiness.KEEP_SECONDS", SECONDS)
    reader = FakeReader(CHAIN, build_network(CHAIN))
    probe = ReadinessProbe(lambda: [Served("fake", reader)], lambda: CHAIN.now)
    first = probe.check()
    asked = len(reader.asked)
    assert asked > 0
    assert probe.check() is first
    assert len(reader.asked) == asked


def test_while_a_silent_node_is_waited_for_others_get_the_last_answer(monkeypatch):
    """Each of them would hold a thread."""
    reader = FakeReader(CHAIN, build_network(CHAIN))
    wait, looking = threading.Event(), threading.Event()
    served = [Served("fake", reader)]

    def list_served():
        if wait.is_set():
            looking.set()
            assert leave.wait(SECONDS)
        return served

    leave = threading.Event()
    probe = ReadinessProbe(list_served, lambda: CHAIN.now)
    first = probe.check()
    monkeypatch.setattr("verifier.web.readiness.KEEP_SECONDS", -1)
    wait.set()
    slow = threading.Thread(target=probe.check)
    slow.start()
    try:
        assert looking.wait(SECONDS)
        assert probe.check() is first
    finally:
        leave.set()
        slow.join(SECONDS)
    assert probe.check() is not first


def test_readyz_of_a_real_home_is_ready_and_of_a_silent_one_says_why(client, demo, monkeypatch):
    ready = client.get("/readyz")
    assert (ready.status_code, ready.get_json()["ready"]) == (200, True)

    def silence(settings, name):
        raise ChainUnreachableError(name, "no answer in time")

    monkeypatch.setattr("scripts.serve.connect", silence)
    answer = demo.build_app().test_client().get("/readyz")
    assert answer.status_code == 503
    assert answer.mimetype == "application/json"
    ((said,),) = (network["problems"] for network in answer.get_json()["networks"])
    assert said == "It cannot be opened; the server's log says why."


def test_healthz_asks_nothing(demo, monkeypatch):
    monkeypatch.setattr("scripts.serve.connect", lambda *_: pytest.fail("the chain was asked"))
    monkeypatch.setattr("scripts.serve.threading.Thread.start", lambda _: None)
    assert demo.build_app().test_client().get("/healthz").get_json() == {"status": "ok"}


def test_while_the_chain_is_silent_a_credential_is_unknown_never_failed(demo, monkeypatch):
    def silence(settings, name):
        raise ChainUnreachableError(name, "no answer in time")

    monkeypatch.setattr("scripts.serve.connect", silence)
    client = demo.build_app().test_client()
    report = client.post(
        "/api/v1/verify", data=demo.read("genuine"), content_type="application/json"
    ).get_json()
    assert report["verdict"] == "unknown"
    assert "failed" not in {check["verdict"] for check in report["checks"]}


class Opener:
    """Opens networks, and remembers how often."""

    def __init__(self, **changes: object) -> None:
        self.opened: list[str] = []
        self._changes = changes

    def __call__(self, name: str) -> Served:
        self.opened.append(name)
        network = replace(build_network(CHAIN, name=name), **self._changes)
        return Served(name, FakeReader(CHAIN, network))


def test_a_network_is_opened_once():
    opener = Opener()
    chains = OpenChains(("a",), opener)
    assert chains.find_readers(CHAIN.chain_id) == chains.find_readers(CHAIN.chain_id)
    assert opener.opened == ["a"]


def test_a_network_that_was_silent_is_opened_again_but_not_for_every_question():
    """Else whoever asks another network would wait for this one each time."""
    opener, now = Opener(genesis=None), [1_000.0]
    chains = OpenChains(("a",), opener, lambda: now[0])
    for moment in (1_000, 1_000 + RETRY_SECONDS - 0.1):
        now[0] = moment
        assert len(chains.find_readers(CHAIN.chain_id)) == 1
    assert opener.opened == ["a"]
    now[0] = 1_000 + RETRY_SECONDS
    chains.find_readers(CHAIN.chain_id)
    assert opener.opened == ["a", "a"]


def test_a_chain_that_no_network_serves_has_no_reader():
    assert OpenChains(("a", "b"), Opener()).find_readers(1) == ()


def test_of_two_networks_of_one_chain_that_with_a_register_is_read():
    def open_served(name: str) -> Served:
        contract = None if name == "empty" else build_network(CHAIN).contract
        return Opener(contract=contract)(name)

    chains = OpenChains(("empty", "full"), open_served)
    assert [each.network.name for each in chains.find_readers(CHAIN.chain_id)] == ["full"]
    assert len(OpenChains(("a", "b"), Opener()).find_readers(CHAIN.chain_id)) == 2


class Node:
    network_name = "fake"

    def __init__(self, answer: object) -> None:
        self._answer = answer

    def request(self, method, params):
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("0x1", "answered"),
        (NodeError(-32000, "reverted"), "refused"),
        (ChainUnreachableError("fake", "no answer"), "unreachable"),
        (ChainDisagreementError("fake", "eth_call"), "disagreement"),
        (ZeroDivisionError(), "unreachable"),
    ],
)
def test_each_question_is_counted_by_what_it_came_to(answer, outcome):
    metrics = Metrics(SharedState(None))
    node = WatchedNode(Node(answer), metrics)
    if isinstance(answer, Exception):
        with pytest.raises(type(answer)):
            node.request("eth_call", [])
    else:
        assert node.request("eth_call", []) == answer
    text = metrics.render([])
    series = f'{{network="fake",method="eth_call",outcome="{outcome}"}} 1'
    assert f"rootseal_rpc_requests_total{series}" in text
    assert ('rootseal_rpc_disagreement_total{network="fake"} 1' in text) is (
        outcome == "disagreement"
    )


@pytest.fixture
def clock(monkeypatch):
    """The clock of questions, which stands still until it is set."""
    hands = SimpleNamespace(now=1_000.0)
    hands.monotonic = lambda: hands.now
    monkeypatch.setattr("verifier.web.watched_node.time", hands)
    return hands


def test_questions_after_the_time_of_a_verification_get_no_answer(clock):
    metrics = Metrics(SharedState(None))
    node = WatchedNode(Node("0x1"), metrics)
    with limit_questions(60):
        clock.now += 60
        assert node.request("eth_call", []) == "0x1"
        clock.now += 0.1
        with pytest.raises(ChainUnreachableError):
            node.request("eth_call", [])
    assert node.request("eth_call", []) == "0x1"
    assert 'outcome="out_of_time"} 1' in metrics.render([])


def test_a_limit_inside_another_prolongs_nothing(clock):
    """Thirty files of one request have not thirty times as long as the request."""
    node = WatchedNode(Node("0x1"), Metrics(SharedState(None)))
    with limit_questions(60):
        clock.now += 61
        with limit_questions(60), pytest.raises(ChainUnreachableError):
            node.request("eth_call", [])


def test_a_name_from_outside_adds_no_series():
    metrics = Metrics(SharedState(None))
    for number in range(50):
        labels = {"network": "fake", "method": f"eth_{number}", "outcome": "answered"}
        metrics.count("rootseal_rpc_requests_total", labels)
        metrics.count("rootseal_verifications_total", {"verdict": f"v{number}", "check": "c"})
    text = metrics.render([])
    assert text.count("rootseal_rpc_requests_total{") == 1
    assert 'verdict="other",check="other"} 50' in text


def test_every_label_has_a_fixed_set_of_values_or_names_a_network():
    """The most series that can ever be, for one network."""
    for name, metric in METRICS.items():
        free = [label for label, values in metric.labels.items() if values is None]
        assert set(free) <= {"network", "version"}, name
    series = (len(CHECKS) + 1) * len(Verdict) + len(Refusal) + len(METHODS) * len(CallOutcome)
    assert series < 250


def test_the_text_form_is_prometheus_own(client, demo):
    for name in ("genuine", "revoked"):
        client.post("/api/v1/verify", data={"file": (io.BytesIO(demo.read(name)), "a.json")})
    client.post("/api/v1/verify", data={})
    answer = client.get("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    lines = answer.get_data(as_text=True).splitlines()
    line = re.compile(r'[a-z_]+(?:\{(?:[a-z]+="[^"\\]*",?)+\})? -?[0-9.e+-]+')
    assert all(each.startswith("# ") or line.fullmatch(each) for each in lines), lines
    for expected in (
        'rootseal_verifications_total{verdict="passed",check="none"} 1',
        'rootseal_verifications_total{verdict="failed",check="revocation"} 1',
        'rootseal_refused_total{reason="media_type"} 1',
        "rootseal_verification_seconds_count 2",
        "rootseal_jobs_in_flight 0",
        "rootseal_ready 1",
    ):
        assert expected in lines, "\n".join(lines)


def test_a_histogram_counts_each_duration_once_in_every_wider_bucket():
    metrics = Metrics(SharedState(None))
    for seconds in (0.001, 0.3, 60):
        metrics.observe("rootseal_verification_seconds", {}, seconds)
    text = metrics.render([])
    counts = re.findall(r'rootseal_verification_seconds_bucket\{le="(.+)"\} (\d+)', text)
    assert [float(limit) for limit, _ in counts] == sorted(float(limit) for limit, _ in counts)
    by_limit = dict(counts)
    assert (by_limit["0.005"], by_limit["0.5"], by_limit["10"]) == ("1", "2", "2")
    assert by_limit["+Inf"] == "3"


def test_counts_of_all_processes_are_added(tmp_path):
    path = tmp_path / "counts.sqlite3"
    first, second = Metrics(SharedState(path)), Metrics(SharedState(path))
    for metrics in (first, second):
        metrics.count("rootseal_refused_total", {"reason": "busy"}, 2)
        metrics.flush()
    assert 'rootseal_refused_total{reason="busy"} 4' in first.render([])


def test_what_a_full_disk_kept_from_being_counted_is_counted_later():
    state = SharedState(None)
    metrics = Metrics(state)
    metrics.count("rootseal_refused_total", {"reason": "busy"})
    state._connection.execute("PRAGMA query_only = ON")
    metrics.flush()
    state._connection.execute("PRAGMA query_only = OFF")
    assert 'rootseal_refused_total{reason="busy"} 1' in metrics.render([])


def test_a_dead_process_verifies_nothing():
    state = SharedState(None)
    metrics = Metrics(state)
    metrics.note_running(3)
    with state.change() as connection:
        connection.execute("INSERT INTO jobs VALUES (?, 5)", (2**22 + 1,))
    assert "rootseal_jobs_in_flight 3" in metrics.render([])


def test_gauges_say_what_readiness_found():
    gauges = {name: value for name, _, value in list_gauges(look(late_seconds=12))}
    assert gauges == {
        "rootseal_ready": 1.0,
        "rootseal_head_age_seconds": 12,
        "rootseal_finalised_lag_blocks": 0,
    }
