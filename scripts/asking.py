"""Asking before something that cannot be undone."""

import sys

import click


def confirm(question: str, *, yes: bool) -> None:
    """Go on only if ``--yes`` or the person at the terminal says so.

    Raises:
        click.UsageError: there is no terminal to ask.
        click.Abort: the answer is no.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise click.UsageError(f"{question} There is no terminal to ask: give --yes to go on.")
    click.confirm(question, abort=True, err=True)
