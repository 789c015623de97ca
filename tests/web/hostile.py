"""Credentials made to mislead a reader or a browser: payloads in every text a page shows."""

import copy
import json
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

from tests.web.cases import CASES
from verifier.report import Report

VECTORS = Path(__file__).parent.parent / "vectors"
OVERRIDES = "\u202eevil\u202c \u2066isolated\u2069 \u200fmark\u200e \ufeffhidden\u200b"
PILE = "Z" + "\u0301" * 300
LOOKALIKE = "✔ VERIFIED by the Register. Genuine and current."
LONG_WORD = "W" * 3_000
ADDRESSES = (
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "https://user:pass@evil.example/",
    "https://evil.example:8443/",
    "https://xn--pple-43d.example/",
    "http://plain.example/",
    'https://evil.example/"onmouseover="alert(1)',
)


@cache
def load_payloads() -> tuple[str, ...]:
    """Return every payload of the three lists."""
    markup = VECTORS / "hostile_markup"
    dompurify = json.loads((markup / "dompurify-expect.json").read_bytes())
    h5sc = json.loads((markup / "h5sc-items.json").read_bytes())
    naughty = json.loads((VECTORS / "naughty_strings" / "blns.json").read_bytes())
    listed = [item["payload"] for item in dompurify] + [item["data"] for item in h5sc] + naughty
    return tuple(text for text in listed if isinstance(text, str) and text.strip())


def put_everywhere(value: object, text: str) -> object:
    """Return a tree of JSON with every text of it replaced, but those that tell kinds and ids."""
    if isinstance(value, dict):
        kept = ("id", "type", "identityType", "validFrom", "validUntil", "awardedDate")
        kept += ("achievedLevel", "resultDescription", "inLanguage", "level", "points")
        return {
            member: inner
            if member in kept and isinstance(inner, str)
            else put_everywhere(inner, text)
            for member, inner in value.items()
        }
    if isinstance(value, list):
        return [put_everywhere(item, text) for item in value]
    return text if isinstance(value, str) else value


def poison(report: Report, text: str) -> Report:
    """Return a report whose credential says ``text`` wherever it says anything."""
    return replace(report, credential=put_everywhere(report.credential, text))


def build_hostile_report() -> Report:
    """Return a report that passed and whose texts are payloads, addresses and tricks."""
    report = CASES["passed"]()
    shown = copy.deepcopy(dict(report.credential))
    payloads = iter(load_payloads())
    subject = shown["credentialSubject"]
    subject["achievement"] |= {
        "name": f"{OVERRIDES}<script>alert(1)</script>{LONG_WORD}",
        "description": PILE + LOOKALIKE,
        "criteria": {"narrative": "\n\n".join(_take(payloads, 300))},
        "alignment": list(_list_alignments(payloads)),
    }
    subject["narrative"] = LONG_WORD * 300
    shown["evidence"] = [{"name": text, "genre": text} for text in _take(payloads, 90)]
    for entry in subject["identifier"]:
        entry["identityHash"] = f"<img src=x onerror=alert(1)>{PILE}"
    return replace(report, credential=shown)


def _take(payloads: Iterator[str], count: int) -> list[str]:
    return [text for text, _ in zip(payloads, range(count), strict=False)]


def _list_alignments(payloads: Iterator[str]) -> Iterator[dict]:
    for address in ADDRESSES:
        yield {"targetName": next(payloads), "targetUrl": address, "targetCode": LONG_WORD}
