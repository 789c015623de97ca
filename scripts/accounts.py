"""Which of a home's accounts a command acts with."""

import click

from issuer.keys.keystore import KeyKind, KeyRing, list_keys
from protocol.primitives import Address, parse_address


def find_account(ring: KeyRing, key: str | None) -> Address | None:
    """Return the account that was named, else the home's only one; None where it has none.

    Raises:
        click.UsageError: not an account of this home, or several and none named.
    """
    known = [
        parse_address(each.name) for each in list_keys(ring.folder) if each.kind is KeyKind.CHAIN
    ]
    if key is None:
        if len(known) > 1:
            raise click.UsageError("This home has several keys: name one with --key ADDRESS.")
        return known[0] if known else None
    return _parse_known(key, known)


def _parse_known(key: str, known: list[Address]) -> Address:
    try:
        address = parse_address(key)
    except ValueError as error:
        raise click.UsageError(f"--key: {error}.") from error
    if address not in known:
        raise click.UsageError(f"--key: this home has no key for {key} (rootseal keys list).")
    return address
