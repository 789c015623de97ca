"""Two registered institutions on a `FakeChain`, and what they issue. All seeds fixed."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from protocol.chain import Network, Role
from protocol.credentials.status_index import locate
from protocol.primitives import Address, Digest, IssuerId, Leaf, Root, TransactionHash
from protocol.proofs.data_integrity import (
    build_eddsa_options,
    build_merkle_proof,
    hash_options,
    render_signature,
    signing_input,
)
from protocol.proofs.did_document import DidDocument, parse_did_document
from protocol.proofs.merkle import Side, Step, fold_path
from protocol.proofs.multikey import (
    Secp256k1Key,
    find_key_address,
    render_ed25519,
    render_secp256k1,
    split_secp256k1,
)
from protocol.proofs.receipt import Receipt, render_receipt
from protocol.registry.events import StatusChange
from tests.protocol.credentials import build_unsigned, leaf_of
from tests.verifier.fake_chain import FakeChain, FakeReader, build_network
from verifier.policy import DEFAULT_POLICY
from verifier.report import Outcome, Report, Verdict
from verifier.verify import Question, Surroundings, verify

CREATED = "2026-03-02T00:00:00Z"
NEIGHBOUR = sha256(b"somebody else's credential").digest()
LIST, INDEX = 7, 5
WORD, MASK = locate(LIST, INDEX)
DID, NAME = "did:web:issuer.example", "Example University"
OTHER_DID, OTHER_NAME = "did:web:northgate.example", "Northgate College"


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


@dataclass(frozen=True)
class AnchorKey:
    """An account, by the secp256k1 key of a seed."""

    key: Secp256k1Key

    @classmethod
    def derive(cls, seed: str) -> "AnchorKey":
        secret = ec.derive_private_key(
            int.from_bytes(sha256(seed.encode()).digest()) >> 1, ec.SECP256K1()
        )
        point = secret.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
        return cls(Secp256k1Key(point))

    @property
    def address(self) -> Address:
        return find_key_address(self.key)

    @property
    def fragment(self) -> str:
        return render_secp256k1(self.key.compressed)


@dataclass(frozen=True)
class Institution:
    """Keys and the DID document that lists them."""

    did: str
    signing: Ed25519PrivateKey
    anchors: tuple[AnchorKey, ...]
    issuer_id: IssuerId | None = None

    @classmethod
    def derive(cls, did: str) -> "Institution":
        secret = Ed25519PrivateKey.from_private_bytes(sha256(did.encode()).digest())
        return cls(did, secret, tuple(AnchorKey.derive(f"{did} {n}") for n in range(2)))

    @property
    def public(self) -> bytes:
        return self.signing.public_key().public_bytes_raw()

    @property
    def signing_method(self) -> str:
        return f"{self.did}#{render_ed25519(self.public)}"

    @property
    def anchor_method(self) -> str:
        return f"{self.did}#{self.anchors[0].fragment}"

    def build_document(self, **changes: object) -> bytes:
        methods = [self._build_method(self.signing_method, self._describe_signing())]
        for anchor in self.anchors:
            x, y = split_secp256k1(anchor.key)
            jwk = {"kty": "EC", "crv": "secp256k1", "x": encode(x), "y": encode(y)}
            methods.append(self._build_method(f"{self.did}#{anchor.fragment}", jwk))
        document = {
            "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/jwk/v1"],
            "id": self.did,
            "verificationMethod": methods,
            "assertionMethod": [method["id"] for method in methods],
        }
        return json.dumps(document | changes).encode()

    def _describe_signing(self) -> dict[str, str]:
        return {"kty": "OKP", "crv": "Ed25519", "x": encode(self.public)}

    def _build_method(self, name: str, jwk: Mapping[str, str]) -> dict[str, object]:
        return {"id": name, "type": "JsonWebKey", "controller": self.did, "publicKeyJwk": jwk}


@dataclass
class MemoryDocuments:
    """Copies of DID documents in memory."""

    copies: dict[bytes, bytes] = field(default_factory=dict)

    def add(self, data: bytes) -> Digest:
        digest = Digest(sha256(data).digest())
        self.copies[digest] = data
        return digest

    def find(self, digest: Digest) -> bytes | None:
        return self.copies.get(digest)

    def find_copies(self, did: str) -> tuple[DidDocument, ...]:
        documents = (parse_did_document(data) for _, data in sorted(self.copies.items()))
        return tuple(document for document in documents if document.id == did)


@dataclass(frozen=True)
class Directory:
    readers: tuple[FakeReader, ...]

    def find_readers(self, chain_id: int) -> tuple[FakeReader, ...]:
        return tuple(reader for reader in self.readers if reader.network.chain_id == chain_id)


@dataclass(frozen=True)
class Issued:
    """A file and what is known of it."""

    document: dict
    leaf: Leaf
    root: Root
    transaction: bytes

    @property
    def data(self) -> bytes:
        return json.dumps(self.document).encode()


class World:
    """Chain, institutions and copies; `issue` makes a file, `ask` verifies one."""

    def __init__(self) -> None:
        self.chain = FakeChain()
        self.documents = MemoryDocuments()
        self.own = self._enrol(Institution.derive(DID), NAME)
        self.other = self._enrol(Institution.derive(OTHER_DID), OTHER_NAME)

    @property
    def network(self) -> Network:
        return build_network(self.chain)

    @property
    def now(self) -> datetime:
        return self.chain.now + timedelta(seconds=30)

    def issue(
        self,
        edit: Callable[[dict], object] | None = None,
        *,
        signer: Institution | None = None,
        anchorer: Institution | None = None,
        key: AnchorKey | None = None,
        **sent: object,
    ) -> Issued:
        """Return a genuine credential of the first institution, unless it is told otherwise."""
        signer, anchorer = signer or self.own, anchorer or self.own
        key = key or anchorer.anchors[0]
        unsigned = build_unsigned()
        unsigned["validFrom"] = "2026-03-01T00:00:00Z"
        if edit is not None:
            edit(unsigned)
        leaf = Leaf(leaf_of(unsigned))
        path = (Step(Side.LEFT, NEIGHBOUR),)
        root = fold_path(leaf, path)
        transaction = self.chain.anchor(key.address, root, **sent)
        receipt = Receipt(leaf, root, path, self.chain.chain_id, TransactionHash(transaction))
        method = f"{anchorer.did}#{key.fragment}"
        proofs = [build_merkle_proof(method, CREATED, render_receipt(receipt)), sign(signer, leaf)]
        self.chain.wait(minutes=20)
        return Issued(unsigned | {"proof": proofs}, leaf, root, transaction)

    def read(self, **dials: object) -> FakeReader:
        network = dials.pop("network", self.network)
        return FakeReader(self.chain, network, **dials)

    def ask(self, data: bytes, *readers: FakeReader, **asked: object) -> Report:
        now = asked.pop("now", self.now)
        question = Question(data, asked.pop("at", None), asked.pop("recipient", None))
        surroundings = Surroundings(
            chains=Directory(readers or (self.read(),)),
            documents=asked.pop("documents", self.documents),
            policy=asked.pop("policy", DEFAULT_POLICY),
            clock=lambda: now,
        )
        assert not asked
        return verify(question, surroundings)

    def set_status(self, change: StatusChange, reason: int = 0) -> None:
        self.chain.set_status(self.own.issuer_id, WORD, MASK, change, reason)

    def _enrol(self, institution: Institution, name: str) -> Institution:
        digest = self.documents.add(institution.build_document())
        issuer_id = self.chain.register(institution.did, name, digest)
        for anchor in institution.anchors:
            self.chain.add_key(issuer_id, anchor.address, Role.ANCHOR)
        return replace(institution, issuer_id=issuer_id)


def sign(signer: Institution, leaf: Leaf) -> dict[str, object]:
    options = build_eddsa_options(signer.signing_method, CREATED)
    signature = signer.signing.sign(signing_input(hash_options(options), leaf))
    return options | {"proofValue": render_signature(signature)}


def list_verdicts(report: Report, *verdicts: Verdict) -> list[str]:
    """Return the ids of the outcomes with one of these verdicts."""
    return [outcome.id for outcome in report.checks if outcome.verdict in verdicts]


def list_failed(report: Report) -> list[str]:
    return list_verdicts(report, Verdict.FAILED)


def list_unknown(report: Report) -> list[str]:
    return list_verdicts(report, Verdict.UNKNOWN)


def list_skipped(report: Report) -> list[str]:
    return list_verdicts(report, Verdict.SKIPPED)


def find(report: Report, check: str) -> Outcome:
    return report.find(check)
