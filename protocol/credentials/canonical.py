"""Canonicalise a guarded document: JSON-LD to RDFC-1.0 N-Quads. The only module that knows pyld.

pyld drops, guesses and never stops of its own accord; the guard's rules are applied around it here,
so that nothing else can use it without them. One expansion serves guard and canonical form.
"""

import hashlib
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeVar

from pyld import canon, jsonld

from protocol.credentials import guard, statement_guard
from protocol.credentials.contexts import CREDENTIAL_CONTEXTS, load_context
from protocol.credentials.nquads import Quad, parse_canonical
from protocol.errors import GuardError
from protocol.primitives import Leaf

ALGORITHM: Final = "URDNA2015"
"""RDFC-1.0 by its older name. pyld's default is another algorithm, so it is never left out."""
CALLS_PER_NODE: Final = 4
"""Deep hashes allowed for each blank node: ordinary credentials need far fewer than one."""
CALL_LIMIT: Final = 1_000
_ONE_AT_A_TIME: Final = threading.Lock()
"""pyld's caches of contexts are not for threads: one that meets another's half-made change raises
`LookupError`, and a genuine credential would be refused."""
_Result = TypeVar("_Result")
_PYLD_ERRORS: Final = (jsonld.JsonLdError, ValueError, LookupError, TypeError, AttributeError)
"""What pyld has been seen to raise on hostile input; UnicodeError is a ValueError."""


@dataclass(frozen=True, slots=True)
class Canonical:
    """The canonical form of a guarded document."""

    nquads: bytes
    """Exactly what is hashed: sorted N-Quads in UTF-8."""


Canonicalise = Callable[[Mapping[str, object]], Canonical]
"""Guards, canonicalises; raises `GuardError` and `UnknownContextError`."""


class Expanded(jsonld.JsonLdProcessor):  # type: ignore[misc]  # pyld has no types
    """A processor whose input is expanded already, so that what was guarded is what goes on."""

    def expand(self, input_: Any, options: object) -> Any:  # noqa: ANN401, ARG002 (pyld's types)
        """Return the input."""
        return input_


class BoundedCanonicaliser(canon.URDNA2015):  # type: ignore[misc]  # pyld has no types
    """URDNA2015 that gives up on graphs made to take for ever (rule G8)."""

    def __init__(self) -> None:
        """Start with no calls made."""
        super().__init__()
        self._calls = 0

    def hash_n_degree_quads(self, id_: str, issuer: Any) -> Any:  # noqa: ANN401 (pyld's own types)
        """Count the call, then do as pyld does."""
        self._calls += 1
        refuse_endless(self._calls, len(self.blank_node_info))
        return super().hash_n_degree_quads(id_, issuer)


def refuse_endless(calls: int, blank_nodes: int) -> None:
    """G8: stop when telling alike nodes apart takes more work than a credential ever needs."""
    if calls > min(CALLS_PER_NODE * blank_nodes, CALL_LIMIT):
        reason = "its parts are too alike to be told apart in bounded work"
        raise GuardError("G8", "", reason)


def canonicalise(
    document: Mapping[str, object], contexts: Sequence[str] = CREDENTIAL_CONTEXTS
) -> Canonical:
    """Return the canonical form of a credential without ``proof``, if the guard passes it.

    ``contexts`` is the one ``@context`` that it may have; status lists have others.

    Raises:
        GuardError: a rule refuses it.
        UnknownContextError: a context that no profile knows.
    """
    rules = statement_guard.STATEMENT_RULES + statement_guard.CREDENTIAL_RULES
    return Canonical(_canonicalise(document, contexts, rules))


def canonicalise_proof_options(
    options: Mapping[str, object], contexts: Sequence[str] = CREDENTIAL_CONTEXTS
) -> bytes:
    """Return the N-Quads of a proof configuration that carries the document's ``@context``.

    Raises:
        GuardError: a rule refuses it.
        UnknownContextError: a context that no profile knows.
    """
    return _canonicalise(options, contexts, statement_guard.STATEMENT_RULES)


def hash_leaf(nquads: bytes) -> Leaf:
    """Return SHA-256 of a canonical form."""
    return Leaf(hashlib.sha256(nquads).digest())


def canonicalise_quads(text: str) -> bytes:
    """Return the canonical form of a dataset in N-Quads: for the published vectors.

    Raises:
        GuardError: too much work, or not N-Quads.
    """
    return _run(lambda: _label(jsonld.JsonLdProcessor.parse_nquads(text)))


def _canonicalise(
    document: Mapping[str, object],
    contexts: Sequence[str],
    rules: Sequence[statement_guard.StatementRule],
) -> bytes:
    _check_document(document, contexts)
    root = _run(partial(_expand, document))
    statement_guard.check_expanded(root)
    nquads = _run(lambda: _label(_to_rdf(root)))
    quads: Sequence[Quad] = parse_canonical(nquads)
    for rule in rules:
        rule(root, quads)
    return nquads


def _check_document(document: Mapping[str, object], contexts: Sequence[str]) -> None:
    if contexts == CREDENTIAL_CONTEXTS:
        guard.check_document(document)
        return
    if document.get("@context") != list(contexts):
        raise GuardError("G1", "@context", f"the contexts are not {', '.join(contexts)}")
    guard.refuse_big_documents(document)
    guard.check_values(document)


def _run(step: Callable[[], _Result]) -> _Result:
    """Run a step of pyld: the one border at which whatever it raises becomes a refusal."""
    try:
        with _ONE_AT_A_TIME:
            return step()
    except RecursionError as error:
        raise GuardError("G8", "", "it is nested too deeply") from error
    except _PYLD_ERRORS as error:
        reason = f"JSON-LD refuses it ({_describe(error)})"
        raise GuardError("G9", "", reason) from error


def _describe(error: Exception) -> str:
    """Return the innermost reason that pyld gives, in its first line."""
    inner: BaseException = error
    while isinstance(inner.__cause__, jsonld.JsonLdError):
        inner = inner.__cause__
    text = inner.args[0] if inner.args and isinstance(inner.args[0], str) else ""
    return (text.splitlines() or [""])[0][:120].rstrip(".") or type(inner).__name__


def _expand(document: Mapping[str, object]) -> Mapping[str, object]:
    processor = jsonld.JsonLdProcessor(lambda name: statement_guard.refuse_dropped(document, name))
    expanded = processor.expand(dict(document), _options())
    if len(expanded) != 1 or not isinstance(expanded[0], dict):
        raise GuardError("G9", "", "it is not one object")
    root: Mapping[str, object] = expanded[0]
    return root


def _to_rdf(root: Mapping[str, object]) -> dict[str, Any]:
    dataset: dict[str, Any] = Expanded().to_rdf([root], _options())
    return dataset


def _label(dataset: dict[str, Any]) -> bytes:
    text: str = BoundedCanonicaliser().main(dataset, {"format": "application/n-quads"})
    return text.encode("utf-8")


def _options() -> dict[str, object]:
    return {
        "algorithm": ALGORITHM,
        "base": statement_guard.RELATIVE_BASE,
        "documentLoader": _load_document,
        "processingMode": "json-ld-1.1",
    }


def _load_document(url: str, _options: object) -> dict[str, object]:
    """Answer from the bundle; the tag lets pyld keep the processed context."""
    return {
        "contextUrl": None,
        "documentUrl": url,
        "document": dict(load_context(url)),
        "contentType": "application/ld+json",
        "tag": "static",
    }
