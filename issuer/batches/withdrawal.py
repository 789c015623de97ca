"""Withdrawing a batch that was anchored under another sequence than planned (rule 5).

Its status indices may be another batch's, so none of its credentials is ever handed out.
"""

from issuer.batches.desk import Desk
from issuer.sending.channel import Carrier, ask_patiently
from issuer.sending.operations import open_carrier, send_call
from protocol.primitives import IssuerId, Root
from protocol.registry.calldata import encode_call
from protocol.registry.reasons import ISSUED_IN_ERROR


def withdraw_batch(desk: Desk, carrier: Carrier, issuer_id: IssuerId, root: Root) -> None:
    """Revoke a whole batch, unless it is revoked already.

    ``carrier`` is the anchoring account, which is held already and may be the status account too.
    """
    if desk.signers.status.address == carrier.signer.address:
        _revoke(carrier, issuer_id, root)
        return
    with open_carrier(desk.channel, desk.signers.status) as status:
        _revoke(status, issuer_id, root)


def _revoke(carrier: Carrier, issuer_id: IssuerId, root: Root) -> None:
    chain = carrier.channel.chain
    record = ask_patiently(
        carrier.channel, lambda: chain.read_anchor(issuer_id, root, chain.read_latest())
    )
    if record is not None and record.revoked_at is None:
        send_call(carrier, encode_call("revokeBatch", root, ISSUED_IN_ERROR))
