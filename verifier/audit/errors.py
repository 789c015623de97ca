"""What goes wrong in an audit: below the errors of the protocol, so that each has its exit code."""

from pathlib import Path
from typing import Final

from protocol.errors import ChainError, ProtocolError
from protocol.primitives import Address, BlockNumber, render_address
from verifier.audit.files import show_name


class ClaimError(ProtocolError):
    """A batch folder or file that cannot be read as one."""

    def __init__(self, path: Path, reason: str) -> None:
        """Keep the path and the reason, a clause."""
        self.path: Final = path
        self.reason: Final = reason
        super().__init__(f"{show_name(str(path))}: {reason}.")


class UnreadableBlockError(ChainError):
    """A block's header or logs came, and cannot be used."""


class NoSuchBlockError(ChainError):
    """The chain has no block with that number yet."""

    def __init__(self, network: str, wanted: BlockNumber, newest: BlockNumber) -> None:
        """Keep network, the block that was asked for and the newest one."""
        self.network: Final = network
        self.wanted: Final = wanted
        self.newest: Final = newest
        super().__init__(f"{network} has no block {wanted:,} yet: its newest is {newest:,}.")


class CodeAtBlockError(ChainError):
    """At the pinned block the contract's address holds other code than the known one, or none."""

    def __init__(self, network: str, contract: Address, block: BlockNumber, clause: str) -> None:
        """Keep network, contract and block; ``clause`` says what block that is, and what to do."""
        self.network: Final = network
        self.contract: Final = contract
        self.block: Final = block
        super().__init__(
            f"On {network} the address {render_address(contract)} does not hold the registry's "
            f"code at block {block:,}{clause}."
        )


class UnknownInstitutionError(ProtocolError):
    """No institution has this number or identifier at the pinned block."""

    def __init__(self, wanted: str) -> None:
        """Keep what was asked for."""
        self.wanted: Final = wanted
        super().__init__(f"no institution is registered as {wanted!r} at that block")
