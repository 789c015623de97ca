"""Every exception that crosses a package border.

ProtocolError                       these bytes are not what they should be
├─ NotACredentialError(reason)      not strict JSON, or not recognisable as a credential
├─ GuardError(rule, member, reason) a credential, but one the guard refuses (G0 … G10)
├─ UnknownContextError(url)         a context that no profile knows
├─ SchemaError(problems)            not valid by the Open Badges 3.0 schema
├─ ReceiptError(reason)             the Merkle proof's value is not a receipt of ours
├─ MultikeyError(reason)            not a multibase-encoded public key that we know
├─ DocumentError(reason)            a DID document that cannot be used
└─ StatusListError(reason)          a published status list that cannot be read
ChainError                          the chain could not be asked, or refused
├─ ChainUnreachableError(network, reason)   no endpoint answered
├─ ChainDisagreementError(network, question, detail)  endpoints answered differently
├─ StateUnavailableError(network, block)    the node no longer has, or never had, that block's state
├─ TransactionPendingError(network, transaction)  sent, but in no block yet
├─ WrongChainError(network, expected, actual)
├─ NoRegistryError(network)         no registry is recorded for the network
├─ WrongGenesisError(network, expected, actual)  the right chain id, but another chain
├─ UnexpectedCodeError(network, address)    the contract's code is not the known one
├─ ProofRefusedError(reason)        a state proof that does not hold
└─ TransactionRefusedError(reason)  the node or contract refused a transaction
   └─ NonceTakenError(nonce)        another transaction holds the nonce, mined or waiting
ConfigurationError(setting, reason, remedy)   a network file, policy or home is unusable
CanonicalisationDifferenceError(name) a learned shape and JSON-LD proper differ: sign nothing
"""

from typing import Final, Self

from protocol.primitives import (
    Address,
    BlockNumber,
    ChainId,
    Digest,
    TransactionHash,
    render_address,
    render_hex,
)


class ProtocolError(Exception):
    """These bytes are not what they should be."""


class NotACredentialError(ProtocolError):
    """Not one strict JSON object, or nothing that can be recognised as a credential."""

    def __init__(self, reason: str) -> None:
        """Keep the reason, a clause without full stop."""
        self.reason: Final = reason
        super().__init__(f"This is not a credential: {reason}.")


class GuardError(ProtocolError):
    """The guard refuses this credential."""

    def __init__(self, rule: str, member: str, reason: str) -> None:
        """Keep the rule (``G0`` … ``G10``), the member's path (may be empty) and the reason."""
        self.rule: Final = rule
        self.member: Final = member
        self.reason: Final = reason
        place = f"{member}: " if member else ""
        super().__init__(f"{place}{reason} ({rule})")


class UnknownContextError(ProtocolError):
    """A JSON-LD context that no profile knows."""

    def __init__(self, url: str) -> None:
        """Keep the context's address."""
        self.url: Final = url
        super().__init__(f"context not known: {url}")


class SchemaError(ProtocolError):
    """Not valid by the credential's schema."""

    def __init__(self, problems: tuple[tuple[str, str], ...]) -> None:
        """Keep every problem as (member path, reason)."""
        self.problems: Final = problems
        super().__init__("; ".join(f"{member}: {reason}" for member, reason in problems))


class ReceiptError(ProtocolError):
    """A proof value that is not a receipt in the one accepted encoding."""

    def __init__(self, reason: str) -> None:
        """Keep the reason."""
        self.reason: Final = reason
        super().__init__(f"The receipt cannot be read: {reason}.")


class MultikeyError(ProtocolError):
    """Not a public key in Multikey form that is known here."""

    def __init__(self, reason: str) -> None:
        """Keep the reason."""
        self.reason: Final = reason
        super().__init__(f"The key cannot be read: {reason}.")


class DocumentError(ProtocolError):
    """A DID document that cannot be used."""

    def __init__(self, reason: str) -> None:
        """Keep the reason."""
        self.reason: Final = reason
        super().__init__(f"The DID document cannot be used: {reason}.")


class StatusListError(ProtocolError):
    """A published status list that cannot be read."""

    def __init__(self, reason: str) -> None:
        """Keep the reason."""
        self.reason: Final = reason
        super().__init__(f"The status list cannot be read: {reason}.")


class ChainError(Exception):
    """The chain could not be asked, or refused."""


class ChainUnreachableError(ChainError):
    """No endpoint of the network answered in a usable way."""

    def __init__(self, network: str, reason: str) -> None:
        """Keep network and reason; the reason never carries an endpoint's address."""
        self.network: Final = network
        self.reason: Final = reason
        super().__init__(f"The network {network} cannot be reached: {reason}.")


