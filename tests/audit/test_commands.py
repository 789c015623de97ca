"""`rootseal audit` and endpoints that lie, disagree, forget or fall silent: what it says then."""

import json

import pytest

from protocol.nodes.node import NodeError
from protocol.primitives import render_address
from protocol.registry import layout
from protocol.registry.events import StatusChanged
from tests.audit.lies import alter_slot, forward, hide_log, run_proxy, tell_truth
from tests.audit.test_lies import find_chain, logs, old_status_head, place
from tests.nodes import find_free_port
from tests.scripts.shell import Shell

__all__ = ["logs", "old_status_head"]
pytestmark = pytest.mark.node


@pytest.fixture
def auditor(history, tmp_path):
    """A stranger with the contract's address, and a way to ask through given endpoints."""
    shell = Shell(tmp_path)
    network = history.story.network
    shell.write(
        ".rootseal/networks/local.toml",
        f'contract = "{render_address(network.contract)}"\n'
        f'authority = "{render_address(network.authority)}"\nfinality = "latest"\n',
    )

    def run(*arguments, endpoints=(history.process.endpoint,), code=0):
        variables = {"ROOTSEAL_RPC_LOCAL": ",".join(endpoints)}
        asked = Shell(tmp_path, variables)
        return asked.run("audit", *arguments, "--network", "local").expect(code)

    return run


def test_a_stranger_with_an_endpoint_and_the_address_accounts_for_everything(auditor):
    told = auditor("gaps", "--json").json
    assert (told["rows"], told["complete"]) == ([], True)
    assert len(told["chains"]) == 23
    assert told["endpoints"] == {"configured": 1, "agreeing": 1}
    number = told["block"]["number"]
    span = "of each the numbers from 1 to its head all seen"
    assert f"120 anchors by 12 keys, {span}, block {number}." in told["statement"]
    assert any(each.startswith("As told by one endpoint:") for each in told["statement"])
    assert any(each.startswith("Reasons, senders and trans") for each in told["statement"])


def test_another_authority_than_the_trusted_one_is_a_difference(auditor, history, tmp_path):
    """The network's file is wrong: both are named, whatever is asked."""
    path = tmp_path / ".rootseal" / "networks" / "local.toml"
    right = render_address(history.story.network.authority)
    path.write_text(path.read_text().replace(right, "0x" + "12" * 20))
    for command in ("gaps", "issuers", "batches"):
        (finding,) = auditor(command, "--json", code=1).json["findings"]
        assert finding["kind"] == "difference"
        assert right in finding["sentence"]
        assert "0x" + "12" * 20 in finding["sentence"]


def test_a_young_chain_without_finality_is_told_with_its_block_and_remedy(
    auditor, history, tmp_path
):
    path = tmp_path / ".rootseal" / "networks" / "local.toml"
    path.write_text(path.read_text().replace('finality = "latest"', 'finality = "finalized"'))

    def lie(method, params, result):
        young = method == "eth_getBlockByNumber" and params[0] == "finalized"
        return forward(history.process.endpoint, [first])[0]["result"] if young else result

    first = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "eth_getBlockByNumber",
        "params": ["0x0", False],
    }
    with run_proxy(history.process.endpoint, lie) as young:
        told = auditor("gaps", endpoints=(young,), code=2)
    assert "at block 0, the newest final one; at block" in told.err
    assert "--at-block" in told.err
    assert "`finality`" in told.err


def test_two_endpoints_that_agree_are_said_to(auditor, history):
    with run_proxy(history.process.endpoint, tell_truth) as second:
        told = auditor("gaps", "--json", endpoints=(history.process.endpoint, second)).json
    assert told["endpoints"] == {"configured": 2, "agreeing": 2}
    assert any("2 endpoints agreed on every answer" in each for each in told["statement"])


