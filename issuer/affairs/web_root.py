"""What an institution's web server shows, as the registry knows it.

The bytes are those that ``issuer init`` and later changes wrote: the registry holds the DID
document's digest, so that a document with one other byte would speak for nobody.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from issuer.affairs.institution import (
    Institution,
    find_institution,
    hold_institutions,
    save_institution,
)
from issuer.affairs.profile import render_did_document, render_profile
from issuer.files import make_public_folder, publish_whole, refuse_folder, sync_folder
from issuer.sending.channel import require_registry
from protocol.chain import ChainReader, Network
from protocol.credentials.published_lists import StatusFor
from protocol.errors import TransactionRefusedError
from protocol.identifiers import hash_identifier
from protocol.primitives import Digest, render_hex
from protocol.proofs.did_document import parse_did_document

DID_DOCUMENT: Final = ".well-known/did.json"
PROFILE: Final = "profile.json"


@dataclass(frozen=True, slots=True)
class WebRoot:
    """The files of an institution's web root."""

    did_document: bytes
    profile: bytes
    digest: Digest
    """SHA-256 of the DID document."""
    is_registered: bool
    """Whether the registry has this digest; False before the institution is registered."""


def build_web_root(chain: ChainReader, institution: Institution) -> WebRoot:
    """Return the files, compared with the registry.

    Raises:
        TransactionRefusedError: the registry has another DID document.
        ChainError: the chain cannot be asked.
    """
    document = render_did_document(institution)
    digest = parse_did_document(document).digest
    registered = _read_digest(chain, institution)
    if registered not in (None, digest):
        raise TransactionRefusedError(
            f"the registry has another DID document of {institution.did} "
            f"({render_hex(registered)}) than this home makes ({render_hex(digest)}); run "
            "`rootseal issuer register`, or use the home that it was registered from"
        )
    return WebRoot(document, render_profile(institution), digest, registered == digest)


def write_web_root(folder: Path, root: WebRoot) -> tuple[Path, Path]:
    """Write both files below a folder, each whole or not at all; return their paths.

    Raises:
        OSError: the folder cannot be written.
    """
    paths = (folder / DID_DOCUMENT, folder / PROFILE)
    for path in paths:
        refuse_folder(path)
    make_public_folder(folder)
    with TemporaryDirectory(dir=folder, prefix=".unfinished-") as staging:
        for path, data in zip(paths, (root.did_document, root.profile), strict=True):
            make_public_folder(path.parent)
            publish_whole(path, data, Path(staging))
            sync_folder(path.parent)
    return paths


def set_status_for(
    home: Path, network: Network, institution: Institution, status_for: StatusFor
) -> Institution:
    """Decide whose readers of status lists come first, from the next publishing on."""
    with hold_institutions(home):
        present = find_institution(home, network, institution.did)
        changed = replace(present, status_for=status_for)
        save_institution(home, network, changed)
        return changed


def _read_digest(chain: ChainReader, institution: Institution) -> Digest | None:
    require_registry(chain)
    at = chain.read_latest()
    number = chain.read_issuer_id(hash_identifier(institution.did), at)
    record = None if number is None else chain.read_issuer(number, at)
    return None if record is None else record.document_digest
