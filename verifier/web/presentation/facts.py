"""The facts behind a check, as labels and values."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from verifier.report import Fact, Facts, Outcome
from verifier.web.presentation.links import Link, parse_link
from verifier.web.presentation.moments import parse_stamp, render_moment
from verifier.web.presentation.text import clean_line, shorten

VALUE_GRAPHEMES: Final = 300
ENTRIES: Final = 60
"""Facts of one check that are shown: a path has at most 32 steps."""
EXPLORER: Final = "explorer"
_LABELS: Final = {
    "id": "Credential",
    "leaf": "From this file",
    "leaf_stated": "Fingerprint named",
    "root": "Leads to",
    "root_stated": "Batch root named",
    "steps": "Step",
    "chain_id_named": "Record number named",
    "chain_id": "Record number",
    "genesis": "First block",
    "genesis_expected": "First block expected",
    "newest_block_time": "Newest block made",
    "record": "Our note of it",
    "expected": "Expected",
    "actual": "Found",
    "block": "Block",
    "block_hash": "Block hash",
    "block_time": "Block time",
    "recorded_at": "Recorded",
    "sequence": "Entry number of the key",
    "sender": "Sent by",
    "recipient": "Sent to",
    "blockcerts_readable": "Readable by Blockcerts",
    "credentials_claimed": "Credentials claimed",
    "key": "Key",
    "key_of": "Key of",
    "key_index": "Key number",
    "not_before": "Key live from",
    "not_after": "Key live until",
    "compromised_at": "Unsafe from",
    "at": "At that moment",
    "issuer_id": "Number in the register",
    "issuer_id_then": "Number then",
    "anchored_for": "Recorded for number",
    "registered_name": "Registered name",
    "registered_identifier": "Registered identifier",
    "document": "Key list (SHA-256)",
    "document_at_hand": "Key list at hand",
    "compared_with_register": "Compared with the register",
    "authority_name": "Authority",
    "authority": "Authority's account",
    "by": "Entered by",
    "list": "Status list",
    "index": "Place in the list",
    "word": "Part of the list",
    "whole_batch": "The whole batch",
    "withdrawn_at": "Withdrawn",
    "held_at": "On hold since",
    "judged_at": "Judged for",
    "valid_from": "Starts",
    "valid_until": "Ends",
    "rule": "Rule",
    "reason_code": "Reason number",
    "reason_text": "Reason given",
    "rule_text": "In words",
    "cause": "Cause",
    "because": "Because of",
}


@dataclass(frozen=True, slots=True)
class FactLine:
    """One fact."""

    label: str
    value: str
    code: bool
    """Set in a face in which every character can be told."""
    link: Link | None = None
    folded: bool = False
    """One of a path's steps: a row of hashes that nobody but an auditor compares."""


def list_facts(outcome: Outcome) -> tuple[FactLine, ...]:
    """Return a check's facts, its id first."""
    facts = {name: value for name, value in outcome.facts.items() if name != EXPLORER}
    lines = [FactLine("Check", outcome.id, code=True)]
    lines += [line for line, _ in zip(_iterate(facts, ""), range(ENTRIES), strict=False)]
    explorer = parse_link(outcome.facts.get(EXPLORER))
    if explorer is not None:
        lines.append(FactLine("Look it up", explorer.host, code=False, link=explorer))
    return tuple(lines)


def _iterate(facts: Facts, prefix: str) -> Iterator[FactLine]:
    for name, value in facts.items():
        label = f"{prefix}{_name(name)}" if not prefix else f"{prefix}{_name(name).lower()}"
        yield from _render(label, value)


def _render(label: str, value: Fact) -> Iterator[FactLine]:
    if value is None:
        return
    if isinstance(value, Mapping):
        if "side" in value and "sibling" in value:
            side, sibling = value["side"], str(value["sibling"])
            yield FactLine(f"{label}, {side}", sibling, code=True, folded=True)
        else:
            yield from _iterate(value, f"{label}: ")
    elif isinstance(value, list | tuple):
        for number, item in enumerate(value, start=1):
            yield from _render(f"{label} {number}" if len(value) > 1 else label, item)
    else:
        yield _render_value(label, value)


def _render_value(label: str, value: str | int | object) -> FactLine:
    if isinstance(value, bool):
        return FactLine(label, "yes" if value else "no", code=False)
    if isinstance(value, int):
        return FactLine(label, str(value), code=False)
    text = shorten(clean_line(str(value)), VALUE_GRAPHEMES)
    moment = parse_stamp(text) if text.endswith("Z") else None
    if moment is not None:
        return FactLine(label, render_moment(moment), code=False)
    return FactLine(label, text, code=" " not in text)


def _name(fact: str) -> str:
    return _LABELS.get(fact, clean_line(fact).replace("_", " ").capitalize())
