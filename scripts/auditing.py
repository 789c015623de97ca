"""What the commands of `rootseal audit` share: options, opening, and how each answer ends."""

import functools
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import click

from protocol.errors import ChainError, ChainUnreachableError
from protocol.identifiers import hash_achievement
from protocol.nodes.networks import EMBEDDED
from protocol.nodes.node import Node
from protocol.nodes.quorum_node import QuorumNode
from protocol.primitives import (
    ADDRESS_BYTES,
    DIGEST_BYTES,
    Address,
    BlockNumber,
    Digest,
    IssuerId,
    Root,
    parse_address,
    parse_prefixed_hex,
)
from scripts import exit_codes, options
from scripts.chains import connect, read_clock
from scripts.config import load_settings
from scripts.terminal import TerminalProgress
from verifier.audit.errors import UnknownInstitutionError
from verifier.audit.findings import Kind, Ledger
from verifier.audit.patience import PatientNode
from verifier.audit.rendering import (
    render_answer,
    render_conclusion,
    render_csv,
    render_json,
    render_text,
)
from verifier.audit.rows import Row, Table
from verifier.audit.session import Session, open_session
from verifier.audit.snapshot import Inquiry, Proving
from verifier.audit.statement import Conclusion, Witnesses
from verifier.audit.tables.names import find_institution

_PROGRESS: Final = "rootseal.audit.progress"
EXIT_CODES: Final = {
    None: exit_codes.DONE,
    Kind.GAP: exit_codes.SOME_FAILED,
    Kind.DIFFERENCE: exit_codes.SOME_FAILED,
    Kind.UNDETERMINED: exit_codes.SOME_UNKNOWN,
    Kind.UNREACHABLE: exit_codes.CHAIN_UNREACHABLE,
}
_ADDRESS_LENGTH: Final = 2 + 2 * ADDRESS_BYTES
Answer = Callable[[], Row]
"""Called after the last row."""
PROVING: Final = {None: Proving.IF_GIVEN, True: Proving.ALWAYS, False: Proving.NEVER}
issuer_option: Final = click.option(
    "--issuer", metavar="DOMAIN|DID|NUMBER", help="Only this institution."
)


def audited(function: Callable[..., int]) -> Callable[..., int]:
    """Give a command the options of all audits, and its errors the exit codes of audits."""

    @functools.wraps(function)
    def run(**given: Any) -> int:
        if given["as_json"] and given["as_csv"]:
            raise click.UsageError("Choose one of --json and --csv.")
        try:
            return function(**given)
        except ChainUnreachableError:
            raise
        except ChainError as error:
            click.echo(f"Error: {error}", err=True)
            return exit_codes.SOME_UNKNOWN
        except UnknownInstitutionError as error:
            raise click.UsageError(f"--issuer: {error}.") from error

    for option in reversed(COMMON):
        run = option(run)
    return run


COMMON: Final = (
    click.option(
        "--at-block",
        type=click.IntRange(min=0),
        metavar="N",
        help="The state at this block.  [default: the newest final one]",
    ),
    click.option(
        "--prove/--no-prove",
        default=None,
        help="Demand storage proofs, or do without.  [default: where the endpoint gives them]",
    ),
    click.option("--csv", "as_csv", is_flag=True, help="All columns for a spreadsheet."),
    options.network_option,
    options.home_option,
    options.json_option,
)


def open_audit(
    network: str, home: Path | None, at_block: int | None, prove: bool | None, **_: object
) -> Session:
    """Pin the block that an audit speaks of."""
    connection = connect(load_settings(home), network)
    progress = click.get_current_context().meta[_PROGRESS] = TerminalProgress()
    inquiry = Inquiry(
        network=connection.network,
        node=PatientNode(connection.node, time.sleep),
        proving=PROVING[prove],
        clock=read_clock,
        progress=progress.report,
        ledger=Ledger(),
    )
    at = None if at_block is None else BlockNumber(at_block)
    is_own = connection.network.name == EMBEDDED
    return open_session(inquiry, at, lambda: _count(connection.node, is_own=is_own))


def show(
    session: Session, table: Table, answer: Answer | None, *, as_json: bool, as_csv: bool
) -> int:
    """Write a table, what its rows answer, and what they rest on; return the exit code."""
    ended: list[Conclusion] = []

    def finish() -> Conclusion:
        ended.append(session.conclude())
        return ended[0]

    kept = session.keep(table)
    if as_csv:
        _write(render_csv(kept))
        # Answers and conclusion are no rows, and the file with the rows stays a table.
        _write(render_answer(session.guard(answer)()), to_stderr=True)
        _write(render_conclusion(finish()), to_stderr=True)
    elif as_json:
        _write(render_json(kept, session.guard(answer), finish))
    else:
        is_whole = not sys.stdout.isatty()
        _write(render_text(kept, session.guard(answer), finish, is_whole=is_whole))
    return EXIT_CODES[ended[0].worst]


def choose_issuers(session: Session, wanted: str | None) -> frozenset[IssuerId] | None:
    """Return the one institution that was named, None for all."""
    return None if wanted is None else frozenset({find_institution(session.state, wanted)})


def find_owner(session: Session, key: Address) -> frozenset[IssuerId]:
    """Return the institution of a key."""
    record = session.state.read_keys([key]).get(key)
    if record is None:
        raise click.UsageError("--key: no institution has such a key at that block.")
    return frozenset({record.issuer_id})


def parse_root(text: str | None) -> Root | None:
    """Return a root from the command line."""
    try:
        return None if text is None else Root(parse_prefixed_hex(text, DIGEST_BYTES))
    except ValueError as error:
        raise click.UsageError(f"--root: {error}.") from error


def parse_achievement(text: str) -> Digest:
    """Return the hash of an achievement's id from the command line."""
    try:
        return hash_achievement(text)
    except UnicodeEncodeError as error:
        reason = "the id holds bytes that are no text (UTF-8)"
        raise click.UsageError(f"--achievement: {reason}.") from error


def parse_key(text: str | None) -> Address | None:
    """Return a key's address from the command line."""
    try:
        return None if text is None else parse_address(text)
    except ValueError as error:
        if len(text or "") != _ADDRESS_LENGTH:
            reason = f"{text} is no address: 0x and 40 hexadecimal digits"
            raise click.UsageError(f"--key: {reason}.") from error
        raise click.UsageError(f"--key: {error}.") from error


def _count(node: Node, *, is_own: bool) -> Witnesses:
    if isinstance(node, QuorumNode):
        endpoints, fewest = node.endpoint_count, node.fewest_answers
        return Witnesses(endpoints, fewest, has_disagreed=node.has_disagreed)
    return Witnesses(1, 1, is_own)


def _write(pieces: Iterator[str], *, to_stderr: bool = False) -> None:
    """Write pieces as they come; on a terminal the progress bar makes way for them."""
    progress: TerminalProgress = click.get_current_context().meta[_PROGRESS]
    for piece in pieces:
        if to_stderr or sys.stdout.isatty():
            progress.clear()
        click.echo(piece, nl=False, err=to_stderr)
