"""Progress on stderr: a bar on a terminal, a line a stage elsewhere."""

import sys
from typing import Final

import click

BAR_WIDTH: Final = 30


class TerminalProgress:
    """Shows how far long work is (`issuer.progress.Progress`)."""

    def __init__(self) -> None:
        """Start without a stage."""
        self._stage = ""
        self._percent = -1

    def report(self, stage: str, done: int, total: int) -> None:
        """Draw the bar anew where its percentage has changed."""
        percent = 100 if total == 0 else done * 100 // total
        if (stage, percent) == (self._stage, self._percent):
            return
        started = stage != self._stage
        self._stage, self._percent = stage, percent
        if sys.stderr.isatty():
            self._draw(stage, done, total, percent)
        elif started or done == total:
            click.echo(f"{stage}: {done:,} of {total:,}", err=True)

    def clear(self) -> None:
        """Take an unfinished bar off its line, which other output is about to use."""
        if sys.stderr.isatty() and 0 <= self._percent < 100:  # noqa: PLR2004 (an unfinished bar)
            click.echo("\r\x1b[K", nl=False, err=True)

    def notice(self, message: str) -> None:
        """Print a sentence on a line of its own."""
        if sys.stderr.isatty() and 0 <= self._percent < 100:  # noqa: PLR2004 (an unfinished bar)
            click.echo(err=True)
        click.echo(message, err=True)

    def _draw(self, stage: str, done: int, total: int, percent: int) -> None:
        filled = percent * BAR_WIDTH // 100
        bar = "█" * filled + "·" * (BAR_WIDTH - filled)
        end = "\n" if done == total else ""
        click.echo(f"\r{stage:<24} {bar} {done:,}/{total:,}\x1b[K{end}", nl=False, err=True)
