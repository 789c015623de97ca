"""Every exception of the issuing side.

IssuanceError                        this cannot be issued, and nothing was sent
├─ InputError                        the input is at fault (exit 65)
│  ├─ BadInputError(problems)        everything wrong with roster, achievement or ready-made files
│  ├─ BatchSizeError(count, limit)
│  ├─ DuplicateLeafError(first, second)
│  ├─ RefusedCredentialsError(problems)   credentials that guard, schema or canonical form refuse
│  ├─ UsedFolderError(folder, reason)     the output folder holds something else
│  ├─ StatusInputError(problems)          files or rows that a status change cannot use
│  └─ RegistrationError(path, reason)     an institution's registration file cannot be used
├─ JournalError(path, reason)        the journal cannot be used
├─ JournalConflictError(reason)      journal and input say different things
├─ LockedError(account)              another process of this home uses the account
├─ LockedFolderError(folder)         another process publishes in the folder
├─ SignerPolicyError(what)           a key was asked to sign what its policy does not allow
├─ ListFullError(list)               no status list has room for the batch
├─ SequenceLimitError(seq)           no status list can be named after the key's next batch
├─ PathMismatchError(index)          the tree library built a path that does not lead to its root
├─ RootMismatchError(theirs, ours)   the tree library built another root than we did
├─ WorkerEndedError()                the machine ended a worker process; run it again
└─ OutputError(problems)             what was written does not check out
UnsettledTransactionError(account, nonce)   a ChainError: sent, not mined yet; run it again
WithheldEntryError(network, seq, block)     a ChainError: an entry of the status log is missing
EndpointBehindError(network, what)          a ChainError: what is known already is not there yet
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from issuer.inputs.problems import Problem, render_problem
from protocol.errors import ChainError
from protocol.primitives import Address, Root, render_address, render_hex

SHOWN_PROBLEMS: Final = 20
"""How many problems a message spells out; the field carries all."""


class IssuanceError(Exception):
    """This cannot be issued, and nothing was sent."""


class InputError(IssuanceError):
    """The input is at fault; nothing was done."""


class BadInputError(InputError):
    """Roster, achievement or ready-made files have faults; all of them are listed."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        """Keep the problems, by file and row."""
        self.problems: Final = tuple(
            sorted(problems, key=lambda problem: (str(problem.file), problem.row or 0))
        )
        count = len(self.problems)
        headline = f"Nothing was issued: {count:,} {'problem' if count == 1 else 'problems'}."
        super().__init__("\n".join([headline, *map(render_problem, self.problems)]))


class BatchSizeError(InputError):
    """An empty batch, or one that is too large."""

    def __init__(self, count: int, limit: int) -> None:
        """Keep the size and the most that is allowed."""
        self.count: Final = count
        self.limit: Final = limit
        super().__init__(f"A batch has between 1 and {limit:,} credentials, not {count:,}.")


class DuplicateLeafError(InputError):
    """Two credentials are the same, so that one revocation would hit both."""

    def __init__(self, first: int, second: int) -> None:
        """Keep both places, counted from 0."""
        self.first: Final = first
        self.second: Final = second
        super().__init__(
            f"Credentials {first + 1} and {second + 1} are the same. Remove one of them."
        )


class RefusedCredentialsError(InputError):
    """Credentials that the guard, the schema or the canonical form refuse."""

    def __init__(self, problems: Sequence[str]) -> None:
        """Keep one sentence a problem."""
        self.problems: Final = tuple(problems)
        super().__init__(_list_problems("Nothing was issued", self.problems))


class UsedFolderError(InputError):
    """The output folder holds something else."""

    def __init__(self, folder: Path, reason: str) -> None:
        """Keep the folder and what it holds."""
        self.folder: Final = folder
        self.reason: Final = reason
        super().__init__(f"{folder} {reason}. Choose another --out.")


class StatusInputError(InputError):
    """Files or rows that a status change cannot use."""

    def __init__(self, problems: Sequence[str]) -> None:
        """Keep one sentence a problem."""
        self.problems: Final = tuple(problems)
        super().__init__(_list_problems("No status was changed", self.problems))


class RegistrationError(InputError):
    """An institution's registration file cannot be used."""

    def __init__(self, path: Path, reason: str) -> None:
        """Keep file and reason."""
        self.path: Final = path
        self.reason: Final = reason
        super().__init__(f"{path} is no registration: {reason}. Ask the institution for it again.")


class JournalError(IssuanceError):
    """The journal cannot be used."""

    def __init__(self, path: Path, reason: str) -> None:
        """Keep file and reason."""
        self.path: Final = path
        self.reason: Final = reason
        super().__init__(f"{path}: {reason}.")


