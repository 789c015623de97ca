"""From an exception to one sentence and an exit code: the border where each is caught, once."""

import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Final

import click

from issuer.errors import (
    IssuanceError,
    OutputError,
    PathMismatchError,
    RootMismatchError,
    WorkerEndedError,
)
from protocol.errors import (
    CanonicalisationDifferenceError,
    ChainError,
    ConfigurationError,
    ProtocolError,
    TransactionRefusedError,
    UnexpectedCodeError,
    WrongChainError,
)
from protocol.nodes.node import NodeError
from scripts import exit_codes

REFUSALS: Final = (TransactionRefusedError, UnexpectedCodeError, WrongChainError, NodeError)
OURS: Final = (
    CanonicalisationDifferenceError,
    PathMismatchError,
    RootMismatchError,
    OutputError,
)
EXPECTED: Final = (
    click.exceptions.Exit,
    click.ClickException,
    click.Abort,
    KeyboardInterrupt,
    CanonicalisationDifferenceError,
    ConfigurationError,
    IssuanceError,
    ProtocolError,
    ChainError,
    OSError,
)


def run_guarded(command: Callable[[], object]) -> int:
    """Run a command and return its exit code; what can go wrong becomes one sentence on stderr."""
    try:
        result = command()
    except EXPECTED as error:
        return _tell(error)
    except SystemExit as error:
        # So click ends when nobody reads its output any more; here 1 would be a verdict.
        if error.code == exit_codes.SOME_FAILED:
            return exit_codes.UNREAD
        raise
    return result if isinstance(result, int) else exit_codes.DONE


def report_bug(
    kind: type[BaseException],
    _: BaseException,
    trace: TracebackType | None,
) -> None:
    """Say where our mistake is, without values (they may be personal), and end with 70."""
    frames = traceback.extract_tb(trace)
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "start"
    sys.stdout.flush()
    print(f"This is a mistake of Rootseal's own ({kind.__name__} at {place}).", file=sys.stderr)
    print("Nothing is lost: the same command may be run again. Please report it.", file=sys.stderr)
    sys.stderr.flush()
    os._exit(exit_codes.OUR_BUG)


def _tell(error: BaseException) -> int:
    match error:
        case click.exceptions.Exit():
            return error.exit_code
        case click.ClickException():
            error.show()
            return exit_codes.USAGE
        case click.Abort() | KeyboardInterrupt():
            click.echo("Interrupted. The same command goes on from here.", err=True)
            return exit_codes.INTERRUPTED
        case _:
            click.echo(f"Error: {_describe(error)}", err=True)
            return _choose_code(error)


def _describe(error: BaseException) -> str:
    if isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        return f"{place}{error.strerror or error}."
    return str(error)


def _choose_code(error: BaseException) -> int:
    if isinstance(error, ConfigurationError):
        return exit_codes.USAGE
    if isinstance(error, REFUSALS):
        return exit_codes.CHAIN_REFUSES
    if isinstance(error, ChainError):
        return exit_codes.CHAIN_UNREACHABLE
    if isinstance(error, OURS):
        return exit_codes.OUR_BUG
    if isinstance(error, WorkerEndedError):
        return exit_codes.WORKER_ENDED
    return exit_codes.BAD_INPUT
