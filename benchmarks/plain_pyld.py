"""pyld alone, without guard and without learning: the peer of canonicalising."""

from collections.abc import Mapping

from pyld import jsonld

from protocol.credentials.contexts import load_context


def load(url: str, _options: Mapping[str, object]) -> dict[str, object]:
    """Answer from the bundle; the tag lets pyld keep the processed context."""
    return {
        "contentType": "application/ld+json",
        "contextUrl": None,
        "documentUrl": url,
        "document": load_context(url),
        "tag": "static",
    }


def normalise(document: Mapping[str, object]) -> bytes:
    """Return the canonical form, as anybody would ask pyld for it."""
    options = {"algorithm": "URDNA2015", "format": "application/n-quads", "documentLoader": load}
    text: str = jsonld.normalize(document, options)
    return text.encode()
