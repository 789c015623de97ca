"""Run an attack by JSON-LD proper, and by shapes that know the credential it was made from."""

from collections.abc import Mapping
from functools import cached_property, partial

import pytest

from protocol.credentials import credential
from protocol.credentials.canonical import Canonical
from protocol.credentials.shapes import Canonicaliser
from protocol.errors import ProtocolError
from tests.protocol import credentials
from tests.protocol.credentials import build_unsigned, load_base


class Learned:
    """Learns each attack too, if it is accepted, and tries it again by what was learned."""

    @cached_property
    def inner(self) -> Canonicaliser:
        """Begin with the credentials that attacks are made from."""
        inner = Canonicaliser(recheck_every=1)
        for document in (build_unsigned(), load_base()):
            inner.canonicalise(document)
        return inner

    def canonicalise(self, document: Mapping[str, object]) -> Canonical:
        first = self.ask(document)
        second = self.ask(document)
        assert repr(first) == repr(second), "the same whether it is known or not"
        if isinstance(second, ProtocolError):
            raise second
        return second

    def ask(self, document: Mapping[str, object]) -> Canonical | ProtocolError:
        try:
            return self.inner.canonicalise(document)
        except ProtocolError as error:
            return error


@pytest.fixture(params=["by JSON-LD", "by shapes"])
def both_paths(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the canonicaliser in whatever the test's module calls."""
    if request.param == "by JSON-LD":
        return
    learned = Learned().canonicalise
    for module in (request.module, credentials):
        monkeypatch.setattr(module, "canonicalise", learned)
    opened = partial(credential.open_credential, canonicalise=learned)
    monkeypatch.setattr(request.module, "open_credential", opened)
