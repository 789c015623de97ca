"""How long work tells how far it is."""

from typing import Protocol


class Progress(Protocol):
    """Told about each stage that can last a second. Answers nothing and stops nothing."""

    def report(self, stage: str, done: int, total: int) -> None:
        """Say how far a stage is; called with ``done == total`` at its end."""
        ...

    def notice(self, message: str) -> None:
        """Say something once, a whole sentence."""
        ...


class Silence:
    """Tells nobody."""

    def report(self, stage: str, done: int, total: int) -> None:
        """Say nothing."""

    def notice(self, message: str) -> None:
        """Say nothing."""
