"""Plans and what they used up of each status list."""

import sqlite3
from datetime import datetime

from issuer.batches.plan import Ledger, Plan, StatusRange, Terms
from issuer.journal.records import BatchRecord, Step
from issuer.journal.store import Journal
from protocol.primitives import Address


def read_ledger(journal: Journal, scope: str, account: Address) -> Ledger:
    """Return what is remembered about the lists of one key."""
    marks = journal.read(
        "SELECT list, fill FROM fill_mark WHERE scope = ? AND account = ?", scope, account
    )
    released = journal.read(
        "SELECT seq, list FROM released WHERE scope = ? AND account = ?", scope, account
    )
    return Ledger(
        released_seq=released[0]["seq"] if released else None,
        released_list=released[0]["list"] if released else None,
        fill_marks={row["list"]: row["fill"] for row in marks},
    )


def save_plan(journal: Journal, batch: BatchRecord, plan: Plan) -> None:
    """Commit a plan, and that its places are never planned again."""
    chosen = plan.range
    with journal.write() as rows:
        rows.execute(
            "INSERT INTO plan VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)",
            (
                *(batch.id, plan.attempt, plan.seed, plan.moment.isoformat(), plan.key),
                *(plan.nonce, plan.seq, chosen.list, chosen.start, chosen.size),
                *(plan.terms.status_base, plan.terms.anchor_method, plan.terms.signing_method),
            ),
        )
        rows.execute(
            "INSERT INTO fill_mark VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE"
            " SET fill = max(fill, excluded.fill)",
            (batch.scope, plan.key, chosen.list, chosen.start + chosen.size),
        )
        journal.insert_step(rows, batch, plan.attempt, Step.PLANNED)


def find_plan(journal: Journal, batch: BatchRecord) -> Plan | None:
    """Return the plan in force."""
    rows = journal.read("SELECT * FROM plan WHERE batch = ? AND dropped IS NULL", batch.id)
    return _parse_plan(rows[-1]) if rows else None


def count_plans(journal: Journal, batch: BatchRecord) -> int:
    """Return how many plans a batch has had."""
    return int(journal.read("SELECT count(*) FROM plan WHERE batch = ?", batch.id)[0][0])


def drop_plan(journal: Journal, batch: BatchRecord, plan: Plan, reason: str) -> None:
    """Commit that a plan is dead: its credentials are never released."""
    with journal.write() as rows:
        rows.execute(
            "UPDATE plan SET dropped = ? WHERE batch = ? AND attempt = ?",
            (reason, batch.id, plan.attempt),
        )


def insert_release(rows: sqlite3.Connection, batch: BatchRecord, plan: Plan) -> None:
    """Add to what is being committed that a plan's batch is released (rules 2 and 5).

    The latest sequence counts, also where an older batch is finished after it.
    """
    rows.execute(
        "INSERT INTO released VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE"
        " SET seq = excluded.seq, list = excluded.list WHERE excluded.seq >= seq",
        (batch.scope, plan.key, plan.seq, plan.range.list),
    )


def _parse_plan(row: sqlite3.Row) -> Plan:
    return Plan(
        attempt=row["attempt"],
        seed=row["seed"],
        moment=datetime.fromisoformat(row["moment"]),
        key=Address(row["account"]),
        nonce=row["nonce"],
        seq=row["seq"],
        range=StatusRange(row["list"], row["start"], row["size"]),
        terms=Terms(row["status_base"], row["anchor_method"], row["signing_method"]),
    )
