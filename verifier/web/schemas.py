"""JSON Schemas of what the API takes and gives, from the code's own lists."""

from collections.abc import Mapping
from typing import Final

from protocol.credentials.credential import CREDENTIAL_TYPES
from protocol.credentials.status_index import LIST_LIMIT
from protocol.credentials.status_list import PURPOSES
from verifier.checks import CHECKS
from verifier.report import Verdict
from verifier.web.config import WebConfig
from verifier.web.uploads import AT, FILE, RECIPIENT, TEXT

TEXT_SCHEMA: Final = {"type": "string"}
MOMENT: Final = {"type": "string", "format": "date-time"}
HASH: Final = {"type": "string", "pattern": "^0x[0-9a-f]{64}$"}
INTEGER: Final = {"type": "integer"}
ANYTHING: Final = {"type": "object"}
LIST_PARAMETERS: Final[tuple[tuple[str, Mapping[str, object]], ...]] = (
    ("issuer", TEXT_SCHEMA | {"description": "The issuer's DID without did:web:."}),
    ("list", {"type": "integer", "minimum": 0, "exclusiveMaximum": LIST_LIMIT}),
    ("purpose", {"enum": list(PURPOSES)}),
)
"""The parts of a status list's path."""
LIST_FORMS: Final = (
    *("application/json", "application/vc", "application/ld+json"),
    "application/vc+jwt",
)
"""What a status list can be had as."""


def build_schemas() -> dict[str, object]:
    """Return every named schema."""
    return {
        "Credential": {
            "type": "object",
            "description": "An Open Badges 3.0 credential with its proofs, as strict JSON.",
            "required": ["@context", "type"],
            "properties": {"type": _build_types()},
        },
        "Answer": {"oneOf": [_refer("Report"), _refer("Reports")]},
        "Reports": _build_object({"reports": _build_list({"oneOf": _build_kinds_of_many()})}),
        "Report": _build_object(_build_report_members()),
        "Unreadable": _build_object({"source": TEXT_SCHEMA, "error": TEXT_SCHEMA}),
        "SourcedReport": _build_object({"source": TEXT_SCHEMA} | _build_report_members()),
        "Check": _build_check(),
        "Block": _build_object(
            {"number": INTEGER, "hash": HASH, "time": MOMENT, "network": TEXT_SCHEMA}
        ),
        "Problem": _build_problem(),
        "Health": _build_object({"status": {"const": "ok"}}),
        "Readiness": _build_readiness(),
        "StatusList": {
            "description": "A Bitstring Status List credential with its proof, or as a JWT.",
            "type": ["object", "string"],
            "required": ["@context", "id", "type", "issuer", "proof"],
        },
        "Text": TEXT_SCHEMA,
        "Description": ANYTHING | {"required": ["openapi", "paths"]},
    }


def build_form(config: WebConfig) -> dict[str, object]:
    """Return the schema of the form: files, or one pasted credential, and what is asked."""
    file = {"type": "string", "contentMediaType": "application/octet-stream"}
    files = _build_list(file) | {"minItems": 1, "maxItems": config.limits.files}
    return {
        "type": "object",
        "properties": {
            FILE: files,
            TEXT: TEXT_SCHEMA | {"description": "One credential as text, instead of files."},
            AT: MOMENT | {"description": "Judge this moment, which is not in the future."},
            RECIPIENT: TEXT_SCHEMA | {"description": "Name, e-mail, number or DID to compare."},
        },
        "additionalProperties": False,
    }


def _build_kinds_of_many() -> list[dict[str, object]]:
    return [_refer("SourcedReport"), _refer("Unreadable")]


def _build_report_members() -> dict[str, object]:
    ids = len(CHECKS)
    return {
        "verdict": {"enum": [str(each) for each in _VERDICTS_OF_REPORTS]},
        "credential": {"type": ["object", "null"], "description": "What is signed, for display."},
        "checks": _build_list(_refer("Check")) | {"minItems": ids, "maxItems": ids},
        "block": {"oneOf": [_refer("Block"), {"type": "null"}]},
        "policy": TEXT_SCHEMA,
        "checkedAt": MOMENT,
    }


_VERDICTS_OF_REPORTS: Final = (Verdict.PASSED, Verdict.FAILED, Verdict.UNKNOWN)


def _build_types() -> dict[str, object]:
    known = {"enum": sorted(CREDENTIAL_TYPES)}
    return {"anyOf": [known, {"type": "array", "items": TEXT_SCHEMA, "contains": known}]}


def _build_check() -> dict[str, object]:
    steps = [check.step for check in CHECKS]
    return _build_object(
        {
            "id": {"enum": [check.id for check in CHECKS]},
            "step": {"type": "integer", "minimum": min(steps), "maximum": max(steps)},
            "required": {"type": "boolean"},
            "verdict": {"enum": [str(verdict) for verdict in Verdict]},
            "reason": TEXT_SCHEMA,
            "facts": ANYTHING,
        }
    )


def _build_problem() -> dict[str, object]:
    return _build_object(
        {
            "type": {"type": "string", "format": "uri"},
            "title": TEXT_SCHEMA,
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "detail": TEXT_SCHEMA,
            "requestId": TEXT_SCHEMA,
        }
    )


def _build_readiness() -> dict[str, object]:
    head = _build_object({"number": INTEGER, "hash": HASH, "time": MOMENT})
    network = _build_object(
        {
            "name": TEXT_SCHEMA,
            "problems": _build_list(TEXT_SCHEMA),
            "chainId": {"type": ["integer", "null"]},
            "head": {"oneOf": [head, {"type": "null"}]},
            "headAgeSeconds": {"type": ["number", "null"]},
            "finalLagBlocks": {"type": ["integer", "null"]},
        }
    )
    return _build_object(
        {
            "ready": {"type": "boolean"},
            "problems": _build_list(TEXT_SCHEMA),
            "networks": _build_list(network),
            "checkedAt": MOMENT,
        }
    )


def _build_object(members: Mapping[str, object]) -> dict[str, object]:
    """Return an object's schema: these members, all of them, and no others."""
    return {
        "type": "object",
        "properties": dict(members),
        "required": list(members),
        "additionalProperties": False,
    }


def _build_list(items: Mapping[str, object]) -> dict[str, object]:
    return {"type": "array", "items": dict(items)}


def _refer(name: str) -> dict[str, object]:
    return {"$ref": f"#/components/schemas/{name}"}
