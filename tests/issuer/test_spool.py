"""Learners that lie in a file while a command works with them."""

import json
import os
import pickle
import signal
import stat
import subprocess
import sys
import textwrap
from array import array
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuer.batches.ranges import RANGE_SIZE, split_ranges
from issuer.batches.workers import Crew
from issuer.errors import BadInputError
from issuer.inputs import identities
from issuer.inputs.cells import find_end_of_day, find_start_of_day
from issuer.inputs.draft import render_day_time
from issuer.inputs.learner import EvidenceItem, Learner, render_learner
from issuer.inputs.roster import RosterSource
from issuer.inputs.rubric import Level
from issuer.inputs.spool import delete_abandoned, open_spool
from issuer.inputs.spooled import SpooledLearners, Surroundings, render_line
from protocol.primitives import Digest
from tests.issuer.inputs import MOMENT, ROSTER, draft, load

HEADER, FIRST, SECOND = ROSTER.splitlines()
ZONES = [
    ZoneInfo(name)
    for name in (
        *("Pacific/Auckland", "Pacific/Apia", "America/Lima", "America/Asuncion"),
        *("Asia/Beirut", "Asia/Kolkata", "Africa/Monrovia", "UTC"),
    )
]
LEVELS = tuple(
    Level(f"urn:example:{name}", name, "urn:example:result", earns_credit=name != "low")
    for name in ("low", "high", "é")
)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
MAYBE = st.none() | TEXT
DAYS = st.dates(date(1900, 1, 1), date(9998, 12, 31))
ITEMS = st.builds(
    EvidenceItem,
    url=MAYBE,
    file_digest=st.none() | st.binary(min_size=32, max_size=32).map(Digest),
    name=MAYBE,
    genre=MAYBE,
)


@st.composite
def learners_of(draw, zone):
    awarded, ended = draw(st.none() | DAYS), draw(st.none() | DAYS)
    return Learner(
        row=draw(st.integers(2, 1 << 20)),
        name=draw(TEXT),
        email=draw(MAYBE),
        student_id=draw(MAYBE),
        did=draw(MAYBE),
        awarded_at=awarded and find_start_of_day(awarded, zone),
        valid_until=ended and find_end_of_day(ended, zone),
        level=draw(st.none() | st.sampled_from(LEVELS)),
        narrative=draw(MAYBE),
        language=draw(MAYBE),
        evidence=tuple(draw(st.lists(ITEMS, max_size=3))),
    )


def write_rows(count):
    rows = [f"Learner {n},l{n}@example.org,{n},2026-11-06,Merit" for n in range(count)]
    return "\n".join([HEADER, *rows, ""])


@given(data=st.data(), zone=st.sampled_from(ZONES))
def test_a_learner_comes_back_as_it_was(tmp_path_factory, data, zone):
    before = data.draw(st.lists(learners_of(zone), min_size=1, max_size=4))
    around = Surroundings(LEVELS, zone)
    lines = [render_line(each, render_learner(each), around) for each in before]
    path = tmp_path_factory.mktemp("spool") / "lines"
    path.write_bytes(b"".join(lines))
    offsets = array("Q", [0, path.stat().st_size])
    after = list(SpooledLearners(path, offsets, range(len(before)), around))
    assert after == before
    for one, other in zip(before, after, strict=True):
        assert [render_day_time(at) for at in (one.awarded_at, one.valid_until) if at] == [
            render_day_time(at) for at in (other.awarded_at, other.valid_until) if at
        ]
        assert render_learner(one) == render_learner(other)


@pytest.mark.parametrize("count", [1, RANGE_SIZE, RANGE_SIZE + 1, 3 * RANGE_SIZE + 7])
def test_a_roster_is_the_same_from_a_file_as_from_memory(tmp_path, count):
    held = load(tmp_path, write_rows(count))
    with open_spool(tmp_path / "home") as spool:
        source = load(tmp_path, write_rows(count), store=spool)
        assert (source.count, source.digest) == (held.count, held.digest)
        assert list(source.learners) == list(held.learners)
        assert json.dumps(draft(source, count - 1)) == json.dumps(draft(held, count - 1))
        assert source.manifest_row(0) == held.manifest_row(0)


