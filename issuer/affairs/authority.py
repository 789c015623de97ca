"""What the qualification authority does: who is registered, in what standing, accredited for what.

It can do nothing in an institution's name: neither keys nor anchors nor statuses are its to touch.
"""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from issuer.errors import RegistrationError
from issuer.keys.signer import TransactionSigner
from issuer.sending.channel import Channel
from issuer.sending.operations import open_carrier, send_call
from protocol.chain import IssuerRecord, Standing, Transaction
from protocol.credentials.strict_json import parse_object
from protocol.errors import ConfigurationError, NotACredentialError, TransactionRefusedError
from protocol.identifiers import DID_WEB, hash_achievement, hash_identifier, name_did
from protocol.primitives import (
    DIGEST_BYTES,
    Address,
    ChainId,
    Digest,
    IssuerId,
    parse_address,
    parse_prefixed_hex,
    render_address,
)
from protocol.registry.calldata import encode_call

REGISTRATION_LIMIT_BYTES: Final = 16_384
ACHIEVEMENT_LIMIT_BYTES: Final = 1 << 20
NEVER: Final = 0
_MEMBERS: Final = frozenset(("identifier", "name", "admin", "document_digest", "chain_id"))
_ABSOLUTE: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+\Z")


@dataclass(frozen=True, slots=True)
class Registration:
    """What an institution asks to be registered with."""

    identifier: str
    name: str
    admin: Address
    document_digest: Digest
    chain_id: ChainId


@dataclass(frozen=True, slots=True)
class Act:
    """What an act of the authority led to."""

    issuer_id: IssuerId
    transaction: Transaction | None
    """None: it was so already, nothing was sent."""


def load_registration(path: Path) -> Registration:
    """Return an institution's registration file.

    Raises:
        RegistrationError: unreadable, or not exactly what ``issuer init`` writes.
    """
    try:
        content = parse_object(path.read_bytes(), REGISTRATION_LIMIT_BYTES)
        if content.keys() != _MEMBERS:
            raise RegistrationError(path, f"it does not have the members {sorted(_MEMBERS)}")
        texts = {name: content[name] for name in _MEMBERS - {"chain_id"}}
        if not all(isinstance(text, str) and text for text in texts.values()):
            raise RegistrationError(path, "one of its members is not a text")
        return _build(texts, content["chain_id"])
    except OSError as error:
        raise RegistrationError(path, f"it cannot be read ({error.strerror})") from error
    except NotACredentialError as error:
        raise RegistrationError(path, error.reason) from error
    except (ValueError, TypeError) as error:
        raise RegistrationError(path, str(error)) from error


def register_institution(
    channel: Channel, signer: TransactionSigner, registration: Registration
) -> Act:
    """Register an institution under the next number.

    Raises:
        TransactionRefusedError: another network's, or the identifier is bound otherwise.
    """
    if registration.chain_id != channel.chain.network.chain_id:
        raise TransactionRefusedError(
            f"the registration is for the chain id {registration.chain_id}, not for "
            f"{channel.chain.network.chain_id} ({channel.chain.network.name})"
        )
    with open_carrier(channel, signer) as carrier:
        found = _find_record(channel, registration.identifier)
        if found is not None and found.standing is not Standing.CLOSED:
            _check_same(channel, found, registration)
            return Act(found.issuer_id, None)
        data = encode_call(
            "registerIssuer",
            registration.identifier,
            registration.name,
            registration.admin,
            registration.document_digest,
            NEVER,
        )
        mined = send_call(carrier, data)
        return Act(_require_record(channel, registration.identifier).issuer_id, mined)


def set_standing(
    channel: Channel, signer: TransactionSigner, did: str, standing: Standing, reason: int = 0
) -> Act:
    """Suspend an institution, make it active again, or close it for ever; its end date stays.

    Raises:
        TransactionRefusedError: not registered, or closed, which is final.
    """
    with open_carrier(channel, signer) as carrier:
        found = _require_record(channel, did)
        if found.standing is standing:
            return Act(found.issuer_id, None)
        if found.standing is Standing.CLOSED:
            raise TransactionRefusedError(f"{did} is closed, and that is final")
        until = _render_time(found.valid_until)
        data = encode_call("setStanding", found.issuer_id, int(standing), reason, until)
        return Act(found.issuer_id, send_call(carrier, data))


