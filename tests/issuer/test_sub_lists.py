"""A batch beyond one status list: its places in sub-lists, through journal, chain and lists.

Its credentials are never drafted, which would take a minute: the journal has them as if they were,
and the root is anchored. A small batch is issued whole into a sub-list, after a dropped plan.
"""

import csv
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import pytest

from issuer.batches.desk import Desk
from issuer.batches.plan import (
    KeyPosition,
    Ledger,
    Plan,
    StatusRange,
    Terms,
    choose_range,
    order_positions,
)
from issuer.journal import entries, plans
from issuer.journal.entry_table import EntryTable, build_table
from issuer.journal.lists import find_lists
from issuer.journal.records import Anchoring, BatchRecord, Entry, StatusPlace
from issuer.sending.channel import find_registry_scope
from issuer.status.status_changes import StatusAction, StatusResult, change_status
from issuer.status.status_targets import StatusRequest, find_targets
from protocol.credentials.status_index import LIST_ENTRIES, locate
from protocol.credentials.status_list import LIST_WORDS, PURPOSES, ListForm, is_set
from protocol.primitives import BlockNumber, Digest, KeyIndex, Leaf, Root, parse_address
from protocol.registry.events import StatusChanged
from tests.issuer.killing import issue
from tests.issuer.scene import (
    ANCHOR,
    STATUS_BASE,
    SampleSource,
    copy_home,
    name_people,
    open_desk,
    read_all_events,
    read_anchored,
    transact,
)
from tests.issuer.test_publishing import open_node, publish, read_bits

COUNT = LIST_ENTRIES + 300
"""Some of them lie in a second list, in two words of it."""
ROOT = Root(sha256(b"a root of very many").digest())
FIRST, SECOND, NEXT = (1 << 32) | 1, (1 << 32) | (1 << 24) | 1, (1 << 32) | 2
"""The list of the key's first batch, its sub-list, and the list of the key's second batch."""
MOMENT = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
ACCOUNT = parse_address(ANCHOR.address)


def name_credential(position: int) -> str:
    return f"urn:uuid:{UUID(int=position)}"


def draw_plan(chosen: StatusRange) -> Plan:
    terms = Terms(STATUS_BASE, "did:web:x#a", "did:web:x#b")
    return Plan(1, bytes(32), MOMENT, ACCOUNT, 0, 1, chosen, terms)


def begin(desk: Desk, folder: Path, count: int) -> BatchRecord:
    scope = find_registry_scope(desk.channel.chain)
    return desk.channel.journal.open_batch(Digest(bytes(32)), 1, scope, count, folder)


def fill_table(places: list[int]) -> EntryTable:
    found = (
        Entry(at, name_credential(at), place, Leaf(sha256(b"%d" % at).digest()), None)
        for at, place in enumerate(places)
    )
    return build_table(found, len(places))


def release(desk: Desk, folder: Path) -> None:
    """Keep in the journal a batch that was anchored, as issuing would."""
    journal = desk.channel.journal
    batch = begin(desk, folder, COUNT)
    position = KeyPosition(0, KeyIndex(1), 0, BlockNumber(0))
    plan = draw_plan(choose_range(position, Ledger(None, None, {}), COUNT))
    plans.save_plan(journal, batch, plan)
    places = order_positions(journal.secret, plan.range)[:COUNT]
    entries.save_entries(journal, batch, plan, fill_table([*places]))
    block = desk.channel.chain.read_latest()
    anchoring = Anchoring(ROOT, Digest(bytes(32)), block.number, block.hash, MOMENT, 1)
    entries.save_anchoring(journal, batch, plan, anchoring)
    entries.save_final(journal, batch, plan, "{}")