class ChainDisagreementError(ChainError):
    """Endpoints of one network gave different answers."""

    def __init__(self, network: str, question: str, detail: str = "") -> None:
        """Keep network, question (an RPC method's name) and, where known, who said what."""
        self.network: Final = network
        self.question: Final = question
        self.detail: Final = detail
        known = f" ({detail})" if detail else ""
        super().__init__(f"The endpoints of {network} disagree about {question}{known}.")


class StateUnavailableError(ChainError):
    """The node does not have the state of that block."""

    def __init__(self, network: str, block: BlockNumber) -> None:
        """Keep network and block."""
        self.network: Final = network
        self.block: Final = block
        super().__init__(f"No endpoint of {network} has the state of block {block}.")


class TransactionPendingError(ChainError):
    """The node knows the transaction, but no block holds it yet."""

    def __init__(self, network: str, transaction: TransactionHash) -> None:
        """Keep network and transaction."""
        self.network: Final = network
        self.transaction: Final = transaction
        super().__init__(f"On {network} no block holds the transaction yet.")


class WrongChainError(ChainError):
    """An endpoint serves another chain than the one configured."""

    def __init__(self, network: str, expected: ChainId, actual: ChainId) -> None:
        """Keep network and both chain ids."""
        self.network: Final = network
        self.expected: Final = expected
        self.actual: Final = actual
        super().__init__(
            f"{network} should have chain id {expected}, its endpoint serves {actual}."
        )


class NoRegistryError(ChainError):
    """No registry is recorded for the network, so there is nothing to ask."""

    def __init__(self, network: str) -> None:
        """Keep the network."""
        self.network: Final = network
        super().__init__(
            f"No registry is recorded for the network {network}. Keep your authority's network "
            f"file as networks/{network}.toml in the home, or make a registry of your own: "
            f"rootseal deploy --network {network}."
        )


class WrongGenesisError(ChainError):
    """An endpoint serves a chain with the right id that began with another block."""

    def __init__(self, network: str, expected: Digest, actual: Digest) -> None:
        """Keep network and both hashes of block 0."""
        self.network: Final = network
        self.expected: Final = expected
        self.actual: Final = actual
        super().__init__(
            f"The endpoint of {network} serves another chain: its first block is "
            f"{render_hex(actual)}, not {render_hex(expected)}."
        )


class UnexpectedCodeError(ChainError):
    """The contract's address holds other code than the known one, or none."""

    def __init__(self, network: str, address: Address) -> None:
        """Keep network and address."""
        self.network: Final = network
        self.address: Final = address
        super().__init__(
            f"On {network} the address {render_address(address)} does not hold the registry's code."
        )


class ProofRefusedError(ChainError):
    """A proof of state that does not lead to what it claims."""

    def __init__(self, reason: str) -> None:
        """Keep the reason, a clause."""
        self.reason: Final = reason
        super().__init__(f"The proof does not hold: {reason}.")


class TransactionRefusedError(ChainError):
    """The node or the contract refused a transaction, or it reverted."""

    def __init__(self, reason: str) -> None:
        """Keep the reason: a custom error's name with arguments where the contract gave one."""
        self.reason: Final = reason
        super().__init__(f"The chain refuses: {reason}.")


class NonceTakenError(TransactionRefusedError):
    """Another transaction of the account holds the nonce: mined, or waiting with as high a fee."""

    def __init__(self, nonce: int) -> None:
        """Keep the nonce."""
        self.nonce: Final = nonce
        super().__init__(f"another transaction of this account has the nonce {nonce}")


class ConfigurationError(Exception):
    """A setting, network file, policy or home directory that cannot be used."""

    def __init__(self, setting: str, reason: str, remedy: str) -> None:
        """Keep what is wrong, why, and what to do."""
        self.setting: Final = setting
        self.reason: Final = reason
        self.remedy: Final = remedy
        super().__init__(f"{setting}: {reason}. {remedy}")


class CanonicalisationDifferenceError(Exception):
    """A re-check found that a learned shape gives other bytes than JSON-LD proper: a bug here.

    No refusal of a credential, so no `ProtocolError`: whatever is under way stops unsigned.
    """

    def __init__(self, name: str) -> None:
        """Keep the credential's ``id``."""
        self.name: Final = name
        super().__init__(
            f"The canonical form of {name} differs between the fast path and JSON-LD proper; "
            "nothing may be signed with this program."
        )

    def __reduce__(self) -> tuple[type[Self], tuple[str]]:
        """Let it come out of a worker process as it went in."""
        return type(self), (self.name,)
