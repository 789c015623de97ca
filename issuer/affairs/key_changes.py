"""Change an institution's keys: a new one for an old one, or one known to be in other hands.

Order of a rotation: the new key's file, this home's record, the key on the chain, the digest of the
DID document, the end of the old key, the record again. Cut off anywhere, the same command goes on.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from issuer.affairs.enrolment import (
    ROLES,
    build_policy,
    identify,
    introduce_key,
    read_key,
    record_document,
)
from issuer.affairs.institution import (
    Duty,
    HeldKey,
    Institution,
    Stage,
    find_institution,
    save_institution,
)
from issuer.affairs.onboarding import create_key
from issuer.affairs.profile import publish
from issuer.keys.keystore import KeyRing, load_transaction_signer
from issuer.sending.channel import Carrier, Channel
from issuer.sending.operations import open_carrier, send_call
from protocol.chain import IssuerRecord
from protocol.errors import ConfigurationError, TransactionRefusedError
from protocol.primitives import render_address
from protocol.registry.calldata import encode_call

AT_ONCE: Final = 0


@dataclass(frozen=True, slots=True)
class KeyChange:
    """What became of an institution's keys."""

    institution: Institution
    key: HeldKey
    """The new key, or the compromised one."""
    transactions: int
    """How many were sent for it; 0 if all was there already."""


def rotate_key(
    channel: Channel, ring: KeyRing, institution: Institution, duty: Duty, now: datetime
) -> KeyChange:
    """Put a new key in the place of the one that does this duty; the old one stays listed.

    Raises:
        TransactionRefusedError: not registered, or not active.
    """
    network = channel.chain.network
    admin = load_transaction_signer(ring, institution.admin, build_policy(channel))
    with open_carrier(channel, admin) as carrier:
        institution, record = identify(channel, _reload(channel, institution))
        coming = institution.find_coming(duty) or create_key(ring, duty, Stage.COMING, now)
        institution = institution.replace_key(coming)
        save_institution(channel.home, network, institution)
        changed = _exchange(institution, coming, now)
        publish(channel.home, changed)
        sent = _introduce(carrier, ring, record, coming)
        sent += record_document(carrier, record, changed)
        sent += sum(_retire(carrier, old) for old in _find_current(institution, duty))
        save_institution(channel.home, network, changed)
    return KeyChange(changed, changed.find_current(duty), sent)


def declare_compromised(
    channel: Channel,
    ring: KeyRing,
    institution: Institution,
    name: str,
    *,
    since: datetime,
    now: datetime,
) -> KeyChange:
    """Say on the chain that a key has been in other hands since a moment in the past.

    A chain key can do nothing more, and what it anchored from then on counts only when endorsed. A
    signing key leaves the DID document, so that nothing it ever signed is taken for the
    institution's word; the anchors of those credentials stand.

    Args:
        channel: the chain.
        ring: this home's keys; the compromised one is not opened.
        institution: whose key it is.
        name: the key's address, or its Multikey.
        since: the moment; a later declaration can only move it earlier.
        now: the time now.

    Raises:
        ConfigurationError: no such key, or a moment in the future.
        TransactionRefusedError: not registered, or a key that never was on the chain.
    """
    find_named(institution, name)
    _check_past(since, now)
    admin = load_transaction_signer(ring, institution.admin, build_policy(channel))
    since = since.astimezone(UTC).replace(microsecond=0)
    with open_carrier(channel, admin) as carrier:
        institution, record = identify(channel, _reload(channel, institution))
        key = find_named(institution, name)
        sent = 0
        if key.duty is not Duty.SIGNING:
            sent += _declare(carrier, record, key, since)
        lost = replace(key, stage=Stage.COMPROMISED, ended=_find_earlier(key, since))
        changed = institution.replace_key(lost)
        publish(channel.home, changed)
        sent += record_document(carrier, record, changed)
        save_institution(channel.home, channel.chain.network, changed)
    return KeyChange(changed, lost, sent)


def _reload(channel: Channel, institution: Institution) -> Institution:
    """Return what the home says now: another process may have held the account before."""
    return find_institution(channel.home, channel.chain.network, institution.did)


def _exchange(institution: Institution, coming: HeldKey, now: datetime) -> Institution:
    """Return the institution as it will be: equal to what a cut-off run was about to make."""
    for old in _find_current(institution, coming.duty):
        ended = replace(old, stage=Stage.RETIRED, ended=now.replace(microsecond=0))
        institution = institution.replace_key(ended)
    return institution.replace_key(replace(coming, stage=Stage.CURRENT))


def _find_current(institution: Institution, duty: Duty) -> Iterable[HeldKey]:
    return [key for key in institution.keys if key.duty is duty and key.stage is Stage.CURRENT]


def _introduce(carrier: Carrier, ring: KeyRing, record: IssuerRecord, coming: HeldKey) -> int:
    if coming.duty is Duty.SIGNING:
        return 0
    signer = load_transaction_signer(ring, coming.address, build_policy(carrier.channel))
    return introduce_key(carrier, record, signer, ROLES[coming.duty])


def _retire(carrier: Carrier, old: HeldKey) -> int:
    if old.duty is Duty.SIGNING:
        return 0
    found = read_key(carrier.channel, old.address)
    if found is None or found.not_after is not None:
        return 0
    send_call(carrier, encode_call("retireKey", old.address, AT_ONCE))
    return 1


def _declare(carrier: Carrier, record: IssuerRecord, key: HeldKey, since: datetime) -> int:
    found = read_key(carrier.channel, key.address)
    if found is None:
        raise TransactionRefusedError(
            f"the key {render_address(key.address)} is not on the chain, so nothing can be done "
            "with it; make another with `rootseal issuer rotate`"
        )
    if found.compromised_at is not None and found.compromised_at <= since:
        return 0
    woken = _wake(carrier, record, since)
    moment = max(1, int(since.timestamp()))
    send_call(carrier, encode_call("compromiseKey", key.address, moment))
    return woken + 1


def _wake(carrier: Carrier, record: IssuerRecord, since: datetime) -> int:
    """Let a quiet chain make a block after the moment; return how many transactions that took.

    Nodes try a call at their newest block, and there the moment would lie in the future. Where
    blocks come by themselves that block is newer; else recording the same document again makes one.
    """
    if carrier.channel.chain.read_latest().time >= since:
        return 0
    send_call(carrier, encode_call("setDocument", record.issuer_id, record.document_digest))
    return 1


def _find_earlier(key: HeldKey, since: datetime) -> datetime:
    if key.stage is Stage.COMPROMISED and key.ended is not None:
        return min(key.ended, since)
    return since


def find_named(institution: Institution, name: str) -> HeldKey:
    """Return the key of an address or Multikey.

    Raises:
        ConfigurationError: there is none.
    """
    for key in institution.keys:
        if name == key.multikey:
            return key
        if key.duty is not Duty.SIGNING and name.lower() == render_address(key.address).lower():
            return key
    known = ", ".join(_name_key(key) for key in institution.keys)
    raise ConfigurationError(
        f"key {name}", f"{institution.domain} has no such key", f"It has {known}."
    )


def _name_key(key: HeldKey) -> str:
    shown = key.multikey if key.duty is Duty.SIGNING else render_address(key.address)
    return f"{shown} ({key.duty}, {key.stage})"


def _check_past(since: datetime, now: datetime) -> None:
    """Compare with the clock: the newest block of a quiet chain may be older than the moment."""
    if since > now:
        raise ConfigurationError(
            f"--since {since.isoformat()}",
            "it lies in the future",
            "Name the moment from which on the key was not yours alone.",
        )
