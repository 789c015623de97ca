"""The chain's file: made once and whole, and refused where it is something else."""

import os
import sqlite3
import stat
import subprocess
import sys
import textwrap
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from protocol.embedded import create_embedded, open_embedded
from protocol.embedded.store import Store
from protocol.errors import ConfigurationError
from protocol.primitives import ChainId
from tests.protocol.embedded.chains import (
    ALICE,
    CHAIN_ID,
    ETHER,
    GENESIS,
    Time,
    create,
    open_chain,
    send,
    sign,
)


def refuse(path: Path) -> str:
    with pytest.raises(ConfigurationError) as refusal:
        open_embedded(path, Time().clock, Time().sleep)
    assert refusal.value.setting == str(path)
    assert refusal.value.remedy
    return refusal.value.reason


def test_only_the_owner_may_read_the_file_and_what_lies_beside_it(path) -> None:
    with open_chain(path) as node:
        send(node, sign(ALICE, 0))
        beside = sorted(path.parent.iterdir())
        assert [each.name for each in beside] == [path.name, f"{path.name}-shm", f"{path.name}-wal"]
        assert {stat.S_IMODE(each.stat().st_mode) for each in beside} == {0o600}
    assert list(path.parent.iterdir()) == [path]


def test_genesis_funds_the_given_accounts_at_the_given_time(node) -> None:
    block = node.request("eth_getBlockByNumber", ["0x0", False])
    assert int(block["timestamp"], 16) == int(GENESIS.timestamp())
    assert int(node.request("eth_getBalance", [ALICE.address, "0x0"]), 16) == 1_000 * ETHER
    assert node.request("eth_accounts", []) == []


def test_a_chain_that_is_there_is_left_alone(path) -> None:
    with open_chain(path) as node:
        send(node, sign(ALICE, 0))
        create_embedded(path, ChainId(1), {}, GENESIS + timedelta(days=1))
        assert node.request("eth_chainId", []) == hex(CHAIN_ID)
    with open_chain(path) as node:
        assert node.request("eth_blockNumber", []) == "0x1"


def test_of_many_who_create_at_once_one_does(tmp_path) -> None:
    path = tmp_path / "home" / "chain.sqlite3"
    ready = threading.Barrier(8)
    failures: list[ConfigurationError] = []

    def run(number: int) -> None:
        ready.wait()
        try:
            create_embedded(path, ChainId(1_000 + number), {}, GENESIS)
        except ConfigurationError as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert list(path.parent.iterdir()) == [path]
    with open_chain(path) as node:
        assert 1_000 <= int(node.request("eth_chainId", []), 16) < 1_008


def test_a_creator_that_was_killed_leaves_nothing_in_the_way(tmp_path) -> None:
    path = tmp_path / "chain.sqlite3"
    path.with_name("chain.sqlite3.new").write_bytes(b"half a chain")
    assert "there is no embedded chain" in refuse(path)
    create(path)
    with open_chain(path) as node:
        assert node.request("eth_blockNumber", []) == "0x0"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("content", [b"", b"name,email\nKim,kim@example.org\n" * 99, bytes(8192)])
def test_a_file_that_is_no_database_of_ours_is_refused(tmp_path, content) -> None:
    path = tmp_path / "chain.sqlite3"
    path.write_bytes(content)
    assert refuse(path).startswith("not an embedded chain")
    assert path.read_bytes() == content


def test_another_programs_database_is_refused(tmp_path) -> None:
    path = tmp_path / "chain.sqlite3"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE entry (key BLOB PRIMARY KEY, value BLOB)")
    connection.close()
    assert "not made by Rootseal" in refuse(path)


