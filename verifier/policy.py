"""What this verifier accepts: a reviewed TOML file (docs/policy.md), nothing from a credential."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Final, NoReturn, TypeVar

from protocol.errors import ConfigurationError

Choice = TypeVar("Choice", bound=StrEnum)
POLICY_LIMIT_BYTES: Final = 65_536
"""A policy is a page that people read."""


class Demand(StrEnum):
    """What an optional check counts for."""

    REQUIRED = "required"
    REPORTED = "reported"
    """Checked and shown; the verdict does not depend on it."""
    OFF = "off"


class Unanchored(StrEnum):
    """What a signed credential without an anchor is worth."""

    UNKNOWN = "unknown"
    ACCEPT = "accept"


@dataclass(frozen=True, slots=True)
class Policy:
    """What this verifier trusts and demands."""

    name: str
    """For the report: the file's name and the beginning of its SHA-256."""
    networks: tuple[str, ...] | None = None
    """Names of the networks that count; None: every configured one."""
    unanchored: Unanchored = Unanchored.UNKNOWN
    accreditation: Demand = Demand.REPORTED
    evidence: Demand = Demand.REPORTED
    endorsements: Demand = Demand.REPORTED

    def find_demand(self, check: str) -> Demand:
        """Return what the check counts for; every check that is not optional is required."""
        match check:
            case "accreditation":
                return self.accreditation
            case "evidence":
                return self.evidence
            case "endorsements":
                return self.endorsements
            case _:
                return Demand.REQUIRED


DEFAULT_POLICY: Final = Policy("default")


def load_policy(path: Path) -> Policy:
    """Read a policy file.

    Raises:
        ConfigurationError: not readable, no TOML, or a setting or value that is not known.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        _refuse(path, f"it cannot be read ({error.strerror})", "Give the path of a policy file.")
    return _parse_policy(path, data)


def _parse_policy(path: Path, data: bytes) -> Policy:
    if len(data) > POLICY_LIMIT_BYTES:
        _refuse(path, "it is larger than 64 KiB", "A policy is a short file.")
    try:
        table = tomllib.loads(data.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        _refuse(path, f"it is not TOML ({error})", "docs/policy.md shows one.")
    reader = _Reader(path)
    reader.check_names(table, ("networks", "did_web", "unanchored", "checks"), "")
    demands = table.get("checks", {})
    if not isinstance(demands, dict):
        _refuse(path, "checks is not a table", "Write [checks] and one setting a line.")
    reader.check_names(demands, ("accreditation", "evidence", "endorsements"), "checks.")
    reader.check_did_web(table)
    return Policy(
        name=f"{path.name} sha256:{sha256(data).hexdigest()[:16]}",
        networks=reader.read_networks(table),
        unanchored=reader.read_choice(table, "unanchored", Unanchored.UNKNOWN),
        accreditation=reader.read_choice(demands, "accreditation", Demand.REPORTED),
        evidence=reader.read_choice(demands, "evidence", Demand.REPORTED),
        endorsements=reader.read_choice(demands, "endorsements", Demand.REPORTED),
    )


@dataclass(frozen=True, slots=True)
class _Reader:
    path: Path

    def check_names(self, table: Mapping[str, object], known: tuple[str, ...], prefix: str) -> None:
        for name in table:
            if name not in known:
                remedy = f"Known are {', '.join(prefix + each for each in known)}."
                _refuse(self.path, f"there is no setting {prefix}{name}", remedy)

    def check_did_web(self, table: Mapping[str, object]) -> None:
        if table.get("did_web", False) is not False:
            reason = "did_web can only be false: documents are not fetched from the web"
            _refuse(
                self.path, reason, "Put copies of DID documents into the home's issuers folder."
            )

    def read_networks(self, table: Mapping[str, object]) -> tuple[str, ...] | None:
        names = table.get("networks")
        if names is None:
            return None
        if not isinstance(names, list) or not names or not all(isinstance(n, str) for n in names):
            reason = "networks is not a list of names"
            _refuse(self.path, reason, 'Write for example networks = ["sepolia"].')
        return tuple(names)

    def read_choice(self, table: Mapping[str, object], name: str, default: Choice) -> Choice:
        value = table.get(name, default)
        choices = list(type(default))
        if value not in choices:
            written = " or ".join(f'"{choice}"' for choice in choices)
            _refuse(self.path, f"{name} is none of its values", f"Write {written}.")
        return next(choice for choice in choices if choice == value)


def _refuse(path: Path, reason: str, remedy: str) -> NoReturn:
    raise ConfigurationError(f"policy {path}", reason, remedy)