def test_of_two_endpoints_the_one_that_withholds_is_told_by_how_much_it_shows(
    auditor, history, logs
):
    log, _ = logs[len(logs) // 3]
    with run_proxy(history.process.endpoint, hide_log(*place(log))) as liar:
        told = auditor("gaps", "--json", endpoints=(history.process.endpoint, liar), code=2).json
    shown = sum(each["blockNumber"] == log["blockNumber"] for each, _ in logs)
    # One for each chain with an entry in that block.
    disputed = [each["sentence"] for each in told["findings"] if "eth_getLogs" in each["sentence"]]
    assert disputed
    for sentence in disputed:
        assert f"(endpoint 1 shows {shown}, endpoint 2 shows {shown - 1})" in sentence
        assert ", the endpoints of local disagree" in sentence
    assert not any("agreed on every answer that" in each for each in told["statement"])
    assert any("but those that the findings name" in each for each in told["statement"])


def test_one_of_two_that_is_silent_is_said_to_be(auditor, history):
    silent = f"http://127.0.0.1:{find_free_port()}"
    told = auditor("gaps", "--json", endpoints=(silent, history.process.endpoint)).json
    assert told["endpoints"] == {"configured": 2, "agreeing": 1}
    assert any("the others of 2 were silent" in each for each in told["statement"])


@pytest.mark.parametrize("form", [(), ("--csv",), ("--json",)])
def test_a_withheld_log_ends_with_1_and_its_name(auditor, history, logs, form):
    log, event = logs[len(logs) // 3]
    with run_proxy(history.process.endpoint, hide_log(*place(log))) as liar:
        told = auditor("gaps", *form, endpoints=(liar,), code=1)
    text = told.out + told.err
    named = f"Entry {event.seq} of the {find_chain(event)} is missing from block"
    assert named in text
    assert "Complete" not in text
    if form == ("--csv",):
        assert "gap," in told.out


def test_a_wrong_status_word_ends_with_1_and_its_name(auditor, history, logs):
    event = next(event for _, event in logs if isinstance(event, StatusChanged))
    slot, _ = layout.locate_status(event.issuer_id, event.word)
    with run_proxy(history.process.endpoint, alter_slot(slot.position, lambda word: 0)) as liar:
        plain = auditor("gaps", "--no-prove", "--json", endpoints=(liar,), code=1).json
        proven = auditor("gaps", "--prove", "--json", endpoints=(liar,), code=1).json
        both = (history.process.endpoint, liar)
        two = auditor("gaps", "--json", "--no-prove", endpoints=both, code=2).json
    for told, words in ((plain, "adds up to"), (proven, "proves"), (two, "disagree")):
        (finding,) = told["findings"]
        assert words in finding["sentence"]
        assert str(event.word) in finding["sentence"]


def test_an_old_head_is_found_by_proof_and_by_two(auditor, history, old_status_head):
    head, lie = old_status_head
    with run_proxy(history.process.endpoint, lie) as liar:
        alone = auditor("gaps", "--no-prove", endpoints=(liar,))
        assert "As told by one endpoint" in alone.out
        proven = auditor("gaps", endpoints=(liar,), code=1)
        two = auditor("gaps", "--no-prove", endpoints=(history.process.endpoint, liar), code=2)
    assert head.name[1:] in proven.out
    assert "proves" in proven.out
    assert head.name[1:] in two.out


def test_a_proof_counts_against_a_hash_that_a_second_endpoint_confirms(auditor, history):
    """A first endpoint with a chain of its own: the second does not know that block."""

    def lie(method, _params, result):
        if method == "eth_getBlockByNumber":
            result["hash"] = "0x" + "77" * 32
        return result

    with run_proxy(history.process.endpoint, lie) as liar:
        told = auditor("gaps", endpoints=(liar, history.process.endpoint), code=2)
    assert "disagree" in told.err


def test_a_silent_endpoint_ends_with_4(auditor):
    told = auditor("gaps", endpoints=(f"http://127.0.0.1:{find_free_port()}",), code=4)
    assert told.out == ""
    assert len(told.err.splitlines()) == 1


def test_a_node_that_forgot_that_block_s_state_ends_with_2(auditor, history):
    """A pruned node: logs and headers are there, the state is not."""

    def lie(method, params, result):
        old = [each for each in params if isinstance(each, str) and each == "0x9"]
        if method in ("eth_getCode", "eth_getStorageAt", "eth_getProof") and old:
            return NodeError(-32000, "missing trie node 5a3f (path ) state 0x12 is not available")
        return result

    with run_proxy(history.process.endpoint, lie) as pruned:
        told = auditor("gaps", "--at-block", 9, endpoints=(pruned,), code=2)
        auditor("gaps", endpoints=(pruned,))
    assert told.err == "Error: No endpoint of local has the state of block 9.\n"


def test_every_answer_about_an_earlier_block_is_as_it_was_then(auditor, history, logs):
    middle = logs[len(logs) // 2][1].position.block
    then = auditor("batches", "--json", "--at-block", middle).json
    now = auditor("batches", "--json").json
    expected = [row["root"] for row in now["rows"] if row["block"] <= middle]
    assert [row["root"] for row in then["rows"]] == expected
    assert not any(row["revoked_at"] or row["endorsed_by"] for row in then["rows"])
    assert any(row["revoked_at"] for row in now["rows"])
    assert any(row["endorsed_by"] for row in now["rows"])


def test_the_tables_answer_the_auditor_s_questions(auditor, history):
    """Names over time, standings, keys, grants, acts and compromises, as the history made them."""
    names = auditor("issuers", "--show", "names", "--issuer", "2", "--json").json["rows"]
    assert [(row["identifier"], row["current"]) for row in names] == [
        ("did:web:renamed.example", True),
        ("did:web:institution-2.example", False),
    ]
    (second,) = auditor("issuers", "--issuer", "renamed.example", "--json").json["rows"]
    assert (second["institution"], second["name"]) == (2, "Renamed")
    standing, *_ = auditor("issuers", "--show", "standings", "--issuer", "5", "--json").json["rows"]
    assert (standing["standing"], standing["reason"]) == ("suspended", "administrative")
    keys = auditor("issuers", "--show", "keys", "--issuer", "1", "--json").json["rows"]
    assert {row["number"] for row in keys if row["current"]} == {1, 2, 3}
    (compromised,) = [row for row in keys if row["compromised_at"]]
    after = auditor("batches", "--after-compromise", "--json").json["rows"]
    assert {row["key"] for row in after} <= {compromised["key"]}
    grants = auditor("accreditations", "--json").json["rows"]
    assert [(row["decides"], row["in_force"]) for row in grants] == [(True, False), (False, None)]
    then = auditor("accreditations", "--at", grants[1]["time"], "--json").json["rows"]
    assert [(row["decides"], row["in_force"]) for row in then][1] == (True, True)
    acts = auditor("issuers", "--show", "acts", "--json").json["rows"]
    kinds = {row["act"] for row in acts}
    assert kinds == {
        *("named", "standing", "accredited", "accreditation withdrawn"),
        *("officer", "authority", "successor"),
    }
    assert {row["by"] for row in acts} == {render_address(history.story.network.authority)}


def test_batches_revoked_or_endorsed_whole_are_listed_by_root(auditor, history):
    rows = auditor("status", "--json").json["rows"]
    whole = [row for row in rows if row["root"]]
    assert sorted(row["change"] for row in whole) == [
        "batch endorsed",
        "batch revoked",
        "batch revoked",
    ]
    root = whole[0]["root"]
    assert auditor("status", "--root", root, "--json").json["rows"] == [whole[0]]
    assert {json.dumps(row["indices"]) for row in whole} == {"null"}


def forget_later(spoil, after):
    """Spoil one answer; after so many questions the state is gone, as on a node that prunes."""
    asked = []

    def lie(method, params, result):
        asked.append(method)
        if len(asked) > after and method in ("eth_getStorageAt", "eth_getProof"):
            return NodeError(-32000, "missing trie node 5a3f (path ) state 0x12 is not available")
        return spoil(method, params, result)

    return lie


@pytest.mark.parametrize("after", [30, 200])
def test_json_is_whole_where_the_state_goes_missing_midway(auditor, history, after):
    with run_proxy(history.process.endpoint, forget_later(tell_truth, after)) as pruned:
        told = auditor("batches", "--json", "--no-prove", endpoints=(pruned,), code=2).json
    assert told["complete"] is False
    assert any("cut off" in each["sentence"] for each in told["findings"])


def test_a_gap_counts_though_the_state_goes_missing_after_it(auditor, history, logs):
    """What was found before is neither lost nor made milder."""
    log, _ = next(each for each in logs if find_chain(each[1]).kind == "registry")
    with run_proxy(history.process.endpoint, forget_later(hide_log(*place(log)), 150)) as liar:
        told = auditor("gaps", "--json", "--no-prove", endpoints=(liar,), code=1).json
    assert {"gap", "undetermined"} <= {each["kind"] for each in told["findings"]}


@pytest.mark.parametrize(
    "command", [("issuers",), ("gaps",), ("issuers", "--show", "names"), ("reconcile", "leaves")]
)
def test_a_count_of_institutions_that_cannot_be_is_a_difference(
    auditor, history, tmp_path, command
):
    """One word of storage: four billion institutions, beside so few entries."""
    (tmp_path / "leaves").write_text("ab" * 32)
    lie = alter_slot(layout.REGISTRY.position, lambda word: word | 0xFFFFFFFF << 80)
    with run_proxy(history.process.endpoint, lie) as liar:
        told = auditor(*command, "--json", "--no-prove", endpoints=(liar,), code=1).json
    sentences = [each["sentence"] for each in told["findings"]]
    assert any("Storage counts 4,294,967,295 institutions" in each for each in sentences)
    if command == ("issuers",):
        assert len(told["rows"]) == 5


def test_a_count_that_is_backed_by_as_false_a_number_of_entries_ends_soon(auditor, history):
    """Both fields of the word are false: reading stops where no institution is there any more."""
    lie = alter_slot(layout.REGISTRY.position, lambda word: word | 0xFFFFFFFF << 80 | (1 << 40) - 1)
    with run_proxy(history.process.endpoint, lie) as liar:
        told = auditor("issuers", "--json", "--no-prove", endpoints=(liar,), code=1).json
    assert [row["institution"] for row in told["rows"] if row["keys"]] == [1, 2, 3, 4, 5]
    sentences = [each["sentence"] for each in told["findings"]]
    assert any("has no record of any from 201 on" in each for each in sentences)


def test_an_institution_that_the_count_leaves_out_is_a_difference(auditor, history):
    lie = alter_slot(layout.REGISTRY.position, lambda word: word & ~(0xFFFFFFFF << 80) | 1 << 80)
    with run_proxy(history.process.endpoint, lie) as liar:
        told = auditor(
            "status", "--issuer", "3", "--json", "--no-prove", endpoints=(liar,), code=1
        ).json
    sentences = [each["sentence"] for each in told["findings"]]
    assert "Institution 3 has a record; storage counts only 1 institutions." in sentences
    assert told["rows"]
