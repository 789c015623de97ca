"""Put the registry on a chain and write down where it is."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import rlp

from issuer.keys.signer import TransactionSigner
from issuer.sending.channel import Carrier, Channel
from issuer.sending.delivery import wait_final
from issuer.sending.operations import Call, open_carrier, send_transaction
from protocol.chain import Transaction
from protocol.errors import TransactionRefusedError, UnexpectedCodeError
from protocol.primitives import Address, BlockNumber, hash_keccak, render_hex
from protocol.registry.abi import load_registry_abi
from protocol.registry.calldata import encode_deployment
from protocol.registry.deployments import Deployment, save_deployment

ADDRESS_START: Final = 12


@dataclass(frozen=True, slots=True)
class Installation:
    """A deployment and its record's file."""

    deployment: Deployment
    record: Path


def deploy_registry(
    channel: Channel, signer: TransactionSigner, authority: Address, authority_name: str
) -> Installation:
    """Deploy the registry, wait until it is final, check its code, and write the home's record.

    The channel's network has no registry yet. Cut off between sending and the record, the next run
    deploys once more; the first contract then lies unused.

    Raises:
        TransactionRefusedError: no funds, or the chain dropped it.
        UnexpectedCodeError: the node shows other code than was sent.
    """
    with open_carrier(channel, signer) as carrier:
        mined = send_transaction(carrier, Call(None, encode_deployment(authority)))
        if not wait_final(carrier, mined):
            raise TransactionRefusedError(
                f"the chain dropped the block with {render_hex(mined.hash)}; deploy again"
            )
        contract = find_contract_address(mined.sender, mined.nonce)
        _check_code(carrier, contract, mined)
        deployment = Deployment(
            chain_id=channel.chain.network.chain_id,
            genesis=channel.chain.read_genesis(),
            contract=contract,
            code_hash=load_registry_abi().code_hash,
            authority=authority,
            authority_name=authority_name,
            block=BlockNumber(mined.block),
            transaction=mined.hash,
        )
        return Installation(deployment, save_deployment(channel.home, deployment))


def find_contract_address(creator: Address, nonce: int) -> Address:
    """Return the address of the contract that an account creates with this nonce."""
    return Address(hash_keccak(rlp.encode([creator, nonce]))[ADDRESS_START:])


def _check_code(carrier: Carrier, contract: Address, mined: Transaction) -> None:
    chain = carrier.channel.chain
    found = chain.read_code_hash(contract, chain.read_block(mined.block))
    if found != load_registry_abi().code_hash:
        raise UnexpectedCodeError(chain.network.name, contract)
