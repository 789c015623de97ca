"""Which institution a number is, for the rows of every table."""

from protocol.chain import IssuerNames
from protocol.errors import ChainError
from protocol.identifiers import hash_identifier, name_did
from protocol.primitives import IssuerId
from verifier.audit.errors import UnknownInstitutionError
from verifier.audit.state import State


class Names:
    """Registered identifiers by number, each read once."""

    def __init__(self, state: State) -> None:
        """Read through ``state``."""
        self._state = state
        self._known: dict[IssuerId, IssuerNames | None] = {}

    def find(self, number: IssuerId) -> str | None:
        """Return an institution's identifier, None where it could not be read."""
        if number not in self._known:
            self._known[number] = self._read(number)
        names = self._known[number]
        return names.identifier if names else None

    def _read(self, number: IssuerId) -> IssuerNames | None:
        try:
            return self._state.read_names([number]).get(number)
        except ChainError:
            # A name is a courtesy of every row; what the rows say does not depend on it.
            return None


def find_institution(state: State, wanted: str) -> IssuerId:
    """Return the number of an institution that is named by number, domain or identifier.

    Raises:
        UnknownInstitutionError: there is none.
        ChainUnreachableError: no usable answer.
    """
    if wanted.isascii() and wanted.isdigit():
        number = IssuerId(int(wanted[:10]))
        is_known = number < 1 << 32 and state.read_issuers([number]).get(number) is not None
    else:
        hashed = hash_identifier(_name_identifier(wanted))
        number = state.read_bindings([hashed]).get(hashed, IssuerId(0))
        is_known = number != 0
    if not is_known:
        raise UnknownInstitutionError(wanted)
    return number


def _name_identifier(wanted: str) -> str:
    try:
        wanted.encode("utf-8")  # bytes of an argument that are no text come as halves
        return wanted if wanted.startswith("did:") else name_did(wanted)
    except ValueError as error:
        raise UnknownInstitutionError(wanted) from error
