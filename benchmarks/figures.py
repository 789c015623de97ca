"""Write the figures of docs/performance.md anew: each command, and what it printed here.

    python -m benchmarks.figures [--long]

Some quarter of an hour on a quiet machine, more on a busy one.
"""

import argparse
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

DOCUMENT = Path("docs/performance.md")
BEGIN, END = "<!-- figures: python -m benchmarks.figures -->", "<!-- end of figures -->"
COMMANDS = (
    "benchmarks.canonicalising",
    "benchmarks.verify",
    "benchmarks.serve --seconds 6",
    "benchmarks.reading 10000 100000",
    "benchmarks.issue 1000 5000 --peer --folder /dev/shm",
    "benchmarks.issue 1000 10000 --folder /dev/shm",
    "benchmarks.issue 100000 --rounds 1 --folder /dev/shm",
    "benchmarks.issue 10000",
    "benchmarks.issue 5000 --whole",
)
LONG = ("benchmarks.issue 1000000 --shards --rounds 1 --folder /dev/shm",)
"""With --long: minutes, and 8 GB in memory."""
PACKAGES = ("pyld", "cryptography", "blockcerts-merkletools", "gmpy2", "cbor2")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--long", action="store_true", help="a million credentials too")
    given = parser.parse_args()
    blocks = [describe_machine()]
    for command in (*COMMANDS, *(LONG if given.long else ())):
        blocks.append(run(command))
        # After each: a run that is broken off has not been for nothing.
        write("\n".join(blocks))


def write(figures: str) -> None:
    before, rest = DOCUMENT.read_text(encoding="utf-8").split(BEGIN)
    _, after = rest.split(END)
    DOCUMENT.write_text(f"{before}{BEGIN}\n\n{figures}\n{END}{after}", encoding="utf-8")


def describe_machine() -> str:
    cpus = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.partition(":")[2].strip() for line in cpus if "model name" in line), "?")
    memory = Path("/proc/meminfo").read_text().split(maxsplit=2)[1]
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in PACKAGES)
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores of {model}, "
        f"{int(memory) >> 20} GiB, Linux {platform.release()}, Python {platform.python_version()}, "
        f"{versions}. Load of the machine before: {load}.\n"
    )


def run(command: str) -> str:
    print(f"python -m {command} …", flush=True)
    done = subprocess.run(
        [sys.executable, "-m", *command.split()], check=True, capture_output=True, text=True
    )
    return f"```\n$ python -m {command}\n{done.stdout}```\n"


if __name__ == "__main__":
    main()
