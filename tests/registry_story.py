"""A registry with one institution on any node: accounts, deployment and calls for tests."""

import time
from contextlib import suppress
from dataclasses import dataclass, field, replace

from eth_account import Account
from eth_account.messages import encode_typed_data

from protocol.chain import FinalityRule, Network
from protocol.errors import ChainDisagreementError, TransactionPendingError
from protocol.nodes.answers import ask
from protocol.nodes.connect import read_identity
from protocol.nodes.node import Node
from protocol.nodes.node_sender import NodeSender
from protocol.nodes.sender import TransactionRequest
from protocol.primitives import Address, IssuerId, hash_keccak, render_hex
from protocol.registry.calldata import decode_result, encode_call, encode_deployment
from protocol.registry.reader import RegistryReader

ETHER = 10**18
FEE_CAP_WEI = 500 * 10**9
IDENTIFIER = "did:web:university.example"
NAME = "Universität Āotearoa"


@dataclass(frozen=True, slots=True)
class Keys:
    """Fresh accounts; nothing here is worth anything."""

    authority: object = field(default_factory=Account.create)
    admin: object = field(default_factory=Account.create)
    anchor: object = field(default_factory=Account.create)
    status: object = field(default_factory=Account.create)

    def list_addresses(self) -> tuple[Address, ...]:
        return tuple(
            find_address(each) for each in (self.authority, self.admin, self.anchor, self.status)
        )


def find_address(account) -> Address:
    return Address(bytes.fromhex(account.address[2:]))


def sign(account, request: TransactionRequest) -> bytes:
    fields = {
        "type": 2,
        "chainId": request.chain_id,
        "nonce": request.nonce,
        "to": request.to,
        "data": request.data,
        "value": request.value_wei,
        "gas": request.gas,
        "maxFeePerGas": request.fees.max_fee_wei,
        "maxPriorityFeePerGas": request.fees.priority_fee_wei,
    }
    kept = {name: value for name, value in fields.items() if value is not None}
    return bytes(account.sign_transaction(kept).raw_transaction)


@dataclass(frozen=True, slots=True)
class Story:
    """One registry and whoever uses it."""

    node: Node
    network: Network
    keys: Keys

    @property
    def reader(self) -> RegistryReader:
        return RegistryReader(self.network, self.node)

    @property
    def sender(self) -> NodeSender:
        return NodeSender(self.network, self.node)

    def sign(self, account, to, data: bytes, gas: int | None = None, **changes) -> bytes:
        address = find_address(account)
        request = TransactionRequest(
            chain_id=self.network.chain_id,
            nonce=self.sender.read_nonce(address),
            to=to,
            data=data,
            gas=gas or self.sender.estimate_gas(address, to, data),
            fees=self.sender.suggest_fees(FEE_CAP_WEI),
        )
        return sign(account, replace(request, **changes))

    def send(self, account, to, data: bytes, gas: int | None = None, **changes):
        hash_ = self.sender.send(self.sign(account, to, data, gas, **changes))
        for _ in range(200):
            # It may be mined between the questions to two endpoints.
            with suppress(TransactionPendingError, ChainDisagreementError):
                if (found := self.reader.read_transaction(hash_)) is not None:
                    return found
            time.sleep(0.05)
        raise AssertionError("the node did not mine it in ten seconds")

    def call(self, account, function: str, *arguments, gas: int | None = None):
        return self.send(account, self.network.contract, encode_call(function, *arguments), gas)

    def register(self) -> IssuerId:
        """Register the institution and its two keys."""
        keys = self.keys
        self.call(
            keys.authority,
            "registerIssuer",
            IDENTIFIER,
            NAME,
            find_address(keys.admin),
            b"\7" * 32,
            0,
        )
        for account, roles in ((keys.anchor, 1), (keys.status, 2)):
            consent = self.consent(account, 1, roles)
            self.call(keys.admin, "addKey", 1, find_address(account), roles, 0, 0, consent)
        return IssuerId(1)

    def consent(self, account, issuer_id: int, roles: int) -> bytes:
        at = self.reader.read_latest()
        call = {
            "to": render_hex(self.network.contract),
            "data": render_hex(encode_call("eip712Domain")),
        }
        answer = ask(self.node, "eth_call", call, hex(at.number)).parse_data()
        _, name, version, chain_id, contract, _, _ = decode_result("eip712Domain", answer)
        signed = encode_typed_data(
            {
                "name": name,
                "version": version,
                "chainId": chain_id,
                "verifyingContract": render_hex(contract),
            },
            {
                "KeyConsent": [
                    {"name": "key", "type": "address"},
                    {"name": "issuerId", "type": "uint32"},
                    {"name": "roles", "type": "uint8"},
                    {"name": "notBefore", "type": "uint40"},
                    {"name": "notAfter", "type": "uint40"},
                ]
            },
            {
                "key": account.address,
                "issuerId": issuer_id,
                "roles": roles,
                "notBefore": 0,
                "notAfter": 0,
            },
        )
        return bytes(account.sign_message(signed).signature)


def tell(node: Node, keys: Keys, finality: FinalityRule = FinalityRule.LATEST) -> Story:
    """Deploy a registry; the accounts must have funds."""
    identity = read_identity(node)
    network = Network(
        name=node.network_name,
        chain_id=identity.chain_id,
        genesis=identity.genesis,
        contract=None,
        code_hash=None,
        authority=find_address(keys.authority),
        authority_name="Authority",
        finality=finality,
        freshness_seconds=None,
        explorer=None,
        record="test",
    )
    story = Story(node, network, keys)
    deployed = story.send(keys.authority, None, encode_deployment(find_address(keys.authority)))
    assert deployed.succeeded
    receipt = ask(node, "eth_getTransactionReceipt", render_hex(deployed.hash))
    contract = receipt.find_member("contractAddress").parse_address()
    code = ask(node, "eth_getCode", render_hex(contract), "latest").parse_data()
    return replace(story, network=replace(network, contract=contract, code_hash=hash_keccak(code)))


def fund(node: Node, network_name: str, keys: Keys) -> None:
    """Give the accounts something from a development node's own."""
    sender = NodeSender(
        Network(
            **dict.fromkeys(
                ("genesis", "contract", "code_hash", "authority", "freshness_seconds", "explorer")
            ),
            name=network_name,
            chain_id=read_identity(node).chain_id,
            authority_name="",
            finality=FinalityRule.LATEST,
            record="",
        ),
        node,
    )
    unlocked = ask(node, "eth_accounts").parse_list()[0].parse_address()
    for address in keys.list_addresses():
        sender.send_unlocked(unlocked, address, 10 * ETHER)
