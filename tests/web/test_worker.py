"""How threads are dealt out among addresses, and what becomes of who takes too long."""

import socket

from verifier.web.shares import Shares, Turn
from verifier.web.worker import ANSWER_SECONDS, READ_SECONDS, find_end

HERE, THERE = b"\x7f\x00\x00\x01", b"\x7f\x00\x00\x02"


def test_an_address_holds_its_share_and_then_waits():
    shares = Shares(2, 1)
    turns = [shares.take(HERE, name) for name in "abcd"]
    assert turns == [Turn.NOW, Turn.NOW, Turn.LATER, Turn.NEVER]


def test_one_that_holds_its_share_keeps_nobody_else_out():
    shares = Shares(1, 1)
    shares.take(HERE, "a")
    assert shares.take(THERE, "b") is Turn.NOW


def test_who_waits_begins_when_one_of_its_own_ends_first_come_first():
    shares = Shares(1, 2)
    for name in "abc":
        shares.take(HERE, name)
    assert [shares.give_back(HERE) for _ in range(3)] == ["b", "c", None]
    assert shares.take(HERE, "d") is Turn.NOW


def test_a_place_given_back_by_another_address_is_not_taken():
    shares = Shares(1, 2)
    for address, name in ((HERE, "a"), (THERE, "b"), (HERE, "c")):
        shares.take(address, name)
    assert shares.give_back(THERE) is None
    assert shares.give_back(HERE) == "c"


def test_addresses_that_are_gone_leave_nothing_behind():
    shares = Shares(1, 1)
    for number in range(100):
        address = bytes([number])
        shares.take(address, "a")
        shares.take(address, "b")
        assert shares.give_back(address) == "b"
        assert shares.give_back(address) is None
    assert not shares._held
    assert not shares._waiting


def test_reading_ends_before_the_whole_does():
    ends = [find_end(at) for at in (0, READ_SECONDS, READ_SECONDS + 1, ANSWER_SECONDS)]
    assert ends == [None, None, socket.SHUT_RD, socket.SHUT_RD]
    assert find_end(ANSWER_SECONDS + 1) == socket.SHUT_RDWR
