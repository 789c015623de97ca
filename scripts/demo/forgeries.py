"""What goes wrong with credentials: one that was changed, and one that a stranger anchored."""

import json
import uuid
from collections.abc import Mapping
from typing import Any

from issuer.batch import build_batch
from issuer.batches.desk import Desk
from issuer.batches.lines import render_line
from issuer.batches.output import render_json
from issuer.batches.receipts_writer import (
    ProofJob,
    hash_batch_options,
    render_created,
    render_credential,
)
from issuer.sending.operations import open_carrier, send_call
from protocol.credentials.canonical import canonicalise, hash_leaf
from protocol.proofs.data_integrity import signing_input

WISHED_CREDITS = 60


def tamper(data: bytes) -> bytes:
    """Return the file with one claim changed: more credits than were earned."""
    document = json.loads(data)
    document["credentialSubject"]["creditsEarned"] = WISHED_CREDITS
    return render_json(document)


def anchor_as_stranger(stranger: Desk, signing_method: str, data: bytes) -> bytes:
    """Return a credential that names the genuine issuer, signed and anchored by another's keys."""
    document = _draft_forgery(json.loads(data))
    leaf = hash_leaf(canonicalise(document).nquads)
    batch, created = build_batch([leaf]), stranger.clock()
    with open_carrier(stranger.channel, stranger.signers.anchor) as carrier:
        mined = send_call(carrier, batch.root)
    options = hash_batch_options(created, signing_method)
    signature = stranger.signers.credentials.sign(signing_input(options, leaf))
    job = ProofJob(
        created=render_created(created),
        anchor_method=stranger.institution.anchor_method,
        signing_method=signing_method,
        chain_id=stranger.channel.chain.network.chain_id,
        transaction=mined.hash,
        root=batch.root,
    )
    return render_credential(job, render_line(document), leaf, signature, batch.paths[0])


def _draft_forgery(genuine: Mapping[str, Any]) -> dict[str, Any]:
    unsigned = {member: value for member, value in genuine.items() if member != "proof"}
    return unsigned | {"id": uuid.uuid4().urn}
