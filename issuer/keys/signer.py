"""What signs, and what it may sign. A key itself never passes through here.

The policy stands in front of every key, in software as it would in a remote signer: a signer that
signs anything is as good as the key (ATTACKS KO-20).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NoReturn, Protocol

from issuer.errors import SignerPolicyError
from protocol.nodes.sender import TransactionRequest
from protocol.primitives import DIGEST_BYTES, Address, ChainId, render_address
from protocol.registry.calldata import SELECTORS

SELECTOR_BYTES: Final = 4
KEY_CONSENT: Final = "KeyConsent"

TypedFields = Mapping[str, object]
TypedTypes = Mapping[str, tuple[tuple[str, str], ...]]
"""For each structure its members as (name, type), in order."""


class TransactionSigner(Protocol):
    """Signs for one account of a chain."""

    @property
    def address(self) -> Address:
        """The account."""
        ...

    def sign(self, request: TransactionRequest) -> bytes:
        """Return the raw signed transaction; the same bytes for the same request.

        Raises:
            SignerPolicyError: the policy does not allow it.
        """
        ...

    def sign_typed_data(
        self, domain: TypedFields, types: TypedTypes, message: TypedFields
    ) -> bytes:
        """Return the 65 bytes of an EIP-712 signature.

        Raises:
            SignerPolicyError: the policy does not allow it.
        """
        ...


class CredentialSigner(Protocol):
    """Signs credentials with an Ed25519 key."""

    @property
    def method(self) -> str:
        """The DID URL under which the public key is published."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Return the 64 bytes of a signature; several threads may ask at once."""
        ...


@dataclass(frozen=True, slots=True)
class SigningPolicy:
    """All that an account may sign: calls of one registry on one chain, and what is added to it."""

    chain_id: ChainId
    registry: Address | None
    """None: before ``deploy`` there is nothing to call."""
    fee_cap_wei: int
    """The most for a unit of gas."""
    may_deploy: bool = False
    may_fund: bool = False
    """Plain transfers: the treasury only."""

    def check(self, request: TransactionRequest) -> None:
        """Refuse what is not allowed.

        Raises:
            SignerPolicyError: another chain, recipient, call, value or fee.
        """
        if request.chain_id != self.chain_id:
            _refuse(f"for chain {request.chain_id} instead of {self.chain_id}")
        if request.fees.max_fee_wei > self.fee_cap_wei:
            _refuse(f"that pays {request.fees.max_fee_wei} wei for gas, over {self.fee_cap_wei}")
        if request.value_wei:
            self._check_funding(request)
        elif request.to is None:
            if not self.may_deploy:
                _refuse("that creates a contract")
        elif request.to != self.registry:
            _refuse(f"to {render_address(request.to)}, which is not the registry")
        elif not _is_registry_call(request.data):
            _refuse("whose data is neither a root nor a call of the registry")

    def check_typed_data(self, domain: TypedFields, types: TypedTypes) -> None:
        """Refuse typed data other than a key's consent for this registry on this chain.

        Raises:
            SignerPolicyError: another domain or another structure.
        """
        if domain.get("chainId") != self.chain_id:
            _refuse("for another chain")
        if self.registry is None or domain.get("verifyingContract") != self.registry:
            _refuse("for another contract than the registry")
        if set(types) != {KEY_CONSENT}:
            _refuse("that is not a key's consent")

    def _check_funding(self, request: TransactionRequest) -> None:
        if not self.may_fund or request.to is None or request.data:
            _refuse("that moves value")


def _is_registry_call(data: bytes) -> bool:
    return len(data) == DIGEST_BYTES or data[:SELECTOR_BYTES] in SELECTORS


def _refuse(what: str) -> NoReturn:
    raise SignerPolicyError(what)