@pytest.mark.parametrize(
    ("start", "stop"),
    [(0, 512), (512, 1_024), (1_024, 1_100), (500, 530), (511, 512), (7, 1_100), (1_100, 1_100)],
)
def test_a_part_is_the_same_in_another_process(tmp_path, start, stop):
    held = load(tmp_path, write_rows(1_100)).learners
    with open_spool(tmp_path / "home") as spool:
        source = load(tmp_path, write_rows(1_100), store=spool)
        part = pickle.loads(pickle.dumps(source.take(start, stop)))
        assert list(part.learners) == list(held[start:stop])
        again = part.take(start + (stop - start) // 2, stop)
        assert list(again.learners) == list(held[again.first : stop])


def list_names(_job: None, part: RosterSource) -> list[str]:
    positions = range(part.first, part.first + part.count)
    return [part.manifest_row(position)["name"] for position in positions]


def test_workers_read_their_own_rows(tmp_path):
    with open_spool(tmp_path / "home") as spool, Crew(2) as crew:
        source = load(tmp_path, write_rows(1_100), store=spool)
        parts = (source.take(each.start, each.stop) for each in split_ranges(1_100))
        names = [name for part in crew.map(list_names, None, parts, 1_100) for name in part]
    assert names == [f"Learner {n}" for n in range(1_100)]


def test_a_part_is_a_path_and_where_to_read(tmp_path):
    with open_spool(tmp_path / "home") as spool:
        source = load(tmp_path, write_rows(2_000), store=spool)
        part = pickle.dumps(source.take(0, RANGE_SIZE).learners)
        assert len(part) < 1_000
        assert b"example.org" not in part


def test_an_end_that_is_past_is_found_in_the_file(tmp_path):
    roster = f"{HEADER},valid_until\n{FIRST},2026-11-26\n{SECOND},2026-11-25\n"
    with open_spool(tmp_path / "home") as spool:
        source = load(tmp_path, roster, now=MOMENT, store=spool)
        source.check_moment(datetime(2026, 11, 25, 10, 59, 59, tzinfo=UTC))
        with pytest.raises(BadInputError) as caught:
            source.check_moment(datetime(2026, 11, 25, 11, 0, 0, tzinfo=UTC))
        assert [each.row for each in caught.value.problems] == [3]


def test_two_identities_with_one_hash_are_still_two(tmp_path, monkeypatch):
    """They are read a second time, as they are written, into a spool that begins anew."""
    expected = load(tmp_path, write_rows(700))
    monkeypatch.setattr(identities, "hash", lambda _pair: 7, raising=False)
    with open_spool(tmp_path / "home") as spool:
        source = load(tmp_path, write_rows(700), store=spool)
        assert source.digest == expected.digest
        assert list(source.learners) == list(expected.learners)


# Who may read it, and for how long.


def list_spools(home):
    return list((home / "rosters").iterdir())


def test_a_spool_is_readable_by_its_owner_only(tmp_path):
    before = os.umask(0)
    try:
        with open_spool(tmp_path / "home"):
            [path] = list_spools(tmp_path / "home")
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    finally:
        os.umask(before)


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError, SystemExit])
def test_a_spool_is_deleted_however_its_command_ends(tmp_path, error):
    def end() -> None:
        with open_spool(tmp_path) as spool:
            load(tmp_path, store=spool)
            assert list_spools(tmp_path)
            raise error

    with pytest.raises(error):
        end()
    assert not list_spools(tmp_path)


SPOOL_UNTIL_TOLD = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    from issuer.inputs.spool import open_spool
    from tests.issuer.inputs import load
    with open_spool(Path(sys.argv[1])) as spool:
        source = load(Path(sys.argv[1]), store=spool)
        print("spooled", flush=True)
        sys.stdin.readline()
        print(source.manifest_row(0)["name"], flush=True)
    """
)


def start_spooling(home: Path) -> subprocess.Popen[str]:
    started = subprocess.Popen(
        [sys.executable, "-c", SPOOL_UNTIL_TOLD, str(home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert started.stdout is not None
    assert started.stdout.readline() == "spooled\n"
    return started


def test_what_a_killed_command_left_is_deleted(tmp_path):
    with start_spooling(tmp_path) as killed:
        killed.send_signal(signal.SIGKILL)
    assert list_spools(tmp_path)
    delete_abandoned(tmp_path)
    assert not list_spools(tmp_path)


def test_what_a_running_command_uses_is_not_deleted(tmp_path):
    with start_spooling(tmp_path) as running:
        delete_abandoned(tmp_path)
        with open_spool(tmp_path):
            assert len(list_spools(tmp_path)) == 2
        said, _ = running.communicate("go on\n")
    assert said == "Aroha Ngāwaka\n"
    assert running.returncode == 0
    assert not list_spools(tmp_path)


FILL_THE_DISK = textwrap.dedent(
    """
    import resource, sys
    from pathlib import Path
    from issuer.inputs.spool import open_spool
    from tests.issuer.inputs import load
    from tests.issuer.test_spool import write_rows
    folder, rows = Path(sys.argv[1]), write_rows(2_000)
    with open_spool(folder / "home") as spool:
        (folder / "roster.csv").write_text(rows)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
        try:
            load(folder, rows, store=spool)
        except OSError as error:
            print(error.strerror, Path(error.filename).parent.name)
    """
)


def test_a_disk_without_room_is_named(tmp_path):
    told = subprocess.run(
        [sys.executable, "-c", FILL_THE_DISK, str(tmp_path)], capture_output=True, text=True
    )
    assert told.stdout == "File too large rosters\n", told.stderr
    assert not list_spools(tmp_path / "home")


# Memory.

READ_AND_MEASURE = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    from issuer.inputs.roster import load_roster_source
    from issuer.inputs.spool import open_spool
    from issuer.progress import Silence
    from tests.issuer.inputs import UNIVERSITY
    folder = Path(sys.argv[1])
    with open_spool(folder / "home") as spool:
        source = load_roster_source(
            folder / "roster.csv", folder / "achievement.json", UNIVERSITY, Silence(), store=spool
        )
        names = sum(len(source.manifest_row(at)["name"]) for at in range(source.count))
    status = Path("/proc/self/status").read_text().splitlines()
    peak_kib = next(line.split()[1] for line in status if line.startswith("VmHWM"))
    print(source.count, names, peak_kib)
    """
)
BYTES_A_CREDENTIAL = 200


def measure_reading(folder: Path, count: int) -> int:
    """The most memory, in bytes, of a process that reads a roster and goes through it."""
    load(folder)
    (folder / "roster.csv").write_text(write_rows(count))
    said = subprocess.run(
        [sys.executable, "-c", READ_AND_MEASURE, str(folder)],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    learners, names, peak_kib = map(int, said.split())
    assert learners == count
    assert names > 8 * count
    return peak_kib * 1024


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells the peak")
def test_memory_does_not_grow_with_a_roster(tmp_path):
    small, large = (measure_reading(tmp_path, count) for count in (20_000, 70_000))
    assert (large - small) / 50_000 < BYTES_A_CREDENTIAL
