"""Whether the chain would accept and a verifier pass a batch, asked before anything is hashed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, NoReturn

from issuer.batches.desk import Desk
from issuer.batches.plan import KeyPosition
from issuer.sending.channel import Carrier, ask_patiently, require_registry
from issuer.sending.operations import check_funds
from protocol.chain import Block, ChainReader, KeyRecord, Role, Standing
from protocol.errors import ChainUnreachableError, DocumentError, TransactionRefusedError
from protocol.identifiers import hash_identifier
from protocol.primitives import DIGEST_BYTES, Root, render_address
from protocol.proofs.did_document import parse_did_document
from protocol.registry.calldata import SELECTORS

SELECTOR_BYTES: Final = 4
CLOCK_SECONDS: Final = 120
"""How far a machine's clock may be behind the chain's."""


@dataclass(frozen=True, slots=True)
class Price:
    """What anchoring a batch may cost at most."""

    gas: int
    fee_wei: int


def is_decoy(root: Root) -> bool:
    """Tell whether a root starts like a function of the registry, which it would then run."""
    return root[:SELECTOR_BYTES] in SELECTORS


def check_ready(desk: Desk, carrier: Carrier) -> Price:
    """Refuse to begin where the batch could not be anchored or would not verify.

    Raises:
        TransactionRefusedError: key, institution, document or funds are not as they must be.
        ChainUnreachableError: the node is behind, or this machine's clock is wrong.
    """
    channel = carrier.channel

    def ask() -> Price:
        latest = channel.chain.read_latest()
        check_clock(channel.chain, latest, desk.clock())
        _check_registration(desk, latest)
        return estimate_price(desk, carrier)

    price = ask_patiently(channel, ask)
    check_funds(carrier, price.fee_wei)
    return price


def estimate_price(desk: Desk, carrier: Carrier) -> Price:
    """Return what one anchor may cost, after the node has tried one with a root made up for it."""
    channel = carrier.channel
    probe = Root(desk.draw_bytes(DIGEST_BYTES))
    while is_decoy(probe):
        probe = Root(desk.draw_bytes(DIGEST_BYTES))
    registry = require_registry(channel.chain)
    gas = channel.sender.estimate_gas(carrier.signer.address, registry, probe)
    fees = channel.sender.suggest_fees(channel.fee_cap_wei)
    return Price(gas, gas * fees.max_fee_wei)


def read_position(carrier: Carrier) -> KeyPosition:
    """Return account nonce and key sequence at one mined block (rule 1).

    Raises:
        TransactionRefusedError: the registry does not know the key.
    """
    channel, account = carrier.channel, carrier.signer.address

    def ask() -> KeyPosition:
        latest = channel.chain.read_latest()
        key = _require_key(channel.chain, carrier, latest)
        nonce = channel.sender.read_nonce(account, latest)
        return KeyPosition(nonce, key.index, key.seq, latest.number)

    return ask_patiently(channel, ask)


def _require_key(chain: ChainReader, carrier: Carrier, at: Block) -> KeyRecord:
    key = chain.read_key(carrier.signer.address, at)
    if key is None:
        raise TransactionRefusedError(
            f"the registry does not know the key {render_address(carrier.signer.address)}; "
            "run `rootseal issuer register`"
        )
    return key


def _check_registration(desk: Desk, at: Block) -> None:
    """Refuse a key or an institution that a verifier would not accept for this issuer."""
    chain, institution = desk.channel.chain, desk.institution
    key = chain.read_key(desk.signers.anchor.address, at)
    issuer_id = chain.read_issuer_id(hash_identifier(institution.did), at)
    record = None if issuer_id is None else chain.read_issuer(issuer_id, at)
    if issuer_id is None or record is None:
        _refuse(f"{institution.did} is not registered; the authority registers it")
    if key is None or key.issuer_id != issuer_id or Role.ANCHOR not in key.roles:
        address = render_address(desk.signers.anchor.address)
        _refuse(
            f"{address} is no anchoring key of {institution.did}; run `rootseal issuer register`"
        )
    if key.compromised_at is not None or (key.not_after is not None and key.not_after <= at.time):
        _refuse("the anchoring key is retired or reported stolen; run `rootseal issuer rotate`")
    if record.standing is not Standing.ACTIVE:
        _refuse(f"the authority has {record.standing.name.lower()} {institution.did}")
    _check_document(desk, record.document_digest)


def _check_document(desk: Desk, digest: bytes) -> None:
    """Refuse keys that the registered DID document does not list: nothing would verify."""
    path = desk.channel.home / "issuers" / f"{digest.hex()}.json"
    try:
        document = parse_did_document(path.read_bytes())
    except FileNotFoundError:
        _refuse(
            f"the registered DID document is not in this home ({path.name}); "
            "run `rootseal issuer register`"
        )
    except DocumentError as error:
        raise TransactionRefusedError(f"{path}: {error.reason}") from error
    listed = {method.id for method in document.methods}
    wanted = {desk.institution.anchor_method, desk.signers.credentials.method}
    if document.digest != digest or not wanted <= listed:
        _refuse("the registered DID document does not list the keys in use; register it anew")


def check_clock(chain: ChainReader, latest: Block, now: datetime) -> None:
    """Refuse a clock that does not agree with a chain that makes blocks all the time (KO-17).

    Raises:
        ChainUnreachableError: the node is behind, or this machine's clock is wrong.
    """
    allowed = chain.network.freshness_seconds
    if allowed is None:
        return
    age_seconds = (now - latest.time).total_seconds()
    if age_seconds > allowed or age_seconds < -CLOCK_SECONDS:
        reason = (
            f"its newest block is {age_seconds:.0f} seconds old by this machine's clock: "
            "the node is behind, or the clock is wrong"
        )
        raise ChainUnreachableError(chain.network.name, reason)


def _refuse(reason: str) -> NoReturn:
    raise TransactionRefusedError(reason)