def test_a_chain_of_another_version_is_refused(path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 2")
    connection.close()
    assert "version 2" in refuse(path)


def test_a_chain_without_its_newest_block_is_refused(path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("DELETE FROM entry WHERE key = ?", (b"v1:canonical_head_hash",))
    connection.commit()
    connection.close()
    assert "no newest block" in refuse(path)


def test_a_cut_file_is_refused(path) -> None:
    with open_chain(path) as node:
        for nonce in range(20):
            send(node, sign(ALICE, nonce))
    os.truncate(path, path.stat().st_size // 2)
    assert "damaged" in refuse(path)


def test_a_changed_byte_of_the_state_is_noticed(path) -> None:
    """All opens well; only one bit of one account was flipped on the disk."""
    with open_chain(path) as node:
        root = node.request("eth_getBlockByNumber", ["latest", False])["stateRoot"]
    connection = sqlite3.connect(path)
    key = bytes.fromhex(root[2:])
    (value,) = connection.execute("SELECT value FROM entry WHERE key = ?", (key,)).fetchone()
    changed = value[:-1] + bytes([value[-1] ^ 1])
    connection.execute("UPDATE entry SET value = ? WHERE key = ?", (changed, key))
    connection.commit()
    connection.close()
    with open_chain(path) as node, pytest.raises(ConfigurationError, match="damaged"):
        node.request("eth_getBalance", [ALICE.address, "latest"])


def test_a_missing_entry_of_the_state_is_noticed(path) -> None:
    with open_chain(path) as node:
        root = node.request("eth_getBlockByNumber", ["latest", False])["stateRoot"]
    connection = sqlite3.connect(path)
    connection.execute("DELETE FROM entry WHERE key = ?", (bytes.fromhex(root[2:]),))
    connection.commit()
    connection.close()
    with open_chain(path) as node:
        for method, params in (
            ("eth_getBalance", [ALICE.address]),
            ("eth_call", [{"to": ALICE.address}]),
            ("eth_getProof", [ALICE.address, [], "latest"]),
            ("eth_sendRawTransaction", [sign(ALICE, 0)]),
        ):
            with pytest.raises(ConfigurationError, match="entries are missing"):
                node.request(method, params)


def test_a_folder_that_cannot_be_made_is_said_so(tmp_path) -> None:
    (tmp_path / "home").write_text("a file")
    with pytest.raises(ConfigurationError, match="cannot be made"):
        create(tmp_path / "home" / "chain.sqlite3")


def test_a_full_disk_keeps_the_last_whole_block(path) -> None:
    """KO-12: the file may grow no further while a block is written."""
    script = f"""
        import resource, signal
        from pathlib import Path
        from protocol.errors import ConfigurationError
        from tests.protocol.embedded.chains import open_chain, Time, sign, send, ALICE
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        with open_chain(Path({str(path)!r})) as node:
            send(node, sign(ALICE, 0))
            limit = 40_000
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
            for nonce in range(1, 50):
                try:
                    send(node, sign(ALICE, nonce))
                except ConfigurationError as error:
                    print(nonce, error)
                    break
            print(node.request("eth_blockNumber", []))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    refusal, height = done.stdout.splitlines()
    nonce, reason = refusal.split(" ", 1)
    assert "the embedded chain cannot be used" in reason
    assert int(height, 16) == int(nonce) > 1
    with open_chain(path) as node:
        assert node.request("eth_blockNumber", []) == height
        times = Time(GENESIS + timedelta(days=1))
    with open_chain(path, times) as node:
        assert send(node, sign(ALICE, int(nonce)))["status"] == "0x1"


@pytest.mark.parametrize("method", ["__setitem__", "__getitem__", "__contains__"])
def test_whichever_access_fails_the_last_whole_block_stays(path, monkeypatch, caplog, method):
    """Sweep an input-output error over every access of one block; one sentence says it."""
    access = getattr(Store, method)
    left = 0
    reasons = set()

    def access_or_fail(store: Store, *given: bytes) -> object:
        nonlocal left
        left -= 1
        if left == 0:
            raise sqlite3.OperationalError("disk I/O error")
        return access(store, *given)

    with open_chain(path) as node, monkeypatch.context() as patched:
        patched.setattr(Store, method, access_or_fail)
        for failing in range(1, 200):
            left = failing
            try:
                node.request("eth_sendRawTransaction", [sign(ALICE, 0)])
            except ConfigurationError as error:
                reasons.add(error.reason)
            else:
                break
            left = 0
            assert node.request("eth_blockNumber", []) == "0x0"
        left = 0
        assert node.request("eth_blockNumber", []) == "0x1"
    assert 1 < failing < 199
    assert reasons == {"the embedded chain cannot be used (disk I/O error)"}
    assert caplog.records == []


def test_importing_the_package_loads_no_machine() -> None:
    script = "import sys, protocol.embedded; print([m for m in sys.modules if m in ('eth', 'rlp')])"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_opening_warns_of_nothing(path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from datetime import UTC, datetime;"
        "from protocol.embedded import open_embedded;"
        "open_embedded(Path(sys.argv[1]), lambda: datetime.now(UTC), time.sleep).close()"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script, path], capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
