"""Step 15: what a credential points to. Nothing is fetched."""

from collections.abc import Iterator, Mapping
from typing import Final

from verifier.checks.finding import Finding, build_not_applicable, build_unknown
from verifier.evidence import Cause, Evidence, Unknown
from verifier.report import Fact

ENDORSEMENTS = ("endorsement", "endorsementJwt")
TERM: Final = b"#endorsement"
"""In the IRIs of both: most credentials hold it nowhere."""


def check_evidence(evidence: Evidence) -> Finding:
    """15: digests of evidence files match; the files themselves stay with the institution."""
    digests = list(_list_digests(evidence.opened.credential.view))
    if not digests:
        return build_not_applicable("No files to compare.")
    reason = "A file could not be had: evidence stays with the institution. Ask it, and compare."
    return build_unknown(Unknown(Cause.NOT_HAD, reason), {"files": digests})


def check_endorsements(evidence: Evidence) -> Finding:
    """15: the proofs of endorsements hold; embedded ones are not looked into yet."""
    credential = evidence.opened.credential
    named = TERM in credential.canonical.nquads
    found = list(_list_endorsements(credential.view)) if named else []
    if not found:
        return build_not_applicable("It carries none.")
    reason = "It carries endorsements, which are not checked here. Leave them out."
    return build_unknown(Unknown(Cause.NOT_HAD, reason), {"members": found})


def _list_digests(view: Mapping[str, object]) -> Iterator[Fact]:
    for member in ("evidence", "relatedResource"):
        for item in _as_list(view.get(member)):
            if isinstance(item, Mapping) and isinstance(item.get("digestMultibase"), str):
                texts = {key: item.get(key) for key in ("id", "name", "digestMultibase")}
                yield {"member": member} | {
                    key: text for key, text in texts.items() if isinstance(text, str)
                }


def _list_endorsements(view: Mapping[str, object]) -> Iterator[Fact]:
    waiting: list[tuple[str, object]] = [("", view)]
    while waiting:
        place, value = waiting.pop()
        if isinstance(value, list):
            waiting += [(place, item) for item in value]
        elif isinstance(value, Mapping):
            for name, inner in value.items():
                path = f"{place}.{name}" if place else name
                if name in ENDORSEMENTS:
                    yield path
                else:
                    waiting.append((path, inner))


def _as_list(value: object) -> list[object]:
    return value if isinstance(value, list) else [] if value is None else [value]