@pytest.fixture(scope="module")
def released_home(template_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("many")
    home = copy_home(template_home, folder / "home")
    with open_node(home) as (node, contract):
        transact(node, ANCHOR, contract, ROOT)
    with open_desk(home) as desk:
        release(desk, folder / "out")
    return home


@pytest.fixture
def many(released_home: Path, tmp_path: Path) -> Path:
    return copy_home(released_home, tmp_path / "home")


@contextmanager
def open_journal(home: Path) -> Iterator[tuple]:
    with open_desk(home) as desk:
        yield desk.channel.journal, find_registry_scope(desk.channel.chain)


def list_places(home: Path) -> list[StatusPlace]:
    with open_journal(home) as (journal, scope):
        return [*entries.find_batch_places(journal, scope, ROOT)]


def write_rows(home: Path, places: list[StatusPlace]) -> StatusRequest:
    path = home.parent / "rows.csv"
    path.write_text("\n".join(["credential_id", *(place.credential for place in places)]))
    return StatusRequest(csv=path)


def change(
    home: Path, action: StatusAction, request: StatusRequest, *, transactions: int
) -> StatusResult:
    with open_desk(home) as desk:
        result = change_status(desk, action, find_targets(desk, request), 1)
    assert len(result.transactions) == transactions
    return result


def list_changed(home: Path) -> set[tuple[int, int]]:
    """Return list and index of every entry that the registry says was changed."""
    events = [event for event in read_all_events(home) if isinstance(event, StatusChanged)]
    return {
        (event.word // LIST_WORDS, event.word % LIST_WORDS * 256 + index)
        for event in events
        for index in range(256)
        if event.bits & 1 << 255 - index
    }


def test_each_credential_has_an_entry_of_its_own_in_two_lists(many: Path) -> None:
    places = list_places(many)
    assert [place.credential for place in places] == [*map(name_credential, range(COUNT))]
    assert len({(place.list, place.index) for place in places}) == COUNT
    counts = {number: sum(place.list == number for place in places) for number in (FIRST, SECOND)}
    assert sum(counts.values()) == COUNT
    assert LIST_ENTRIES - 512 < counts[FIRST] < LIST_ENTRIES
    assert all(place.index < 512 for place in places if place.list == SECOND)


def test_a_credential_is_found_by_its_id_in_either_list(many: Path) -> None:
    places = list_places(many)
    with open_journal(many) as (journal, scope):
        for wanted in (FIRST, SECOND):
            place = next(place for place in places if place.list == wanted)
            assert entries.find_status_place(journal, scope, place.credential) == place


def test_the_batch_fills_its_list_and_the_next_opens_another(many: Path, tmp_path: Path) -> None:
    issue(many, tmp_path / "next", SampleSource(name_people(3)))
    batch = json.loads((tmp_path / "next" / "batch" / "batch.json").read_bytes())
    assert (batch["status_list"], batch["status_start"]) == (NEXT, 0)
    with open_journal(many) as (journal, scope):
        assert find_lists(journal, scope, [ACCOUNT]) == {FIRST, SECOND, NEXT}


def test_rows_of_both_lists_are_revoked_on_the_chain_and_in_what_is_published(many: Path) -> None:
    places = list_places(many)
    chosen = [next(place for place in places if place.list == each) for each in (FIRST, SECOND)]
    change(many, StatusAction.REVOKE, write_rows(many, chosen), transactions=1)
    published = publish(many)
    assert {each.place.list for each in published.lists} == {FIRST, SECOND}
    assert list_changed(many) == {(place.list, place.index) for place in chosen}
    for place in chosen:
        bits = read_bits(many, place.list, "revocation", ListForm.STANDARD)
        assert [index for index in range(LIST_ENTRIES) if is_set(bits, index)] == [place.index]


def test_the_sub_list_is_published_before_anything_is_revoked(many: Path) -> None:
    published = publish(many)
    listed = {(each.place.list, each.place.purpose) for each in published.lists}
    assert listed == {(number, purpose) for number in (FIRST, SECOND) for purpose in PURPOSES}


def test_a_change_takes_no_more_words_than_the_registry_does_in_a_call(many: Path) -> None:
    """One of each of 257 words, two of them of the sub-list."""
    by_word = {locate(place.list, place.index)[0]: place for place in list_places(many)}
    chosen = [by_word[word] for word in sorted(by_word)[-257:]]
    change(many, StatusAction.SUSPEND, write_rows(many, chosen), transactions=2)
    assert list_changed(many) == {(place.list, place.index) for place in chosen}


def test_credentials_of_both_lists_are_counted_whose_end_no_list_shows(many: Path) -> None:
    change(many, StatusAction.REVOKE, StatusRequest(batch=ROOT), transactions=1)
    (batch,) = publish(many).unseen
    assert (batch.root, batch.count) == (ROOT, COUNT)


# A batch that is issued whole, into a sub-list.


@pytest.fixture
def dropped(home: Path) -> Path:
    """A home in which a batch as large as a list was planned first, and refused."""
    with open_desk(home) as desk:
        journal = desk.channel.journal
        batch = begin(desk, home.parent / "refused", LIST_ENTRIES)
        plan = draw_plan(StatusRange(FIRST, 0, LIST_ENTRIES))
        plans.save_plan(journal, batch, plan)
        plans.drop_plan(journal, batch, plan, "credentials were refused")
    return home


def test_after_a_dropped_plan_a_batch_lies_in_a_sub_list_and_says_so_everywhere(
    dropped: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    issue(dropped, out, SampleSource(name_people(5)))
    batch = json.loads((out / "batch" / "batch.json").read_bytes())
    assert (batch["status_list"], batch["status_start"], batch["status_size"]) == (SECOND, 0, 16)
    text = (out / "batch" / "manifest.csv").read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(text.splitlines()))
    for row in rows:
        status = json.loads((out / row["file"]).read_bytes())["credentialStatus"]
        assert status["statusListCredential"] == f"{STATUS_BASE}/{SECOND}/revocation"
        assert row["status_list"] == str(SECOND)
        assert row["status_index"] == status["statusListIndex"]
    assert len({row["status_index"] for row in rows}) == 5
    with open_journal(dropped) as (journal, scope):
        for row in rows:
            place = entries.find_status_place(journal, scope, row["credential_id"])
            assert (place.list, str(place.index)) == (SECOND, row["status_index"])


def test_one_of_a_sub_list_is_revoked_by_its_file_and_no_other(
    dropped: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    issue(dropped, out, SampleSource(name_people(5)))
    file = sorted(out.glob("*.json"))[2]
    index = int(json.loads(file.read_bytes())["credentialStatus"]["statusListIndex"])
    change(dropped, StatusAction.REVOKE, StatusRequest((file,)), transactions=1)
    assert list_changed(dropped) == {(SECOND, index)}


def test_the_places_of_a_sub_list_are_not_given_out_again(dropped: Path, tmp_path: Path) -> None:
    """The list counts as full from then on: the next batch opens its own."""
    issue(dropped, tmp_path / "one", SampleSource(name_people(5)))
    issue(dropped, tmp_path / "two", SampleSource(name_people(6)))
    two = json.loads((tmp_path / "two" / "batch" / "batch.json").read_bytes())
    assert (two["status_list"], two["status_start"]) == (NEXT, 0)
    assert len(read_anchored(dropped)) == 2


def test_words_of_a_list_and_its_sub_list_are_far_apart() -> None:
    assert locate(SECOND, 0)[0] - locate(FIRST, LIST_ENTRIES - 1)[0] > 2**32
