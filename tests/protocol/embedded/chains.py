"""Embedded chains for tests: funded accounts, a clock that does not wait, a small contract."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from eth_account import Account

from protocol.embedded import create_embedded, open_embedded
from protocol.primitives import (
    Address,
    ChainId,
    parse_address,
    render_address,
    render_hex,
)

CHAIN_ID = ChainId(424_242)
GENESIS = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
ETHER = 10**18
GWEI = 10**9
ALICE = Account.from_key("0x" + "a1" * 32)
BOB = Account.from_key("0x" + "b0" * 32)
POOR = Account.from_key("0x" + "00" * 31 + "99")
NOBODY = "0x" + "22" * 20


def build_init_code(runtime: bytes) -> bytes:
    """Return code that creates a contract with this code."""
    size = f"{len(runtime):02x}"
    return bytes.fromhex(f"60{size}600a5f3960{size}5ff3") + runtime


_REVERT_AT = "2a"
RUNTIME = (
    bytes.fromhex(
        "36" + f"60{_REVERT_AT}57"  # data given: revert with it
        "5f54" + "6001" + "01" + "80" + "5f55"  # count up slot 0
        "5f52" + "43602052" + "42604052" + "33606052"  # count, block number, time, caller
        "6011" + "6040" + "5f" + "a1"  # log the first two under topic 0x11
        "6080" + "5f" + "f3"  # and return all four
    ).ljust(0x2A, b"\0")
    + bytes.fromhex("5b" + "365f5f37" + "365ffd")
)
"""Counts its calls; reverts with whatever data it is given."""
INIT_CODE = build_init_code(RUNTIME)
TOPIC = "0x" + "11".rjust(64, "0")
CUSTOM_ERROR = bytes.fromhex("11223344") + b"\7" * 32


class Time:
    """A clock that moves when one sleeps; it remembers for how long."""

    def __init__(self, now: datetime = GENESIS + timedelta(seconds=10)) -> None:
        self.now = now
        self.slept: list[float] = []

    def clock(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)


class FastTime:
    """The wall clock, 500 times as fast; the same in every process that knows its start."""

    def __init__(self, start: float) -> None:
        self._start = start

    def clock(self) -> datetime:
        return datetime.fromtimestamp(self._start + (time.time() - self._start) * 500, UTC)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds / 500)


def find_address(account) -> Address:
    return Address(bytes.fromhex(account.address[2:]))


def create(path: Path, genesis: datetime = GENESIS) -> None:
    balances = {find_address(ALICE): 1_000 * ETHER, find_address(BOB): 1_000 * ETHER}
    create_embedded(path, CHAIN_ID, balances, genesis)


@contextmanager
def open_chain(path: Path, times=None) -> Iterator:
    times = times or Time()
    with open_embedded(path, times.clock, times.sleep) as node:
        yield node


def sign(account, nonce: int, **changes) -> str:
    fields = {
        "type": 2,
        "chainId": CHAIN_ID,
        "nonce": nonce,
        "to": NOBODY,
        "value": 1,
        "data": b"",
        "gas": 21_000,
        "maxFeePerGas": 3 * GWEI,
        "maxPriorityFeePerGas": GWEI,
        **changes,
    }
    kept = {name: value for name, value in fields.items() if value is not None}
    return render_hex(account.sign_transaction(kept).raw_transaction)


def sign_legacy(account, nonce: int, **changes) -> str:
    without = {"type": None, "maxFeePerGas": None, "maxPriorityFeePerGas": None}
    return sign(account, nonce, gasPrice=2 * GWEI, **without, **changes)


def send(node, raw: str) -> dict:
    """Send signed bytes and return the receipt."""
    return node.request(
        "eth_getTransactionReceipt", [node.request("eth_sendRawTransaction", [raw])]
    )


def deploy(node, nonce: int = 0) -> str:
    """Deploy the small contract from Alice's account and return its address, as signers want it."""
    raw = sign(ALICE, nonce, to=None, value=0, gas=300_000, data=INIT_CODE)
    return to_checksum(send(node, raw)["contractAddress"])


def count_up(node, contract: str, nonce: int) -> dict:
    return send(node, sign(ALICE, nonce, to=contract, value=0, gas=100_000))


def to_checksum(address: str) -> str:
    return render_address(parse_address(address))


def read_words(result: str) -> list[int]:
    data = bytes.fromhex(result[2:])
    return [int.from_bytes(data[at : at + 32], "big") for at in range(0, len(data), 32)]
