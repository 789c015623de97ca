"""What the environment says: the only place that reads it."""

import getpass
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from protocol.errors import ConfigurationError

HOME_VARIABLE: Final = "ROOTSEAL_HOME"
RPC_PREFIX: Final = "ROOTSEAL_RPC_"
FILE_SUFFIX: Final = "_FILE"
PASSPHRASE_VARIABLE: Final = "ROOTSEAL_PASSPHRASE_FILE"  # noqa: S105 (a variable's name)
DEFAULT_HOME: Final = Path(".rootseal")


@dataclass(frozen=True, slots=True)
class Settings:
    """Where this home is, how networks are reached, and where the passphrase stands."""

    home: Path
    endpoints: Mapping[str, tuple[str, ...]] = field(repr=False)
    """For each network name in lower case its endpoints; they may carry access tokens."""
    passphrase_file: Path | None


def load_settings(home: Path | None, environ: Mapping[str, str] | None = None) -> Settings:
    """Return the settings; a ``--home`` given on the command line wins.

    Raises:
        ConfigurationError: a file that a variable names cannot be read.
    """
    variables = os.environ if environ is None else environ
    chosen = home or Path(variables.get(HOME_VARIABLE) or DEFAULT_HOME)
    passphrase_file = variables.get(PASSPHRASE_VARIABLE)
    return Settings(
        home=chosen,
        endpoints=_read_endpoints(variables),
        passphrase_file=Path(passphrase_file) if passphrase_file else None,
    )


def read_passphrase(settings: Settings, purpose: str, *, new: bool = False) -> str:
    """Return the passphrase of this home's keys: from the variable's file, or asked for.

    Raises:
        ConfigurationError: neither file nor terminal, an unreadable file, or an empty passphrase.
    """
    if settings.passphrase_file is not None:
        return _read_first_line(settings.passphrase_file, PASSPHRASE_VARIABLE)
    if not sys.stdin.isatty():
        reason = f"there is no terminal to ask for the passphrase of {purpose}"
        remedy = "Let this variable name a file whose first line is the passphrase."
        raise ConfigurationError(PASSPHRASE_VARIABLE, reason, remedy)
    passphrase = getpass.getpass(f"Passphrase for {purpose}: ")
    if new and passphrase != getpass.getpass("The same again: "):
        raise ConfigurationError("passphrase", "the two differ", "Run the command again.")
    if not passphrase:
        raise ConfigurationError("passphrase", "it is empty", "Choose one that nobody guesses.")
    return passphrase


def _read_endpoints(variables: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for variable, value in variables.items():
        if not variable.startswith(RPC_PREFIX) or not value:
            continue
        name = variable.removeprefix(RPC_PREFIX)
        if name.endswith(FILE_SUFFIX):
            name = name.removesuffix(FILE_SUFFIX)
            value = _read_first_line(Path(value), variable)
        found[name.lower()] = tuple(part.strip() for part in value.split(",") if part.strip())
    return found


def _read_first_line(path: Path, variable: str) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            line = file.readline().rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = f"{path} cannot be read ({getattr(error, 'strerror', None) or 'not UTF-8'})"
        raise ConfigurationError(variable, reason, "Name a text file that you may read.") from error
    if not line:
        reason = f"the first line of {path} is empty"
        raise ConfigurationError(variable, reason, "Write it there, with nothing before it.")
    return line
