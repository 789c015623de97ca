"""Rotation and compromise: old keys stay readable, new ones work, and a cut-off run goes on."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from issuer.affairs import key_changes
from issuer.affairs.authority import load_registration, register_institution
from issuer.affairs.institution import Duty, Institution, Stage, find_institution
from issuer.affairs.key_changes import declare_compromised, rotate_key
from issuer.affairs.onboarding import Application, init_institution, register_keys
from issuer.affairs.treasury import fund_from_treasury
from issuer.keys.keystore import load_credential_signer
from protocol.chain import KeyRecord
from protocol.errors import ConfigurationError, TransactionRefusedError
from protocol.primitives import Address, render_address
from protocol.proofs.did_document import DidDocument, parse_did_document
from tests.issuer.embedded_home import House, build_house

CHAIN_DUTIES = (Duty.ANCHOR, Duty.STATUS)


@pytest.fixture
def house(tmp_path: Path) -> House:
    return build_house(tmp_path)


@pytest.fixture
def institution(house: House) -> Institution:
    application = Application("Te Whare Wānanga", "issuer.example.org")
    made = init_institution(house.home, house.network, application, house.ring, house.clock.now)
    authority = house.sign_for(house.authority)
    register_institution(house.channel, authority, load_registration(made.publication.registration))
    treasury = house.sign_for(house.treasury, may_fund=True)
    fund_from_treasury(house.channel, treasury, [made.institution.admin])
    done = register_keys(house.channel, house.ring, made.institution).institution
    house.clock.sleep(3_600)
    return done


def read_key(house: House, address: Address) -> KeyRecord:
    chain = house.channel.chain
    record = chain.read_key(address, chain.read_latest())
    assert record is not None
    return record


def read_document(house: House, institution: Institution) -> DidDocument:
    """The document whose digest the chain holds, found as a verifier finds it."""
    chain = house.channel.chain
    assert institution.issuer_id is not None
    record = chain.read_issuer(institution.issuer_id, chain.read_latest())
    assert record is not None
    copy = house.home / "issuers" / f"{record.document_digest.hex()}.json"
    web = house.home / "web" / institution.domain / ".well-known" / "did.json"
    assert copy.read_bytes() == web.read_bytes()
    return parse_did_document(copy.read_bytes())


def list_methods(house: House, institution: Institution) -> set[str]:
    return {method.id for method in read_document(house, institution).methods}


def rotate(house: House, institution: Institution, duty: Duty) -> key_changes.KeyChange:
    return rotate_key(house.channel, house.ring, institution, duty, house.clock.now)


def declare(
    house: House, institution: Institution, name: str, since: datetime
) -> key_changes.KeyChange:
    return declare_compromised(
        house.channel, house.ring, institution, name, since=since, now=house.clock.now
    )


@pytest.mark.parametrize("duty", CHAIN_DUTIES)
def test_a_rotated_chain_key_ends_and_another_takes_its_place(
    house: House, institution: Institution, duty: Duty
) -> None:
    old = institution.find_current(duty).address
    changed = rotate(house, institution, duty).institution
    new = changed.find_current(duty).address
    assert new != old
    ended, begun = read_key(house, old), read_key(house, new)
    assert ended.not_after is not None
    assert begun.not_after is None
    assert (begun.roles, begun.issuer_id, begun.index) == (ended.roles, ended.issuer_id, 3)
    assert ended.not_after >= begun.not_before
    assert find_institution(house.home, house.network, None) == changed


def test_the_old_anchoring_key_stays_in_the_registered_document(
    house: House, institution: Institution
) -> None:
    changed = rotate(house, institution, Duty.ANCHOR).institution
    assert list_methods(house, changed) == {
        institution.anchor_method,
        changed.anchor_method,
        institution.signing_method,
    }


def test_a_status_key_is_in_no_document(house: House, institution: Institution) -> None:
    before = read_document(house, institution)
    change = rotate(house, institution, Duty.STATUS)
    assert read_document(house, change.institution) == before
    assert change.transactions == 2


def test_a_rotated_signing_key_is_listed_first_and_the_old_one_stays(
    house: House, institution: Institution
) -> None:
    change = rotate(house, institution, Duty.SIGNING)
    methods = [method.id for method in read_document(house, change.institution).methods]
    assert methods == [
        change.institution.signing_method,
        institution.signing_method,
        institution.anchor_method,
    ]
    assert change.transactions == 1
    assert load_credential_signer(house.ring, change.institution.signing_method)


@pytest.mark.parametrize("duty", Duty)
@pytest.mark.parametrize("cut", [0, 1, 2])
def test_a_rotation_that_was_cut_off_goes_on_with_the_same_key(
    house: House,
    institution: Institution,
    duty: Duty,
    cut: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Killed before the first, second or third transaction; then the same command again."""
    real, calls = key_changes.send_call, []

    def fail(carrier: object, data: bytes) -> object:
        if len(calls) == cut:
            raise KeyboardInterrupt
        calls.append(data)
        return real(carrier, data)  # type: ignore[arg-type]  # passed on

    with monkeypatch.context() as patch:
        patch.setattr("issuer.affairs.enrolment.send_call", fail)
        patch.setattr("issuer.affairs.key_changes.send_call", fail)
        needed = {Duty.ANCHOR: 3, Duty.STATUS: 2, Duty.SIGNING: 1}[duty]
        if cut < needed:
            with pytest.raises(KeyboardInterrupt):
                rotate(house, institution, duty)
        else:
            rotate(house, institution, duty)
    known = find_institution(house.home, house.network, None)
    if cut >= needed:
        assert known.find_coming(duty) is None
        return
    coming = known.find_coming(duty)
    assert coming is not None
    house.clock.sleep(3_600)
    change = rotate(house, institution, duty)
    assert change.key.multikey == coming.multikey
    assert change.transactions == needed - cut
    assert [key.stage for key in change.institution.keys if key.duty is duty] == [
        Stage.RETIRED,
        Stage.CURRENT,
    ]
    read_document(house, change.institution)


