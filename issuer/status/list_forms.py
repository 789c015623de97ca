"""Sign a status list with the issuer's Ed25519 key, in each of its three forms."""

import base64
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from issuer.batches.output import render_json
from issuer.keys.signer import CredentialSigner
from protocol.credentials.canonical import canonicalise, hash_leaf
from protocol.credentials.contexts import BLOCKCERTS_LIST_CONTEXTS, LIST_CONTEXTS
from protocol.credentials.status_list import ListForm, StatusList, build_status_list, render_moment
from protocol.proofs.data_integrity import (
    build_eddsa_options,
    hash_options,
    render_signature,
    signing_input,
)

JWT_TYPE: Final = "vc+jwt"


def sign_status_list(
    listed: StatusList, form: ListForm, signer: CredentialSigner, created: datetime
) -> bytes:
    """Return the file's bytes; the same for the same list, key and time.

    Raises:
        GuardError: an address or a DID that JSON-LD cannot sign.
    """
    if form is ListForm.JWT:
        return _sign_jwt(listed, signer)
    contexts = BLOCKCERTS_LIST_CONTEXTS if form is ListForm.BLOCKCERTS else LIST_CONTEXTS
    document = build_status_list(listed, form)
    leaf = hash_leaf(canonicalise(document, contexts).nquads)
    options = build_eddsa_options(signer.method, render_moment(created))
    signature = signer.sign(signing_input(hash_options(options, contexts), leaf))
    proof = options | {"proofValue": render_signature(signature)}
    return render_json(document | {"proof": proof})


def _sign_jwt(listed: StatusList, signer: CredentialSigner) -> bytes:
    """Sign the list as a JWT payload, with the registered claims that Open Badges demands."""
    header = {"alg": "EdDSA", "kid": signer.method, "typ": JWT_TYPE}
    payload = build_status_list(listed, ListForm.JWT) | {
        "iss": listed.issuer,
        "jti": listed.address,
        "nbf": int(listed.valid_from.timestamp()),
        "exp": int(listed.valid_until.timestamp()),
    }
    message = f"{_encode_part(header)}.{_encode_part(payload)}"
    return f"{message}.{_encode(signer.sign(message.encode('ascii')))}".encode("ascii")


def _encode_part(part: Mapping[str, object]) -> str:
    return _encode(json.dumps(part, ensure_ascii=False, separators=(",", ":")).encode("utf-8"))


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode("ascii").rstrip("=")
