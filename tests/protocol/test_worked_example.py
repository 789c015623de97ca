"""Section 9 of docs/receipt.md: document, vector and code say the same, to the byte.

Nothing is taken from the vector that can be computed: each test goes one step from the files to a
value that the document prints.
"""

import json
import re
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import cbor2
import rlp
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from eth_account import Account

from issuer.batch import build_batch
from issuer.batches.lines import render_line
from issuer.batches.receipts_writer import ProofJob, render_credential
from protocol.credentials.canonical import canonicalise, canonicalise_proof_options
from protocol.credentials.contexts import CREDENTIAL_CONTEXTS
from protocol.credentials.status_index import locate, parse_status
from protocol.identifiers import hash_achievement, hash_identifier
from protocol.primitives import (
    ChainId,
    Leaf,
    Root,
    TransactionHash,
    hash_keccak,
    render_address,
    render_hex,
)
from protocol.proofs.data_integrity import (
    hash_options,
    parse_signature,
    signing_input,
    verify_ed25519,
)
from protocol.proofs.did_document import find_address, parse_did_document
from protocol.proofs.merkle import Side, Step, fold_path
from protocol.proofs.multibase import parse_base58
from protocol.proofs.multikey import Ed25519Key, find_key_address, parse_multikey, render_ed25519
from protocol.proofs.receipt import RECEIPT_LIMIT_CHARACTERS, Receipt, parse_receipt, render_receipt
from verifier.documents import FolderDocuments
from verifier.policy import DEFAULT_POLICY
from verifier.report import Verdict
from verifier.verify import Question, Surroundings, verify

HOUSE = Path(__file__).parents[2]
FOLDER = HOUSE / "tests" / "vectors" / "worked_example"
SECTION = (HOUSE / "docs" / "receipt.md").read_text(encoding="utf-8").split("\n## 9 ")[1]
PRINTED = re.findall(r"^```(?:nquads)?\n(.*?)^```$", SECTION, flags=re.MULTILINE | re.DOTALL)
"""The blocks of the section, in its order."""
DUMP = "84  "
"""How the annotated receipt begins."""

VALUES = json.loads((FOLDER / "values.json").read_text())
FILE = (FOLDER / "credential.json").read_bytes()
DOCUMENT = json.loads(FILE)
UNSIGNED = {member: value for member, value in DOCUMENT.items() if member != "proof"}
MERKLE, EDDSA = DOCUMENT["proof"]
OPTIONS = {member: value for member, value in EDDSA.items() if member != "proofValue"}
LEAVES = tuple(Leaf(bytes.fromhex(line)) for line in (FOLDER / "leaves.txt").read_text().split())
PLACE = 2
PATH = tuple(Step(Side(side), bytes.fromhex(sibling)) for side, sibling in VALUES["path"])
RAW_TRANSACTION = bytes.fromhex((FOLDER / "transaction.txt").read_text().strip()[2:])


def derive(name: str) -> bytes:
    return sha256(f"rootseal worked example, {name}".encode()).digest()


class NoChains:
    """A home in which no network is configured."""

    def find_readers(self, chain_id: ChainId) -> tuple[()]:
        return ()


def list_expected() -> list[str]:
    """Return every block that the section should print, in its order; the dump is left out."""
    path = "".join(f"{side:<5}  {sibling}\n" for side, sibling in VALUES["path"])
    return [
        (FOLDER / "credential.nq").read_text(encoding="utf-8"),
        write("leaf"),
        (FOLDER / "leaves.txt").read_text(),
        path,
        write("root"),
        write("transaction"),
        write("anchoring_key", "anchoring_address"),
        write("receipt_cbor"),
        write("receipt"),
        (FOLDER / "options.nq").read_text(encoding="utf-8"),
        write("options_hash"),
        write("signing_input"),
        write("signing_key", "signature", "signature_value"),
        write("did_document", "identifier_hash", "achievement_hash", "status_word", "status_mask"),
    ]


def write(*names: str) -> str:
    return "".join(f"{VALUES[name]}\n" for name in names)


