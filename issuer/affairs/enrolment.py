"""What the registry knows of an institution, and what its admin adds: keys and the DID document.

Every addition asks first whether it is there; a key is added with its own consent (EIP-712), so
that nobody can occupy another's address.
"""

from dataclasses import replace
from typing import Final

from issuer.affairs.institution import Duty, Institution, find_folder
from issuer.affairs.profile import hash_document
from issuer.keys.signer import KEY_CONSENT, SigningPolicy, TransactionSigner, TypedTypes
from issuer.sending.channel import Carrier, Channel
from issuer.sending.operations import send_call
from protocol.chain import IssuerRecord, KeyRecord, Network, Role, Standing
from protocol.errors import TransactionRefusedError
from protocol.identifiers import hash_identifier
from protocol.primitives import Address, IssuerId, render_address
from protocol.registry.calldata import encode_call

ROLES: Final = {Duty.ANCHOR: Role.ANCHOR, Duty.STATUS: Role.STATUS}
CONSENT_TYPES: Final[TypedTypes] = {
    KEY_CONSENT: (
        ("key", "address"),
        ("issuerId", "uint32"),
        ("roles", "uint8"),
        ("notBefore", "uint40"),
        ("notAfter", "uint40"),
    )
}
NOW, WITHOUT_END = 0, 0


def build_policy(channel: Channel) -> SigningPolicy:
    """Return the policy of every account that only calls this channel's registry."""
    network = channel.chain.network
    return SigningPolicy(network.chain_id, network.contract, channel.fee_cap_wei)


def identify(channel: Channel, institution: Institution) -> tuple[Institution, IssuerRecord]:
    """Return the institution with number and name as registered, and its record on the chain.

    Raises:
        TransactionRefusedError: not registered, under another admin, or not active.
    """
    chain = channel.chain
    at = chain.read_latest()
    number = chain.read_issuer_id(hash_identifier(institution.did), at)
    record = None if number is None else chain.read_issuer(number, at)
    if record is None:
        registration = find_folder(channel.home, chain.network).name
        raise TransactionRefusedError(
            f"{institution.did} is not registered on {chain.network.name} yet; send the authority "
            f"registrations/{registration}/{institution.domain}/registration.json of this home, "
            "for `rootseal authority register`"
        )
    _check_record(institution, record)
    names = chain.read_names(record.issuer_id, at)
    return replace(institution, issuer_id=record.issuer_id, name=names.name), record


def introduce_key(
    carrier: Carrier, record: IssuerRecord, signer: TransactionSigner, role: Role
) -> int:
    """Add a key with its own consent unless it is there; return how many transactions that took.

    Raises:
        TransactionRefusedError: the address serves otherwise already.
    """
    found = read_key(carrier.channel, signer.address)
    if found is not None:
        _check_key(found, record.issuer_id, role)
        return 0
    values = (record.issuer_id, int(role), NOW, WITHOUT_END)
    consent = signer.sign_typed_data(
        _build_domain(carrier.channel.chain.network),
        CONSENT_TYPES,
        dict(zip(_list_members(), (signer.address, *values), strict=True)),
    )
    number, *rest = values
    send_call(carrier, encode_call("addKey", number, signer.address, *rest, consent))
    return 1


def record_document(carrier: Carrier, record: IssuerRecord, institution: Institution) -> int:
    """Record the digest of the DID document unless it is there; return how many were sent."""
    digest = hash_document(institution)
    if record.document_digest == digest:
        return 0
    send_call(carrier, encode_call("setDocument", record.issuer_id, digest))
    return 1


def read_key(channel: Channel, address: Address) -> KeyRecord | None:
    """Return a key's record at the newest block."""
    return channel.chain.read_key(address, channel.chain.read_latest())


def _check_record(institution: Institution, record: IssuerRecord) -> None:
    if record.admin != institution.admin:
        raise TransactionRefusedError(
            f"{institution.did} is registered with the admin {render_address(record.admin)}, while "
            f"this home's is {render_address(institution.admin)}; use the home that it was "
            "registered from"
        )
    if record.standing is not Standing.ACTIVE:
        raise TransactionRefusedError(
            f"{institution.did} is {record.standing.name.lower()} in the registry; only the "
            "authority can change that"
        )


def _check_key(found: KeyRecord, number: IssuerId, role: Role) -> None:
    if found.issuer_id != number or role not in found.roles:
        raise TransactionRefusedError(
            f"the account {render_address(found.address)} is registered for another institution "
            "or duty, and an address serves one for ever; make a new key with "
            "`rootseal issuer rotate`"
        )
    if found.compromised_at is not None or found.not_after is not None:
        raise TransactionRefusedError(
            f"the key {render_address(found.address)} is retired or marked as compromised; make a "
            "new one with `rootseal issuer rotate`"
        )


def _build_domain(network: Network) -> dict[str, object]:
    return {
        "name": "Rootseal",
        "version": "1",
        "chainId": network.chain_id,
        "verifyingContract": network.contract,
    }


def _list_members() -> tuple[str, ...]:
    return tuple(name for name, _ in CONSENT_TYPES[KEY_CONSENT])