def test_a_compromised_anchoring_key_is_marked_from_that_moment_on(
    house: House, institution: Institution
) -> None:
    since = house.clock.now.replace(microsecond=0) - timedelta(minutes=10)
    name = render_address(institution.anchor)
    change = declare(house, institution, name, since)
    assert read_key(house, institution.anchor).compromised_at == since
    assert declare(house, change.institution, name, since).transactions == 0
    earlier = since - timedelta(minutes=10)
    assert declare(house, change.institution, name.lower(), earlier).key.ended == earlier
    assert read_key(house, institution.anchor).compromised_at == earlier


def test_a_later_moment_changes_nothing(house: House, institution: Institution) -> None:
    since = house.clock.now.replace(microsecond=0) - timedelta(minutes=10)
    name = render_address(institution.anchor)
    changed = declare(house, institution, name, since).institution
    later = declare(house, changed, name, since + timedelta(minutes=5))
    assert (later.transactions, later.key.ended) == (0, since)


def test_a_lost_anchoring_key_is_replaced_by_rotation(
    house: House, institution: Institution
) -> None:
    since = house.clock.now - timedelta(minutes=10)
    lost = declare(house, institution, render_address(institution.anchor), since).institution
    with pytest.raises(ConfigurationError, match=r"no anchor key\. Run `rootseal issuer rotate`"):
        _ = lost.anchor
    change = rotate(house, lost, Duty.ANCHOR)
    assert change.institution.anchor != institution.anchor
    assert institution.anchor_method in list_methods(house, change.institution)


def test_a_compromised_signing_key_leaves_the_document(
    house: House, institution: Institution
) -> None:
    changed = rotate(house, institution, Duty.SIGNING).institution
    name = institution.signing_method.partition("#")[2]
    change = declare(house, changed, name, house.clock.now - timedelta(minutes=5))
    assert list_methods(house, change.institution) == {
        changed.signing_method,
        institution.anchor_method,
    }
    assert change.transactions == 1


def test_the_profile_tells_windows_and_the_document_does_not(
    house: House, institution: Institution
) -> None:
    since = house.clock.now.replace(microsecond=0) - timedelta(minutes=10)
    changed = rotate(house, institution, Duty.ANCHOR).institution
    changed = declare(house, changed, render_address(institution.anchor), since).institution
    web = house.home / "web" / institution.domain
    old, new = json.loads((web / "profile.json").read_text())["publicKey"]
    assert old["id"] == f"ecdsa-koblitz-pubkey:{render_address(institution.anchor)}"
    assert old["revoked"] == since.isoformat().replace("+00:00", "Z")
    assert set(new) == {"id", "created"}
    document = (web / ".well-known" / "did.json").read_text()
    assert "revoked" not in document
    assert "expires" not in document


def test_a_moment_in_the_future_is_refused(house: House, institution: Institution) -> None:
    name = render_address(institution.anchor)
    with pytest.raises(ConfigurationError, match="it lies in the future"):
        declare(house, institution, name, house.clock.now + timedelta(days=1))
    assert read_key(house, institution.anchor).compromised_at is None


def test_an_unknown_key_is_refused_with_those_that_there_are(
    house: House, institution: Institution
) -> None:
    with pytest.raises(ConfigurationError, match=r"no such key\. It has .* \(anchor, current\)"):
        declare(house, institution, render_address(house.authority), house.clock.now)


def test_a_home_that_is_not_the_admins_is_refused(house: House, institution: Institution) -> None:
    """All is well-formed, only the home was made anew under the same domain."""
    record = house.home / "institutions" / "embedded-424242" / f"{institution.domain}.json"
    record.unlink()
    application = Application(institution.name, institution.domain)
    anew = init_institution(house.home, house.network, application, house.ring, house.clock.now)
    with pytest.raises(TransactionRefusedError, match="is registered with the admin 0x"):
        register_keys(house.channel, house.ring, anew.institution)
