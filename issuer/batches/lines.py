"""How a credential is written: as one line of JSON."""

import json
from typing import Final

_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def render_line(document: dict[str, object]) -> bytes:
    """Return the document as one line of JSON, members in their order."""
    return _ENCODER.encode(document).encode()
