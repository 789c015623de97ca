"""The JSON-LD contexts that what we sign may name: bundled, pinned, never fetched."""

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final

from protocol.errors import ConfigurationError, UnknownContextError

CREDENTIAL_CONTEXTS: Final = (
    "https://www.w3.org/ns/credentials/v2",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
)
"""The exact value of ``@context``: these, in this order, and nothing else (rule G1)."""
LIST_CONTEXTS: Final = CREDENTIAL_CONTEXTS[:1]
"""The ``@context`` of a status list."""
BLOCKCERTS_LIST_CONTEXTS: Final = (*LIST_CONTEXTS, "https://w3id.org/security/data-integrity/v2")
"""The ``@context`` of a list for Blockcerts' verifier, which reads none with a single one."""
PINNED: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        CREDENTIAL_CONTEXTS[0]: (
            "credentials-v2.jsonld",
            "59955ced6697d61e03f2b2556febe5308ab16842846f5b586d7f1f7adec92734",
        ),
        CREDENTIAL_CONTEXTS[1]: (
            "ob-v3p0-3.0.3.json",
            "ef2fa9c7846dce233cc166b43639027278be4ee44f00bb1d45c75de2dd0cd761",
        ),
        BLOCKCERTS_LIST_CONTEXTS[1]: (
            "data-integrity-v2.jsonld",
            "67f21e6e33a6c14e5ccfd2fc7865f7474fb71a04af7e94136cb399dfac8ae8f4",
        ),
    }
)
"""File and SHA-256 of each address."""


@cache
def load_context(url: str) -> Mapping[str, object]:
    """Return a bundled context; callers do not change it.

    Raises:
        UnknownContextError: no such context here.
        ConfigurationError: the bundled file is not the pinned one.
    """
    if url not in PINNED:
        raise UnknownContextError(url)
    name, expected = PINNED[url]
    data = (files("protocol.credentials") / "context_files" / name).read_bytes()
    if hashlib.sha256(data).hexdigest() != expected:
        raise ConfigurationError(
            f"context_files/{name}", "the file was changed", "Install the package again."
        )
    loaded: Mapping[str, object] = json.loads(data)
    return loaded