def test_the_document_prints_files_and_values_and_nothing_else() -> None:
    assert [block for block in PRINTED if not block.startswith(DUMP)] == list_expected()


def test_the_canonical_form_is_as_long_as_the_document_says() -> None:
    nquads = canonicalise(UNSIGNED).nquads
    assert nquads == (FOLDER / "credential.nq").read_bytes()
    lines = nquads.count(b"\n")
    assert f"{lines} lines and {len(nquads):,} bytes" in SECTION


def test_the_leaf_is_the_hash_of_the_canonical_form() -> None:
    leaf = sha256((FOLDER / "credential.nq").read_bytes()).digest()
    assert leaf.hex() == VALUES["leaf"]
    assert LEAVES[PLACE] == leaf


def test_the_tree_gives_path_and_root() -> None:
    batch = build_batch(LEAVES)
    assert batch.root.hex() == VALUES["root"]
    assert batch.paths[PLACE] == PATH


def test_the_path_leads_to_the_root_by_plain_hashing() -> None:
    node = bytes.fromhex(VALUES["leaf"])
    for side, text in VALUES["path"]:
        sibling = bytes.fromhex(text)
        node = sha256(sibling + node if side == "left" else node + sibling).digest()
    assert node.hex() == VALUES["root"]
    assert fold_path(LEAVES[PLACE], PATH) == node


def test_the_transaction_carries_the_root_and_is_signed_by_the_anchoring_key() -> None:
    fields = rlp.decode(RAW_TRANSACTION[1:])
    assert RAW_TRANSACTION[0] == 2
    assert int.from_bytes(fields[0]) == 31337
    assert fields[7].hex() == VALUES["root"]
    assert render_hex(hash_keccak(RAW_TRANSACTION)) == VALUES["transaction"]
    assert Account.recover_transaction(RAW_TRANSACTION) == VALUES["anchoring_address"]
    assert Account.from_key(derive("anchoring key")).address == VALUES["anchoring_address"]


def test_the_anchoring_key_has_that_account() -> None:
    key = parse_multikey(VALUES["anchoring_key"])
    assert not isinstance(key, Ed25519Key)
    assert render_address(find_key_address(key)) == VALUES["anchoring_address"]
    assert MERKLE["verificationMethod"] == f"did:web:example.org#{VALUES['anchoring_key']}"


def test_the_receipt_is_these_bytes() -> None:
    receipt = Receipt(
        leaf=LEAVES[PLACE],
        root=Root(bytes.fromhex(VALUES["root"])),
        path=PATH,
        chain_id=ChainId(31337),
        transaction=TransactionHash(bytes.fromhex(VALUES["transaction"][2:])),
    )
    assert render_receipt(receipt) == VALUES["receipt"] == MERKLE["proofValue"]
    assert parse_receipt(VALUES["receipt"]) == receipt
    data = parse_base58(VALUES["receipt"], RECEIPT_LIMIT_CHARACTERS)
    assert data.hex() == VALUES["receipt_cbor"]
    assert f"{len(data)} bytes" in SECTION


def test_the_annotated_bytes_are_the_receipt() -> None:
    """The dump that people read, put together again; keys and sides are named as they are."""
    (dump,) = (block for block in PRINTED if block.startswith(DUMP))
    parts = [re.split(r"  +", line, maxsplit=1) for line in dump.splitlines()]
    data = b"".join(
        note.strip('"').encode() if mark == "the text" else bytes.fromhex(mark)
        for mark, note in parts
    )
    assert data.hex() == VALUES["receipt_cbor"]
    for mark, note in parts:
        named = re.match(r"pair, (?:key|side) (\d)", note)
        assert named is None or mark == f"820{named[1]}"


def test_any_cbor_reader_finds_the_pairs_in_this_order() -> None:
    pairs = cbor2.loads(bytes.fromhex(VALUES["receipt_cbor"]))
    assert [key for key, _ in pairs] == [3, 0, 1, 2]
    assert cbor2.loads(pairs[1][1]) == VALUES["root"]
    assert cbor2.loads(pairs[2][1]) == VALUES["leaf"]
    assert pairs[3][1][0][:2] == [[0, 1], [1, 31337]]


