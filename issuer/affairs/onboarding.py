"""Make an institution, and bring its keys onto the chain.

Each step asks what is there already and does the rest, so that running it again after a crash, or
for no reason, ends in the same state. On a real network another party, the qualification authority,
registers the institution between the two steps here (`issuer.affairs.authority`).
"""

import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from issuer.affairs.enrolment import ROLES, build_policy, identify, introduce_key, record_document
from issuer.affairs.institution import (
    Duty,
    HeldKey,
    Institution,
    Stage,
    hold_institutions,
    load_institutions,
    save_institution,
)
from issuer.affairs.profile import Publication, publish
from issuer.keys.keystore import (
    KeyRing,
    create_chain_key,
    create_signing_key,
    load_transaction_signer,
)
from issuer.sending.channel import Channel
from issuer.sending.operations import open_carrier
from protocol.chain import Network
from protocol.credentials.strict_json import find_text_problem
from protocol.errors import ConfigurationError
from protocol.identifiers import name_did, parse_domain
from protocol.proofs.multikey import find_key_address, render_ed25519, render_secp256k1

NAME_LIMIT_BYTES: Final = 1_024
"""The registry's own limit for texts."""


@dataclass(frozen=True, slots=True)
class Application:
    """What an institution says of itself. What is None is the default, or as it was."""

    name: str
    domain: str
    time_zone: ZoneInfo | None = None
    status_base: str | None = None
    demo: bool = False


@dataclass(frozen=True, slots=True)
class Initiation:
    """An institution of this home and where its files lie."""

    institution: Institution
    publication: Publication
    fresh: bool
    """False: it was here before, and was left as it is."""


@dataclass(frozen=True, slots=True)
class Enrolment:
    """An institution whose keys are on the chain."""

    institution: Institution
    transactions: int
    """How many were sent for it; 0 if all was there already."""


def init_institution(
    home: Path, network: Network, application: Application, ring: KeyRing, now: datetime
) -> Initiation:
    """Make an institution's keys and files, or find that they are made.

    Raises:
        ConfigurationError: a bad name or domain, or one that the home knows otherwise.
    """
    domain = _read_domain(application.domain)
    name = _read_name(application.name)
    application = replace(application, name=name, domain=domain)
    with hold_institutions(home):
        found = [each for each in load_institutions(home, network) if each.domain == domain]
        if found:
            _check_same(found[0], application)
        institution = found[0] if found else _make(network, application, ring, now)
        save_institution(home, network, institution)
        return Initiation(institution, publish(home, institution), fresh=not found)


def _make(network: Network, application: Application, ring: KeyRing, now: datetime) -> Institution:
    return Institution(
        did=name_did(application.domain),
        name=application.name,
        domain=application.domain,
        network=network.name,
        chain_id=network.chain_id,
        issuer_id=None,
        time_zone=application.time_zone or ZoneInfo("UTC"),
        status_base=_choose_status_base(application),
        admin=find_key_address(create_chain_key(ring)),
        keys=tuple(create_key(ring, duty, Stage.CURRENT, now) for duty in Duty),
        demo=application.demo,
    )


def create_key(ring: KeyRing, duty: Duty, stage: Stage, now: datetime) -> HeldKey:
    """Make a key for a duty and write its file."""
    if duty is Duty.SIGNING:
        multikey = render_ed25519(create_signing_key(ring).raw)
    else:
        multikey = render_secp256k1(create_chain_key(ring).compressed)
    return HeldKey(duty, multikey, stage, created=now.replace(microsecond=0), ended=None)


def register_keys(channel: Channel, ring: KeyRing, institution: Institution) -> Enrolment:
    """Add the anchoring and the status key, and record the DID document, where that is not done.

    Raises:
        TransactionRefusedError: not registered yet, registered otherwise, or not active.
    """
    policy = build_policy(channel)
    admin = load_transaction_signer(ring, institution.admin, policy)
    sent = 0
    with open_carrier(channel, admin) as carrier:
        institution, record = identify(channel, institution)
        for duty in (Duty.ANCHOR, Duty.STATUS):
            key = institution.find_current(duty)
            signer = load_transaction_signer(ring, key.address, policy)
            sent += introduce_key(carrier, record, signer, ROLES[duty])
        sent += record_document(carrier, record, institution)
    save_institution(channel.home, channel.chain.network, institution)
    publish(channel.home, institution)
    return Enrolment(institution, sent)


def _read_domain(text: str) -> str:
    try:
        return parse_domain(text)
    except ValueError as error:
        raise ConfigurationError(
            f"--domain {text}", str(error), "Give the domain of the institution's web site."
        ) from error


def _read_name(text: str) -> str:
    name = unicodedata.normalize("NFC", text.strip())
    problem = find_text_problem(name) or (
        "it has several lines" if len(name.splitlines()) > 1 else ""
    )
    if not name or len(name.encode("utf-8", "replace")) > NAME_LIMIT_BYTES:
        problem = f"a name has between 1 and {NAME_LIMIT_BYTES} bytes"
    if problem:
        raise ConfigurationError("--name", problem, "Give the name that credentials should show.")
    return name


def _choose_status_base(application: Application) -> str:
    base, domain = application.status_base, application.domain
    if base is None:
        return f"https://{domain}/status/{domain}"
    if not base.startswith("https://") or any(mark in base for mark in ' ?#"<>\\^`{|}'):
        reason = "it is not a plain https address"
        raise ConfigurationError(f"--status-base {base}", reason, "Give https://host/path.")
    return base.rstrip("/")


def _check_same(found: Institution, application: Application) -> None:
    """Refuse to change in passing what an earlier run decided."""
    differing = [
        f"{what} {known} instead of {wanted}"
        for what, known, wanted in (
            ("the name", found.name, application.name),
            ("the time zone", found.time_zone, application.time_zone or found.time_zone),
            ("the status base", found.status_base, _keep_base(found, application)),
            ("the mark of a demo", found.demo, application.demo),
        )
        if known != wanted
    ]
    if differing:
        raise ConfigurationError(
            found.domain,
            f"this home has it on {found.network} already, with {' and '.join(differing)}",
            "Give what it was made with, or another domain.",
        )


def _keep_base(found: Institution, application: Application) -> str:
    if application.status_base is None:
        return found.status_base
    return _choose_status_base(application)
