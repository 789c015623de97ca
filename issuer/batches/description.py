"""What stays with the institution: ``batch.json``, the manifest, and the index of the shards."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from issuer.batches.desk import Desk
from issuer.batches.output import Layout, name_file, name_shard
from issuer.batches.plan import Plan
from issuer.batches.ranges import RANGE_SIZE, split_ranges
from issuer.batches.receipts_writer import render_created
from issuer.batches.writing import WrittenRange
from issuer.inputs.source import Source
from issuer.journal.entry_table import EntryTable
from issuer.journal.records import Anchoring
from issuer.sending.channel import require_registry
from protocol.credentials.status_index import find_entry
from protocol.primitives import render_address, render_hex

BATCH_VERSION: Final = 1
INDEX_HEADER: Final = b"credential_id,file,line,offset,bytes\r\n"


@dataclass(frozen=True, slots=True)
class Account:
    """A finished batch, as it is described."""

    desk: Desk
    source: Source
    plan: Plan
    anchoring: Anchoring
    table: EntryTable
    layout: Layout


def render_description(account: Account) -> Iterator[bytes]:
    """Yield ``batch.json`` piece by piece: all that is known of the batch, and every leaf."""
    members = _describe(account)
    head, tail = json.dumps(members, ensure_ascii=False, indent=2).split('"leaves": []')
    yield f'{head}"leaves": ['.encode()
    for each in split_ranges(len(account.table)):
        leaves = (account.table.find_leaf(at) for at in range(each.start, each.stop))
        lines = ",".join(f'\n    "{render_hex(leaf)}"' for leaf in leaves)
        yield ("," if each.start else "").encode() + lines.encode()
    yield f"\n  ]{tail}\n".encode()


def _describe(account: Account) -> dict[str, object]:
    chosen, anchoring = account.plan.range, account.anchoring
    status_list, status_start = find_entry(chosen.list, chosen.start)
    network = account.desk.channel.chain.network
    return {
        "version": BATCH_VERSION,
        "issuer": account.desk.institution.did,
        "root": render_hex(anchoring.root),
        "count": len(account.table),
        "leaves": [],
        "status_list": status_list,
        "status_start": status_start,
        "status_size": chosen.size,
        "network": network.name,
        "chain_id": network.chain_id,
        "contract": render_address(require_registry(account.desk.channel.chain)),
        "key": render_address(account.plan.key),
        "seq": anchoring.seq,
        "transaction": render_hex(anchoring.transaction),
        "block": anchoring.block,
        "block_hash": render_hex(anchoring.block_hash),
        "block_time": render_created(anchoring.block_time),
    }


def list_rows(account: Account) -> Iterator[dict[str, str]]:
    """Yield the manifest's rows."""
    table, first_list = account.table, account.plan.range.list
    for each in split_ranges(len(table)):
        shard = name_shard(each)
        for position in range(each.start, each.stop):
            credential = table.find_credential(position)
            status_list, status_index = find_entry(first_list, table.indices[position])
            yield {
                **account.source.manifest_row(position),
                "credential_id": credential,
                **_name_place(account.layout, credential, shard, position),
                "status_list": str(status_list),
                "status_index": str(status_index),
            }


def _name_place(layout: Layout, credential: str, shard: str, position: int) -> dict[str, str]:
    if layout.has_files:
        return {"file": name_file(credential)}
    return {"file": shard, "line": str(position % RANGE_SIZE + 1)}


def render_index(table: EntryTable, written: list[WrittenRange]) -> Iterator[bytes]:
    """Yield the index of the shards: for each credential its file, line, offset and size."""
    yield INDEX_HEADER
    for each in written:
        shard, offset, rows = name_shard(each.chosen), 0, []
        for line, size in enumerate(each.sizes, start=1):
            credential = table.find_credential(each.chosen.start + line - 1)
            rows.append(f"{credential},{shard},{line},{offset},{size - 1}\r\n")
            offset += size
        yield "".join(rows).encode()
