"""An institution as this home knows it on one network: one JSON file, nothing secret in it.

The keys it lists lie in the home's ``keys`` folder. What counts is on the chain: keys, windows and
standing are asked there; this file remembers which of them are ours and what to call them.
"""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from issuer.files import OWNER_ONLY, sync_folder, write_whole
from protocol.chain import Network
from protocol.credentials.published_lists import StatusFor
from protocol.errors import ConfigurationError, MultikeyError
from protocol.identifiers import name_did, parse_domain
from protocol.primitives import Address, ChainId, IssuerId, parse_address, render_address
from protocol.proofs.multikey import Secp256k1Key, find_key_address, parse_multikey

FOLDER: Final = "institutions"
RECORD_LIMIT_BYTES: Final = 262_144


class Duty(StrEnum):
    """What a key of an institution does."""

    ANCHOR = "anchor"
    STATUS = "status"
    SIGNING = "signing"


class Stage(StrEnum):
    """Where in its life a key is."""

    COMING = "coming"
    """Made and being introduced: a rotation that was cut off goes on with it."""
    CURRENT = "current"
    RETIRED = "retired"
    """Does nothing more; what it did stands."""
    COMPROMISED = "compromised"
    """In other hands since `HeldKey.ended`."""


@dataclass(frozen=True, slots=True)
class HeldKey:
    """A key by its public half."""

    duty: Duty
    multikey: str
    stage: Stage
    created: datetime
    ended: datetime | None

    @property
    def address(self) -> Address:
        """The account of a chain key.

        Raises:
            MultikeyError: a signing key has none.
        """
        key = parse_multikey(self.multikey)
        if not isinstance(key, Secp256k1Key):
            reason = "a signing key has no account"
            raise MultikeyError(reason)
        return find_key_address(key)


@dataclass(frozen=True, slots=True)
class Institution:
    """One institution on one network."""

    did: str
    name: str
    domain: str
    network: str
    chain_id: ChainId
    issuer_id: IssuerId | None
    """Its number in the registry; None before the authority registered it."""
    time_zone: ZoneInfo
    status_base: str
    """Without a slash at its end."""
    admin: Address
    keys: tuple[HeldKey, ...]
    demo: bool
    """Made by ``rootseal demo``: never chosen by default."""
    status_for: StatusFor = StatusFor.STANDARD
    """Whose reader gets what it wants where readers of status lists ask alike."""

    @property
    def anchor(self) -> Address:
        """The account that anchors."""
        return self.find_current(Duty.ANCHOR).address

    @property
    def status(self) -> Address:
        """The account that changes statuses."""
        return self.find_current(Duty.STATUS).address

    @property
    def anchor_method(self) -> str:
        """The DID URL of the anchoring key."""
        return f"{self.did}#{self.find_current(Duty.ANCHOR).multikey}"

    @property
    def signing_method(self) -> str:
        """The DID URL of the signing key."""
        return f"{self.did}#{self.find_current(Duty.SIGNING).multikey}"

    def find_current(self, duty: Duty) -> HeldKey:
        """Return the key that does this duty now.

        Raises:
            ConfigurationError: none does.
        """
        for key in self.keys:
            if key.duty is duty and key.stage is Stage.CURRENT:
                return key
        raise ConfigurationError(
            self.domain, f"it has no {duty} key", "Run `rootseal issuer rotate`."
        )

    def find_coming(self, duty: Duty) -> HeldKey | None:
        """Return the key that is being introduced for this duty."""
        found = [key for key in self.keys if key.duty is duty and key.stage is Stage.COMING]
        return found[0] if found else None

    def replace_key(self, key: HeldKey) -> "Institution":
        """Return the institution with this key's newer state, or with the key added."""
        known = [held.multikey for held in self.keys]
        if key.multikey not in known:
            return replace(self, keys=(*self.keys, key))
        keys = tuple(key if held.multikey == key.multikey else held for held in self.keys)
        return replace(self, keys=keys)


@contextmanager
def hold_institutions(home: Path) -> Iterator[None]:
    """Let one process at a time make institutions: one domain never has two sets of keys."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = home / "locks"
    folder.mkdir(mode=0o700, exist_ok=True)
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
    descriptor = os.open(folder / "institutions.lock", flags, OWNER_ONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def find_folder(home: Path, network: Network) -> Path:
    """Return the folder of a network's institutions; a new embedded chain has another one."""
    return home / FOLDER / f"{network.name}-{network.chain_id}"


