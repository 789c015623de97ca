"""An institution at work on a real embedded chain: made once, copied for each test.

Nothing here is a mock: the registry's own bytecode runs, keys sign, the journal is a file. A clock
that jumps where the program would sleep makes tests quick.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from eth_account import Account

from issuer.batches.desk import Desk, Signers
from issuer.inputs.randomness import derive_credential_id
from issuer.journal.store import open_journal
from issuer.keys.keystore import Ed25519Signer, KeystoreSigner
from issuer.keys.signer import SigningPolicy
from issuer.sending.channel import Channel, Patience
from protocol.chain import FinalityRule, Network
from protocol.credentials.contexts import CREDENTIAL_CONTEXTS
from protocol.embedded import create_embedded, open_embedded
from protocol.nodes.node import Node
from protocol.nodes.node_sender import NodeSender
from protocol.nodes.sender import Fees, TransactionRequest, TransactionSender
from protocol.primitives import (
    Address,
    BlockNumber,
    ChainId,
    Digest,
    parse_address,
    render_address,
    render_hex,
)
from protocol.proofs.multikey import render_ed25519, render_secp256k1
from protocol.registry.calldata import encode_call, encode_deployment
from protocol.registry.events import Anchored, Event
from protocol.registry.reader import RegistryReader

CHAIN_ID = ChainId(7_310_001)
DID = "did:web:issuer.example.org"
NAME = "Example Institute"
STATUS_BASE = "https://issuer.example.org/status/issuer.example.org"
FEE_CAP_WEI = 10**12
AUTHORITY, ADMIN, ANCHOR, STATUS, STRANGER = (
    Account.from_key(bytes([number]) * 32) for number in range(1, 6)
)
SIGNING_KEY = Ed25519PrivateKey.from_private_bytes(bytes([9]) * 32)
ROLE_ANCHOR, ROLE_STATUS, OFFICER_ALL = 1, 2, 3


def find_public(account) -> bytes:
    return account._key_obj.public_key.to_compressed_bytes()


SIGNING_MULTIKEY = render_ed25519(
    SIGNING_KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
)
SIGNING_METHOD = f"{DID}#{SIGNING_MULTIKEY}"
ANCHOR_METHOD = f"{DID}#{render_secp256k1(find_public(ANCHOR))}"


@dataclass(frozen=True)
class Profile:
    did: str = DID
    status_base: str = STATUS_BASE
    anchor_method: str = ANCHOR_METHOD


@dataclass(frozen=True)
class SampleSource:
    """Credentials of a plain achievement; picklable, so that worker processes take it."""

    names: tuple[str, ...]
    kind: str = "roster"
    spoil: int | None = None
    """A position whose credential the guard refuses."""
    first: int = 0
    """Position of the first name, where this is a part."""

    @property
    def count(self) -> int:
        return len(self.names)

    @property
    def digest(self) -> Digest:
        return Digest(sha256(json.dumps([self.names, self.spoil]).encode()).digest())

    def check_moment(self, moment: datetime) -> None:
        return

    def draft(
        self, position: int, *, seed: bytes, status: Mapping[str, object], moment: datetime
    ) -> dict[str, object]:
        credential = {
            "@context": list(CREDENTIAL_CONTEXTS),
            "id": derive_credential_id(seed, position),
            "type": ["VerifiableCredential", "OpenBadgeCredential"],
            "name": "Weaving",
            "issuer": {"id": DID, "type": ["Profile"], "name": NAME},
            "validFrom": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "credentialSubject": {
                "type": ["AchievementSubject"],
                "identifier": [
                    {
                        "type": "IdentityObject",
                        "hashed": False,
                        "identityHash": self.names[position - self.first],
                        "identityType": "name",
                    }
                ],
                "achievement": {
                    "id": "urn:uuid:6f0b1a52-9a4e-4d0c-8b15-0f5f6f0f9a01",
                    "type": ["Achievement"],
                    "name": "Weaving",
                    "description": "Weaves a basket.",
                    "criteria": {"narrative": "Three baskets hold water."},
                },
            },
            "credentialStatus": dict(status),
        }
        if position == self.spoil:
            credential["favouriteColour"] = "red"
        return credential

    def manifest_row(self, position: int) -> Mapping[str, str]:
        return {"row": str(position + 2), "name": self.names[position - self.first]}

    def take(self, start: int, stop: int) -> "SampleSource":
        names = self.names[start - self.first : stop - self.first]
        return replace(self, names=names, first=start)


class Watch:
    """A clock that goes on by itself, and jumps where somebody sleeps."""

    def __init__(self, ahead_seconds: float = 0.0) -> None:
        self.ahead_seconds = ahead_seconds

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.ahead_seconds)

    def sleep(self, seconds: float) -> None:
        self.ahead_seconds += seconds

    def now_seconds(self) -> float:
        return self.now().timestamp()


@dataclass
class Listener:
    """Remembers what was said."""

    notices: list[str] = field(default_factory=list)
    stages: dict[str, tuple[int, int]] = field(default_factory=dict)

    def report(self, stage: str, done: int, total: int) -> None:
        self.stages[stage] = (done, total)

    def notice(self, message: str) -> None:
        self.notices.append(message)


def build_home(home: Path) -> None:
    """Make a chain with a registry, a registered institution and its keys."""
    home.mkdir(mode=0o700)
    watch = Watch()
    accounts = (AUTHORITY, ADMIN, ANCHOR, STATUS, STRANGER)
    balances = {parse_address(account.address): 10**21 for account in accounts}
    start = datetime.now(UTC) - timedelta(hours=1)
    create_embedded(home / "chain.sqlite3", CHAIN_ID, balances, start)
    document = render_document()
    digest = sha256(document).digest()
    (home / "issuers").mkdir()
    (home / "issuers" / f"{digest.hex()}.json").write_bytes(document)
    with open_embedded(home / "chain.sqlite3", watch.now, watch.sleep) as node:
        authority = parse_address(AUTHORITY.address)
        creation = transact(node, AUTHORITY, None, encode_deployment(authority))
        registry = parse_address(creation["contractAddress"])
        transact(node, AUTHORITY, registry, encode_call("setOfficer", authority, OFFICER_ALL))
        admin = parse_address(ADMIN.address)
        register = encode_call("registerIssuer", DID, NAME, admin, digest, 0)
        transact(node, AUTHORITY, registry, register)
        for account, role in ((ANCHOR, ROLE_ANCHOR), (STATUS, ROLE_STATUS)):
            add_key(node, registry, account, role)
        network = build_network(node, registry)
    record = {
        "genesis": network.genesis.hex(),
        "contract": render_address(registry),
        "code_hash": network.code_hash.hex(),
    }
    (home / "scene.json").write_text(json.dumps(record))


def render_document() -> bytes:
    """Return a DID document with both keys as Multikeys."""
    methods = [
        {
            "id": method,
            "type": "Multikey",
            "controller": DID,
            "publicKeyMultibase": method.partition("#")[2],
        }
        for method in (SIGNING_METHOD, ANCHOR_METHOD)
    ]
    document = {
        "@context": ["https://www.w3.org/ns/did/v1"],
        "id": DID,
        "verificationMethod": methods,
        "assertionMethod": [method["id"] for method in methods],
    }
    return json.dumps(document).encode()


def transact(node: Node, account, to: Address | None, data: bytes) -> dict:
    """Send one transaction of an account and return its receipt."""
    sender = NodeSender(plain_network(), node)
    address = parse_address(account.address)
    request = TransactionRequest(
        chain_id=CHAIN_ID,
        nonce=sender.read_nonce(address),
        to=to,
        data=data,
        gas=6_000_000,
        fees=Fees(10**11, 1),
    )
    hash_ = sender.send(sign_freely(account, request))
    receipt = node.request("eth_getTransactionReceipt", [render_hex(hash_)])
    assert receipt["status"] == "0x1"
    return receipt


def sign_freely(account, request: TransactionRequest) -> bytes:
    fields = {
        "type": 2,
        "chainId": request.chain_id,
        "nonce": request.nonce,
        "data": request.data,
        "gas": request.gas,
        "maxFeePerGas": request.fees.max_fee_wei,
        "maxPriorityFeePerGas": request.fees.priority_fee_wei,
        "value": request.value_wei,
    }
    if request.to is not None:
        fields["to"] = render_address(request.to)
    return bytes(account.sign_transaction(fields).raw_transaction)


def add_key(node: Node, registry: Address, account, roles: int) -> None:
    """Add a key to issuer 1 with its own consent."""
    raw = node.request(
        "eth_call",
        [
            {"to": render_address(registry), "data": render_hex(encode_call("eip712Domain"))},
            "latest",
        ],
    )
    domain = read_domain(raw, registry)
    message = {
        "key": account.address,
        "issuerId": 1,
        "roles": roles,
        "notBefore": 0,
        "notAfter": 0,
    }
    kinds = ("address", "uint32", "uint8", "uint40", "uint40")
    types = {"KeyConsent": [{"name": n, "type": t} for n, t in zip(message, kinds, strict=True)]}
    consent = bytes(account.sign_typed_data(domain, types, message).signature)
    address = parse_address(account.address)
    transact(node, ADMIN, registry, encode_call("addKey", 1, address, roles, 0, 0, consent))


def read_domain(raw: object, registry: Address) -> dict:
    from eth_abi import decode

    kinds = ["bytes1", "string", "string", "uint256", "address", "bytes32", "uint256[]"]
    _, name, version, *_ = decode(kinds, bytes.fromhex(str(raw)[2:]))
    return {
        "name": name,
        "version": version,
        "chainId": CHAIN_ID,
        "verifyingContract": render_address(registry),
    }


def plain_network(**changes: object) -> Network:
    network = Network(
        name="embedded",
        chain_id=CHAIN_ID,
        genesis=None,
        contract=None,
        code_hash=None,
        authority=parse_address(AUTHORITY.address),
        authority_name="Example Authority",
        finality=FinalityRule.LATEST,
        freshness_seconds=None,
        explorer=None,
        record="tests",
    )
    return replace(network, **changes)


def build_network(node: Node, registry: Address) -> Network:
    chain = RegistryReader(plain_network(), node)
    code_hash = chain.read_code_hash(registry, chain.read_latest())
    return plain_network(contract=registry, genesis=chain.read_genesis(), code_hash=code_hash)


def load_network(home: Path) -> Network:
    record = json.loads((home / "scene.json").read_text())
    return plain_network(
        contract=parse_address(record["contract"]),
        genesis=Digest(bytes.fromhex(record["genesis"])),
        code_hash=Digest(bytes.fromhex(record["code_hash"])),
    )


def nothing() -> None:
    return


@contextmanager
def open_desk(
    home: Path,
    *,
    after_commit: Callable[[], None] = nothing,
    wrap_sender: Callable[[TransactionSender], TransactionSender] = lambda sender: sender,
    wrap_node: Callable[[Node], Node] = lambda node: node,
    workers: int = 1,
    watch: Watch | None = None,
    patience: Patience | None = None,
) -> Iterator[Desk]:
    """Open the home as a command would."""
    watch = watch or Watch()
    network = load_network(home)
    with ExitStack() as stack:
        inner = stack.enter_context(open_embedded(home / "chain.sqlite3", watch.now, watch.sleep))
        node = wrap_node(inner)
        journal = stack.enter_context(
            open_journal(home / "journal.sqlite3", watch.now, after_commit)
        )
        channel = Channel(
            home=home,
            chain=RegistryReader(network, node),
            node=node,
            sender=wrap_sender(NodeSender(network, node)),
            journal=journal,
            progress=Listener(),
            patience=patience
            or Patience(sleep=watch.sleep, now_seconds=watch.now_seconds, lock_seconds=60),
            fee_cap_wei=FEE_CAP_WEI,
        )
        yield build_desk(channel, watch, workers)


def build_desk(channel: Channel, watch: Watch, workers: int) -> Desk:
    return Desk(
        channel=channel,
        institution=Profile(),
        signers=Signers(
            anchor=build_signer(channel.chain.network, ANCHOR),
            status=build_signer(channel.chain.network, STATUS),
            credentials=Ed25519Signer(SIGNING_KEY, SIGNING_METHOD),
        ),
        clock=watch.now,
        draw_bytes=os.urandom,
        workers=workers,
    )


def build_signer(network: Network, account) -> KeystoreSigner:
    return KeystoreSigner(account, SigningPolicy(network.chain_id, network.contract, FEE_CAP_WEI))


def copy_home(template: Path, home: Path) -> Path:
    shutil.copytree(template, home)
    return home


def read_anchored(home: Path) -> list[Anchored]:
    """Return every Anchored event of the chain, in order."""
    return [event for event in read_all_events(home) if isinstance(event, Anchored)]


def read_all_events(home: Path) -> list[Event]:
    watch = Watch()
    with open_embedded(home / "chain.sqlite3", watch.now, watch.sleep) as node:
        chain = RegistryReader(load_network(home), node)
        head = chain.read_latest().number
        blocks = range(1, head + 1)
        return [event for number in blocks for event in chain.read_events(BlockNumber(number))]


def accept(paths: Sequence[Path]) -> tuple[str, ...]:
    """The OutputCheck of tests that are about something else."""
    return ()


def list_files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def name_people(count: int) -> tuple[str, ...]:
    return tuple(f"Pūnehu {number} O’Brien 王" for number in range(count))