def accredit(
    channel: Channel,
    signer: TransactionSigner,
    did: str,
    achievement: str,
    until: datetime | None = None,
) -> Act:
    """Accredit an institution for an achievement, by its id, from now on.

    Raises:
        TransactionRefusedError: not registered, closed, or the end is not in the future.
    """
    digest = hash_achievement(achievement)
    with open_carrier(channel, signer) as carrier:
        found = _require_record(channel, did)
        at = channel.chain.read_latest()
        grant = channel.chain.read_accreditation(found.issuer_id, digest, at)
        in_force = grant is not None and grant.withdrawn_at is None
        if in_force and grant is not None and grant.valid_until == until:
            return Act(found.issuer_id, None)
        data = encode_call("accredit", found.issuer_id, digest, NEVER, _render_time(until))
        return Act(found.issuer_id, send_call(carrier, data))


def withdraw(
    channel: Channel, signer: TransactionSigner, did: str, achievement: str, reason: int = 0
) -> Act:
    """Withdraw an accreditation from now on; what was anchored before keeps it.

    Raises:
        TransactionRefusedError: not registered, or never accredited for this.
    """
    digest = hash_achievement(achievement)
    with open_carrier(channel, signer) as carrier:
        found = _require_record(channel, did)
        at = channel.chain.read_latest()
        grant = channel.chain.read_accreditation(found.issuer_id, digest, at)
        if grant is None:
            raise TransactionRefusedError(f"{did} was never accredited for {achievement}")
        if grant.withdrawn_at is not None:
            return Act(found.issuer_id, None)
        data = encode_call("withdrawAccreditation", found.issuer_id, digest, reason)
        return Act(found.issuer_id, send_call(carrier, data))


def resolve_did(text: str) -> str:
    """Return the DID of a domain or DID.

    Raises:
        ConfigurationError: neither.
    """
    try:
        return name_did(text.removeprefix(DID_WEB))
    except ValueError as error:
        raise ConfigurationError(
            text, str(error), "Name the institution by its domain or its DID."
        ) from error


def read_achievement_id(text: str) -> str:
    """Return an achievement's id, given as such or as the file that describes it.

    Raises:
        ConfigurationError: neither an absolute identifier nor a file with one.
    """
    path = Path(text)
    if not path.is_file():
        return _check_achievement_id(text, text)
    try:
        content = parse_object(path.read_bytes(), ACHIEVEMENT_LIMIT_BYTES)
    except NotACredentialError as error:
        raise ConfigurationError(text, error.reason, "Give the achievement's file.") from error
    return _check_achievement_id(text, content.get("id"))


def _check_achievement_id(source: str, value: object) -> str:
    if not isinstance(value, str) or not _ABSOLUTE.match(value):
        raise ConfigurationError(
            source,
            "it is neither an achievement's file nor an absolute identifier",
            "Give the file, or the id that stands in it.",
        )
    return value


def _build(texts: dict[str, object], chain_id: object) -> Registration:
    if type(chain_id) is not int or chain_id <= 0:
        message = "its chain_id is not a number"
        raise ValueError(message)
    return Registration(
        identifier=name_did(str(texts["identifier"]).removeprefix(DID_WEB)),
        name=str(texts["name"]),
        admin=parse_address(str(texts["admin"])),
        document_digest=Digest(parse_prefixed_hex(str(texts["document_digest"]), DIGEST_BYTES)),
        chain_id=ChainId(chain_id),
    )


def _find_record(channel: Channel, did: str) -> IssuerRecord | None:
    at = channel.chain.read_latest()
    number = channel.chain.read_issuer_id(hash_identifier(did), at)
    return None if number is None else channel.chain.read_issuer(number, at)


def _require_record(channel: Channel, did: str) -> IssuerRecord:
    found = _find_record(channel, did)
    if found is None:
        raise TransactionRefusedError(
            f"{did} is not registered on {channel.chain.network.name}; "
            "`rootseal authority register` does that"
        )
    return found


def _check_same(channel: Channel, found: IssuerRecord, registration: Registration) -> None:
    names = channel.chain.read_names(found.issuer_id, channel.chain.read_latest())
    if (names.name, found.admin) != (registration.name, registration.admin):
        known = json.dumps(names.name, ensure_ascii=False)
        raise TransactionRefusedError(
            f"{registration.identifier} is registered already as {known} with the admin "
            f"{render_address(found.admin)}"
        )


def _render_time(moment: datetime | None) -> int:
    return NEVER if moment is None else int(moment.timestamp())