def save_institution(home: Path, network: Network, institution: Institution) -> Path:
    """Write the institution's file and return its path."""
    folder = find_folder(home, network)
    staging = folder / ".unfinished"
    staging.mkdir(parents=True, exist_ok=True)
    path = folder / f"{institution.domain}.json"
    write_whole(path, _render(institution), staging, OWNER_ONLY)
    sync_folder(folder)
    return path


def load_institutions(home: Path, network: Network) -> tuple[Institution, ...]:
    """Return every institution of this home on a network, by domain.

    Raises:
        ConfigurationError: a file that cannot be read.
    """
    return tuple(_load(path) for path in sorted(find_folder(home, network).glob("*.json")))


def find_institution(home: Path, network: Network, selector: str | None) -> Institution:
    """Return the institution with this domain or DID, else the only one that is no demo's.

    Raises:
        ConfigurationError: none or several; all are listed.
    """
    known = load_institutions(home, network)
    if selector is None:
        found = [each for each in known if not each.demo]
    else:
        found = [each for each in known if selector in (each.domain, each.did)]
    if len(found) == 1:
        return found[0]
    raise ConfigurationError("--issuer", _explain(network, known, found), _advise(network, known))


def _explain(network: Network, known: tuple[Institution, ...], found: list[Institution]) -> str:
    if not known:
        return f"this home has no institution on {network.name}"
    shown = found or known
    names = ", ".join(each.domain + (" (demo)" if each.demo else "") for each in shown)
    return f"{'several fit' if found else 'none fits'} on {network.name}: {names}"


def _advise(network: Network, known: tuple[Institution, ...]) -> str:
    if known:
        return "Name one of them with --issuer, or make your own with `rootseal issuer init`."
    return f"Make one with `rootseal issuer init --network {network.name}`."


def _render(institution: Institution) -> bytes:
    content = asdict(replace(institution, keys=()))
    content["time_zone"] = institution.time_zone.key
    content["admin"] = render_address(institution.admin)
    content["keys"] = [_render_key(key) for key in institution.keys]
    return (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode("utf-8")


def _render_key(key: HeldKey) -> dict[str, object]:
    return {
        "duty": key.duty,
        "multikey": key.multikey,
        "stage": key.stage,
        "created": key.created.isoformat(),
        "ended": None if key.ended is None else key.ended.isoformat(),
    }


def _load(path: Path) -> Institution:
    try:
        data = path.read_bytes()
        if len(data) > RECORD_LIMIT_BYTES:
            raise ConfigurationError(str(path), "it is too large", "Restore it from your backup.")
        return _parse(json.loads(data))
    except (OSError, ValueError, KeyError, TypeError, ZoneInfoNotFoundError) as error:
        raise ConfigurationError(
            str(path), "it is not an institution's record", "Restore it from your backup."
        ) from error


def _parse(content: Mapping[str, Any]) -> Institution:
    domain = parse_domain(str(content["domain"]))
    number = content["issuer_id"]
    return Institution(
        did=name_did(domain),
        name=str(content["name"]),
        domain=domain,
        network=str(content["network"]),
        chain_id=ChainId(int(content["chain_id"])),
        issuer_id=None if number is None else IssuerId(int(number)),
        time_zone=ZoneInfo(content["time_zone"]),
        status_base=str(content["status_base"]),
        admin=parse_address(content["admin"]),
        keys=tuple(_parse_key(key) for key in content["keys"]),
        demo=content["demo"] is True,
        status_for=StatusFor(content.get("status_for", StatusFor.STANDARD)),
    )


def _parse_key(content: Mapping[str, Any]) -> HeldKey:
    ended = content["ended"]
    return HeldKey(
        duty=Duty(content["duty"]),
        multikey=str(content["multikey"]),
        stage=Stage(content["stage"]),
        created=datetime.fromisoformat(content["created"]).astimezone(UTC),
        ended=None if ended is None else datetime.fromisoformat(ended).astimezone(UTC),
    )