def test_the_options_hash_is_that_of_their_canonical_form() -> None:
    nquads = canonicalise_proof_options({"@context": list(CREDENTIAL_CONTEXTS), **OPTIONS})
    assert nquads == (FOLDER / "options.nq").read_bytes()
    assert sha256(nquads).hexdigest() == VALUES["options_hash"]


def test_options_hash_and_leaf_are_what_is_signed() -> None:
    message = signing_input(hash_options(OPTIONS), LEAVES[PLACE])
    assert message.hex() == VALUES["signing_input"] == VALUES["options_hash"] + VALUES["leaf"]


def test_the_signature_is_the_signing_keys() -> None:
    message = bytes.fromhex(VALUES["signing_input"])
    private = Ed25519PrivateKey.from_private_bytes(derive("signing key"))
    public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    assert render_ed25519(public) == VALUES["signing_key"]
    assert private.sign(message).hex() == VALUES["signature"]
    signature = parse_signature(VALUES["signature_value"])
    assert signature.hex() == VALUES["signature"]
    assert verify_ed25519(public, signature, message)


def test_the_issuer_writes_these_very_members() -> None:
    """In one line; the document prints them with blanks and line ends, which nothing hashes."""
    job = ProofJob(
        created=MERKLE["created"],
        anchor_method=MERKLE["verificationMethod"],
        signing_method=EDDSA["verificationMethod"],
        chain_id=ChainId(31337),
        transaction=TransactionHash(hash_keccak(RAW_TRANSACTION)),
        root=Root(bytes.fromhex(VALUES["root"])),
    )
    signature = bytes.fromhex(VALUES["signature"])
    written = render_credential(job, render_line(UNSIGNED), LEAVES[PLACE], signature, PATH)
    assert json.dumps(json.loads(written)) == json.dumps(json.loads(FILE)), "in this order too"


def test_the_registry_is_asked_by_these_hashes() -> None:
    entry = parse_status(DOCUMENT["credentialStatus"])
    word, mask = locate(entry.list, entry.index)
    achievement = DOCUMENT["credentialSubject"]["achievement"]["id"]
    found = {
        "did_document": sha256((FOLDER / "did.json").read_bytes()).hexdigest(),
        "identifier_hash": hash_identifier(DOCUMENT["issuer"]["id"]).hex(),
        "achievement_hash": hash_achievement(achievement).hex(),
        "status_word": str(word),
        "status_mask": hex(mask),
    }
    assert found == {name: VALUES[name] for name in found}


def test_the_did_document_lists_both_keys() -> None:
    document = parse_did_document((FOLDER / "did.json").read_bytes())
    signing, anchoring = document.methods
    assert signing.id == EDDSA["verificationMethod"]
    assert anchoring.id == MERKLE["verificationMethod"]
    address = find_address(anchoring)
    assert address is not None
    assert render_address(address) == VALUES["anchoring_address"]


def test_a_verifier_without_the_chain_confirms_what_needs_none(tmp_path: Path) -> None:
    """Steps 1 to 5 pass with a copy of the DID document; the chain is not configured: unknown."""
    (tmp_path / f"{VALUES['did_document']}.json").write_bytes((FOLDER / "did.json").read_bytes())
    surroundings = Surroundings(
        chains=NoChains(),
        documents=FolderDocuments(tmp_path),
        policy=DEFAULT_POLICY,
        clock=lambda: datetime(2026, 12, 1, tzinfo=UTC),
    )
    report = verify(Question(FILE), surroundings)
    passed = {outcome.id for outcome in report.checks if outcome.verdict is Verdict.PASSED}
    assert passed == {"format", "contexts", "schema", "signature", "path", "validity"}
    assert report.find("network").facts["cause"] == "not_configured"
    assert report.verdict is Verdict.UNKNOWN