class JournalConflictError(IssuanceError):
    """Journal and input say different things."""

    def __init__(self, reason: str) -> None:
        """Keep the reason, a whole sentence."""
        self.reason: Final = reason
        super().__init__(reason)


class LockedError(IssuanceError):
    """Another process of this home uses the account."""

    def __init__(self, account: Address) -> None:
        """Keep the account."""
        self.account: Final = account
        super().__init__(
            f"Another process of this home uses the account {render_address(account)}. "
            "Wait until it has ended, then run the same command again."
        )


class WorkerEndedError(IssuanceError):
    """The machine ended a worker process, perhaps after something was sent."""

    def __init__(self) -> None:
        """Say what may be done about it."""
        super().__init__(
            "A worker process was ended from outside, most often for want of memory. Nothing is "
            "lost: run the same command again."
        )


class LockedFolderError(IssuanceError):
    """Another process publishes in the folder."""

    def __init__(self, folder: Path) -> None:
        """Keep the folder."""
        self.folder: Final = folder
        super().__init__(
            f"Another process publishes in {folder}. Wait until it has ended, then run the same "
            "command again."
        )


class SignerPolicyError(IssuanceError):
    """A key was asked to sign what its policy does not allow; nothing was signed."""

    def __init__(self, what: str) -> None:
        """Keep what was asked for, a clause that goes on from "a transaction or request"."""
        self.what: Final = what
        super().__init__(f"This key signs no transaction or request {what}.")


class ListFullError(IssuanceError):
    """No status list has room for the batch."""

    def __init__(self, number: int) -> None:
        """Keep the list that had no room."""
        self.number: Final = number
        super().__init__(
            f"The status list {number} has no room for this batch. Issue a smaller batch first: "
            "that opens the next list."
        )


class SequenceLimitError(IssuanceError):
    """No status list can be named after the key's next batch."""

    def __init__(self, seq: int) -> None:
        """Keep how many batches the key has anchored."""
        self.seq: Final = seq
        super().__init__(
            f"The key has anchored {seq:,} batches, and no status list can be opened for a later "
            "one. Replace the key (`rootseal issuer rotate --key anchor`)."
        )


class PathMismatchError(IssuanceError):
    """The tree library built a path that does not lead to its root."""

    def __init__(self, index: int) -> None:
        """Keep the leaf's place."""
        self.index: Final = index
        super().__init__(f"The path of leaf {index} does not lead to the root; nothing was issued.")


class RootMismatchError(IssuanceError):
    """The tree library built another root than we did."""

    def __init__(self, theirs: Root, ours: Root) -> None:
        """Keep both roots."""
        self.theirs: Final = theirs
        self.ours: Final = ours
        super().__init__(
            f"Two ways of building the tree disagree ({render_hex(theirs)} and {render_hex(ours)});"
            " nothing was issued."
        )


class OutputError(IssuanceError):
    """What was written does not check out."""

    def __init__(self, problems: Sequence[str]) -> None:
        """Keep one sentence a problem."""
        self.problems: Final = tuple(problems)
        super().__init__(
            _list_problems("The batch is anchored, but do not hand its files out", self.problems)
        )


class UnsettledTransactionError(ChainError):
    """A transaction was sent and is neither mined nor replaced yet."""

    def __init__(self, account: Address, nonce: int, waited_seconds: float) -> None:
        """Keep account, nonce and how long was waited."""
        self.account: Final = account
        self.nonce: Final = nonce
        super().__init__(
            f"Transaction {nonce} of {render_address(account)} is sent but not settled after "
            f"{waited_seconds:.0f} seconds. Run the same command again: it goes on from here."
        )


class WithheldEntryError(ChainError):
    """An entry of the issuer's status log is not in the block where it must be."""

    def __init__(self, network: str, seq: int, block: int) -> None:
        """Keep the network, the entry's number and where it was looked for."""
        self.network: Final = network
        self.seq: Final = seq
        self.block: Final = block
        super().__init__(
            f"Entry {seq} of the status log is missing from block {block:,} of {network}: the "
            "endpoint withholds it. Ask another endpoint."
        )


class EndpointBehindError(ChainError):
    """An endpoint answers as of a time before what this home knows; nothing was signed."""

    def __init__(self, network: str, what: str) -> None:
        """Keep the network and both moments, a clause that goes on from "is behind:"."""
        self.network: Final = network
        self.what: Final = what
        super().__init__(
            f"The endpoint of {network} is behind: {what}. Nothing was published; ask another "
            "endpoint, or run the same command later."
        )


def _list_problems(headline: str, problems: tuple[str, ...]) -> str:
    shown = [f"  {problem}" for problem in problems[:SHOWN_PROBLEMS]]
    more = len(problems) - len(shown)
    if more > 0:
        shown.append(f"  … and {more:,} more")
    return "\n".join([f"{headline}:", *shown])
