"""What a batch is drafted from: a roster and its achievement, or ready-made credentials."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol, runtime_checkable

from issuer.inputs.draft import Draft, Frame
from protocol.primitives import Digest


class Source(Protocol):
    """Checked input, from which the same unsigned credentials can be drafted again and again.

    Every row of it is good: the functions that load one raise `BadInputError` otherwise.
    """

    @property
    def kind(self) -> str:
        """``roster`` or ``credentials``."""
        ...

    @property
    def count(self) -> int:
        """How many credentials it makes; at least 1."""
        ...

    @property
    def digest(self) -> Digest:
        """SHA-256 over everything that decides about the credentials.

        It follows the content: a byte order mark, the order of columns, file names and the spacing
        of JSON change nothing; a letter of a name, the order of rows or an evidence file does.
        """
        ...

    def check_moment(self, moment: datetime) -> None:
        """Refuse a moment of issue at which a credential would already have ended.

        To be called for a new plan only: a batch whose plan is journalled goes on even if a day has
        ended since.

        Raises:
            BadInputError: listing every such row.
        """
        ...

    def draft(
        self, position: int, *, seed: bytes, status: Mapping[str, object], moment: datetime
    ) -> dict[str, object]:
        """Return the unsigned credential for a row: the same bytes for the same arguments.

        Args:
            position: the row, counted from 0.
            seed: 32 secret bytes from which the credential's id and every salt are derived.
            status: the ``credentialStatus`` member.
            moment: when it is issued; whole seconds, UTC.
        """
        ...

    def take(self, start: int, stop: int) -> "Source":
        """Return the source for the positions from ``start`` to before ``stop`` alone.

        It drafts the same there, under the same positions; only `draft` and `manifest_row` are
        asked of it. It is what a worker process is given.
        """
        ...

    def manifest_row(self, position: int) -> Mapping[str, str]:
        """Return ``row`` as a spreadsheet counts, then ``name`` and what else identifies them."""
        ...


@runtime_checkable
class FormedSource(Source, Protocol):
    """A source whose credentials have forms: many differ in some texts only."""

    def frame(self, moment: datetime) -> Frame:
        """Return what all its credentials share."""
        ...

    def derive(
        self, position: int, *, seed: bytes, status: Mapping[str, object], moment: datetime
    ) -> Draft:
        """Return the credential that `draft` returns, taken apart."""
        ...
