"""Reading a roster, as `rootseal issue` does: core time and memory at several sizes.

    python -m benchmarks.reading 10000 100000

Each size in a process of its own. What grows is memory that a row takes; what a worker does is to
read its range of rows again.
"""

import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.cohort import ACHIEVEMENT, write_roster
from benchmarks.probe import read_peak_mib
from issuer.batches.ranges import split_ranges
from issuer.inputs.roster import load_roster_source
from issuer.inputs.spool import open_spool
from issuer.progress import Silence
from tests.issuer import inputs


def main() -> None:
    sizes = [argument for argument in sys.argv[1:] if argument.isdecimal()]
    if "--alone" in sys.argv:
        measure(int(sizes[0]))
        return
    for size in sizes or ["10000", "100000"]:
        command = [sys.executable, "-m", "benchmarks.reading", size, "--alone"]
        subprocess.run(command, check=True)


def measure(count: int) -> None:
    with TemporaryDirectory() as name, open_spool(Path(name) / "home") as spool:
        folder = Path(name)
        roster, achievement = folder / "roster.csv", inputs.write_achievement(folder, ACHIEVEMENT)
        write_roster(roster, count)
        before_mib, started_s = read_peak_mib(), time.process_time()
        source = load_roster_source(roster, achievement, inputs.UNIVERSITY, Silence(), store=spool)
        read_s, peak_mib = time.process_time() - started_s, read_peak_mib()
        started_s = time.process_time()
        for each in split_ranges(count):
            source.take(each.start, each.stop).manifest_row(each.start)
        again_s = time.process_time() - started_s
    grown = (peak_mib - before_mib) * (1 << 20) / count
    print(
        f"{count:>9,} rows: read and checked {read_s / count * 1e6:5.1f} µs a row, "
        f"read again by a worker {again_s / count * 1e6:4.1f} µs; "
        f"peak {peak_mib:4.0f} MiB, of it {grown:4.0f} bytes a row",
        flush=True,
    )


if __name__ == "__main__":
    main()
