"""From an authority to an institution whose keys are on the chain; each refusal in one sentence."""

import json
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from issuer.affairs import authority
from issuer.affairs.authority import load_registration, register_institution, set_standing
from issuer.affairs.deploy import deploy_registry
from issuer.affairs.institution import (
    Duty,
    Institution,
    find_institution,
    load_institutions,
    save_institution,
)
from issuer.affairs.onboarding import Application, init_institution, register_keys
from issuer.affairs.treasury import ALLOWANCE_WEI, fund_from_treasury
from issuer.errors import RegistrationError
from issuer.keys.keystore import list_keys, load_credential_signer
from protocol.chain import Role, Standing
from protocol.errors import ConfigurationError, TransactionRefusedError
from protocol.identifiers import hash_achievement
from protocol.primitives import render_address
from protocol.proofs.did_document import find_address, parse_did_document
from protocol.registry.abi import load_registry_abi
from protocol.registry.deployments import load_deployment
from tests.issuer.embedded_home import House, build_house

APPLICATION = Application("Te Whare Wānanga", "issuer.example.org")
ACHIEVEMENT = "https://issuer.example.org/achievements/1"


@pytest.fixture
def house(tmp_path: Path) -> House:
    return build_house(tmp_path)


def apply(house: House, **changed: object) -> Institution:
    application = replace(APPLICATION, **changed)  # type: ignore[arg-type]  # by name
    made = init_institution(house.home, house.network, application, house.ring, house.clock.now)
    return made.institution


def register(house: House, institution: Institution) -> authority.Act:
    chain = f"{house.network.name}-{house.network.chain_id}"
    path = house.home / "registrations" / chain / institution.domain / "registration.json"
    signer = house.sign_for(house.authority)
    return register_institution(house.channel, signer, load_registration(path))


def fund(house: House, institution: Institution) -> int:
    accounts = (institution.admin, institution.anchor, institution.status)
    return fund_from_treasury(
        house.channel, house.sign_for(house.treasury, may_fund=True), accounts
    )


@pytest.fixture
def enrolled(house: House) -> Institution:
    institution = apply(house)
    register(house, institution)
    fund(house, institution)
    return register_keys(house.channel, house.ring, institution).institution


def test_the_registry_is_deployed_checked_and_written_down(tmp_path: Path) -> None:
    house = build_house(tmp_path)
    (record,) = (tmp_path / "deployments").glob("*.json")
    deployment = load_deployment(record)
    latest = house.channel.chain.read_latest()
    assert deployment.contract == house.network.contract
    assert house.channel.chain.read_code_hash(deployment.contract, latest) == (
        load_registry_abi().code_hash
    )
    assert house.channel.chain.read_authority(latest) == house.authority


def test_a_deployment_without_money_is_refused(house: House) -> None:
    institution = apply(house)
    poor = house.sign_for(institution.admin, may_deploy=True)
    with pytest.raises(TransactionRefusedError, match=r"holds 0 ETH .* send it some"):
        deploy_registry(house.channel, poor, institution.admin, "Nobody")


def test_an_institution_gets_keys_documents_and_a_registration(house: House) -> None:
    made = init_institution(house.home, house.network, APPLICATION, house.ring, house.clock.now)
    institution = made.institution
    assert made.fresh
    assert institution.did == "did:web:issuer.example.org"
    assert institution.status_base == "https://issuer.example.org/status/issuer.example.org"
    assert len({institution.admin, institution.anchor, institution.status}) == 3
    names = {key.name for key in list_keys(house.ring.folder)}
    assert names >= {
        render_address(institution.admin),
        render_address(institution.anchor),
        render_address(institution.status),
        institution.signing_method.partition("#")[2],
    }
    document = made.publication.did_document.read_bytes()
    assert made.publication.did_document == (
        house.home / "web/issuer.example.org/.well-known/did.json"
    )
    copy = house.home / "issuers" / f"{sha256(document).hexdigest()}.json"
    assert copy.read_bytes() == document
    assert json.loads(made.publication.registration.read_text()) == {
        "identifier": institution.did,
        "name": APPLICATION.name,
        "admin": render_address(institution.admin),
        "document_digest": "0x" + sha256(document).hexdigest(),
        "chain_id": house.network.chain_id,
    }


def test_making_it_again_changes_nothing(house: House) -> None:
    first = apply(house)
    before = {path: path.read_bytes() for path in house.home.rglob("*.*") if path.is_file()}
    again = init_institution(
        house.home, house.network, APPLICATION, house.ring, house.clock.now + timedelta(days=1)
    )
    assert (again.institution, again.fresh) == (first, False)
    assert before == {path: path.read_bytes() for path in house.home.rglob("*.*") if path.is_file()}


def test_a_lost_document_is_written_again(house: House) -> None:
    first = init_institution(house.home, house.network, APPLICATION, house.ring, house.clock.now)
    document = first.publication.did_document.read_bytes()
    first.publication.did_document.unlink()
    apply(house)
    assert first.publication.did_document.read_bytes() == document


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"name": "Another"}, "with the name Te Whare Wānanga instead of Another"),
        ({"time_zone": ZoneInfo("Pacific/Auckland")}, "the time zone UTC instead of"),
        ({"status_base": "https://elsewhere.example/s"}, "the status base https://issuer"),
        ({"demo": True}, "the mark of a demo False instead of True"),
    ],
)
def test_the_same_domain_told_otherwise_is_refused(
    house: House, changed: dict[str, object], reason: str
) -> None:
    first = apply(house)
    with pytest.raises(ConfigurationError, match=reason):
        apply(house, **changed)
    assert load_institutions(house.home, house.network) == (first,)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"domain": "Issuer.example.org"}, "lower case"),
        ({"domain": "https://issuer.example.org"}, "a domain is a host name"),
        ({"domain": "issuer"}, "a domain is a host name"),
        ({"domain": "issuer.example.org."}, "a domain is a host name"),
        ({"domain": "../issuer.example.org"}, "a domain is a host name"),
        ({"domain": "192.168.0.1"}, "a domain is a host name"),
        ({"domain": "hochschüle.example"}, "xn-- form"),
        ({"name": "  "}, "a name has between 1 and 1024 bytes"),
        ({"name": "x" * 1025}, "a name has between 1 and 1024 bytes"),
        ({"name": "Bell\x07"}, "control character"),
        ({"name": "two\nlines"}, "several lines"),
        ({"status_base": "http://issuer.example.org"}, "plain https address"),
        ({"status_base": "https://issuer.example.org/?a"}, "plain https address"),
    ],
)
def test_a_bad_application_makes_no_key(
    house: House, changed: dict[str, object], reason: str
) -> None:
    keys = list_keys(house.ring.folder)
    with pytest.raises(ConfigurationError, match=reason):
        apply(house, **changed)
    assert list_keys(house.ring.folder) == keys


def test_keys_are_refused_before_the_authority_has_registered(house: House) -> None:
    institution = apply(house)
    with pytest.raises(TransactionRefusedError, match=r"not registered on embedded yet; send"):
        register_keys(house.channel, house.ring, institution)


def test_keys_are_refused_without_money(house: House) -> None:
    institution = apply(house)
    register(house, institution)
    with pytest.raises(TransactionRefusedError, match=r"holds 0 ETH .* send it some"):
        register_keys(house.channel, house.ring, institution)


def test_the_whole_walk_puts_both_keys_on_the_chain(house: House, enrolled: Institution) -> None:
    chain, latest = house.channel.chain, house.channel.chain.read_latest()
    anchor, status = (chain.read_key(key, latest) for key in (enrolled.anchor, enrolled.status))
    assert anchor is not None
    assert status is not None
    assert (anchor.roles, status.roles) == (Role.ANCHOR, Role.STATUS)
    assert (
        (anchor.issuer_id, status.issuer_id) == (enrolled.issuer_id, enrolled.issuer_id) == (1, 1)
    )
    record = chain.read_issuer(anchor.issuer_id, latest)
    assert record is not None
    document = (house.home / "issuers" / f"{record.document_digest.hex()}.json").read_bytes()
    methods = {method.id: method for method in parse_did_document(document).methods}
    assert find_address(methods[enrolled.anchor_method]) == enrolled.anchor
    assert load_credential_signer(house.ring, enrolled.signing_method).method in methods
    names = chain.read_names(anchor.issuer_id, latest)
    assert (names.identifier, names.name) == (enrolled.did, enrolled.name)
    assert find_institution(house.home, house.network, None) == enrolled


def test_each_step_again_sends_nothing(house: House, enrolled: Institution) -> None:
    before = house.channel.chain.read_latest()
    assert register(house, enrolled).transaction is None
    assert fund(house, enrolled) == 0
    assert register_keys(house.channel, house.ring, enrolled).transactions == 0
    assert house.channel.chain.read_latest() == before


def test_a_step_that_was_cut_off_does_the_rest(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    institution = apply(house)
    register(house, institution)
    fund(house, institution)
    real, calls = authority.send_call, []

    def fail_second(carrier: object, data: bytes) -> object:
        calls.append(data)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(carrier, data)  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr("issuer.affairs.enrolment.send_call", fail_second)
    with pytest.raises(KeyboardInterrupt):
        register_keys(house.channel, house.ring, institution)
    assert register_keys(house.channel, house.ring, institution).transactions == 1
    assert len(calls) == 3


def test_the_treasury_gives_once_and_only_to_the_needy(house: House) -> None:
    institution = apply(house)
    assert fund(house, institution) == 3
    assert house.channel.sender.read_balance(institution.admin) == ALLOWANCE_WEI
    assert fund(house, institution) == 0


def test_another_name_for_a_registered_identifier_is_refused(
    house: House, enrolled: Institution
) -> None:
    chain = f"{house.network.name}-{house.network.chain_id}"
    path = house.home / "registrations" / chain / enrolled.domain / "registration.json"
    registration = replace(load_registration(path), name="Another")
    with pytest.raises(TransactionRefusedError, match='registered already as "Te Whare Wānanga"'):
        register_institution(house.channel, house.sign_for(house.authority), registration)


def test_a_registration_for_another_chain_is_refused(house: House) -> None:
    institution = apply(house)
    chain = f"{house.network.name}-{house.network.chain_id}"
    path = house.home / "registrations" / chain / institution.domain / "registration.json"
    registration = replace(load_registration(path), chain_id=1)  # type: ignore[arg-type]  # mainnet
    with pytest.raises(TransactionRefusedError, match="for the chain id 1, not for 424242"):
        register_institution(house.channel, house.sign_for(house.authority), registration)


def test_only_the_authority_registers(house: House, enrolled: Institution) -> None:
    second = apply(house, domain="second.example.org")
    chain = f"{house.network.name}-{house.network.chain_id}"
    path = house.home / "registrations" / chain / second.domain / "registration.json"
    with pytest.raises(TransactionRefusedError, match="NotOfficer"):
        register_institution(house.channel, house.sign_for(enrolled.admin), load_registration(path))


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (b"", "JSON"),
        (b"[]", "JSON object"),
        (b'{"identifier": "x"}', "does not have the members"),
        (b'{"a": 1, "a": 2}', "twice|two|duplicate|again"),
    ],
)
def test_a_file_that_is_no_registration_is_refused(
    tmp_path: Path, spoil: bytes, reason: str
) -> None:
    path = tmp_path / "registration.json"
    path.write_bytes(spoil)
    with pytest.raises(RegistrationError, match=reason):
        load_registration(path)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("identifier", "did:web:Issuer.example.org"),
        ("identifier", 7),
        ("admin", "0x12"),
        ("document_digest", "0x00"),
        ("chain_id", "1"),
        ("chain_id", True),
        ("name", ""),
    ],
)
def test_a_registration_with_one_bad_member_is_refused(
    house: House, member: str, value: object
) -> None:
    made = init_institution(house.home, house.network, APPLICATION, house.ring, house.clock.now)
    path = made.publication.registration
    path.write_text(json.dumps(json.loads(path.read_text()) | {member: value}))
    with pytest.raises(RegistrationError):
        load_registration(path)


def test_an_absent_registration_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RegistrationError, match="cannot be read"):
        load_registration(tmp_path / "registration.json")


def test_a_suspended_institution_adds_no_keys(house: House) -> None:
    institution = apply(house)
    register(house, institution)
    fund(house, institution)
    signer = house.sign_for(house.authority)
    set_standing(house.channel, signer, institution.did, Standing.SUSPENDED)
    with pytest.raises(TransactionRefusedError, match="is suspended in the registry"):
        register_keys(house.channel, house.ring, institution)
    set_standing(house.channel, signer, institution.did, Standing.ACTIVE)
    assert register_keys(house.channel, house.ring, institution).transactions == 2


def test_a_closed_institution_stays_closed(house: House, enrolled: Institution) -> None:
    signer = house.sign_for(house.authority)
    assert set_standing(house.channel, signer, enrolled.did, Standing.CLOSED).transaction
    assert set_standing(house.channel, signer, enrolled.did, Standing.CLOSED).transaction is None
    with pytest.raises(TransactionRefusedError, match="closed, and that is final"):
        set_standing(house.channel, signer, enrolled.did, Standing.ACTIVE)


def test_an_unregistered_institution_has_no_standing(house: House) -> None:
    with pytest.raises(TransactionRefusedError, match="not registered on embedded"):
        set_standing(
            house.channel,
            house.sign_for(house.authority),
            "did:web:nobody.example.org",
            Standing.SUSPENDED,
        )


def test_an_accreditation_is_given_changed_and_withdrawn(
    house: House, enrolled: Institution
) -> None:
    signer, chain = house.sign_for(house.authority), house.channel.chain
    until = house.clock.now.replace(microsecond=0) + timedelta(days=365)

    def read() -> object:
        assert enrolled.issuer_id is not None
        digest = hash_achievement(ACHIEVEMENT)
        return chain.read_accreditation(enrolled.issuer_id, digest, chain.read_latest())

    def give(end: object) -> authority.Act:
        return authority.accredit(house.channel, signer, enrolled.did, ACHIEVEMENT, end)  # type: ignore[arg-type]

    assert read() is None
    assert give(None).transaction
    assert give(None).transaction is None
    assert give(until).transaction
    assert read().valid_until == until  # type: ignore[attr-defined]  # a record
    assert authority.withdraw(house.channel, signer, enrolled.did, ACHIEVEMENT).transaction
    assert authority.withdraw(house.channel, signer, enrolled.did, ACHIEVEMENT).transaction is None
    assert read().withdrawn_at is not None  # type: ignore[attr-defined]  # a record
    assert give(None).transaction


def test_what_was_never_accredited_is_not_withdrawn(house: House, enrolled: Institution) -> None:
    with pytest.raises(TransactionRefusedError, match="was never accredited for"):
        authority.withdraw(
            house.channel, house.sign_for(house.authority), enrolled.did, ACHIEVEMENT
        )


def test_an_achievement_is_named_by_its_id_or_its_file(tmp_path: Path) -> None:
    path = tmp_path / "achievement.json"
    path.write_text(json.dumps({"id": ACHIEVEMENT}))
    assert authority.read_achievement_id(str(path)) == ACHIEVEMENT
    assert authority.read_achievement_id(ACHIEVEMENT) == ACHIEVEMENT
    path.write_text(json.dumps({"name": "x"}))
    for bad in (str(path), "achievement one", str(tmp_path / "absent.json")):
        with pytest.raises(ConfigurationError, match="neither an achievement's file nor"):
            authority.read_achievement_id(bad)


@pytest.mark.parametrize("text", ["issuer.example.org", "did:web:issuer.example.org"])
def test_an_institution_is_named_by_domain_or_did(text: str) -> None:
    assert authority.resolve_did(text) == "did:web:issuer.example.org"
    with pytest.raises(ConfigurationError):
        authority.resolve_did(text.upper())


def test_the_only_institution_that_is_no_demos_is_the_default(house: House) -> None:
    apply(house, domain="demo.example.org", demo=True)
    with pytest.raises(
        ConfigurationError, match=r"none fits on embedded: demo\.example\.org \(demo\)"
    ):
        find_institution(house.home, house.network, None)
    mine = apply(house)
    assert find_institution(house.home, house.network, None) == mine
    assert find_institution(house.home, house.network, "demo.example.org").demo
    apply(house, domain="second.example.org")
    with pytest.raises(ConfigurationError, match=r"issuer\.example\.org, second\.example\.org"):
        find_institution(house.home, house.network, None)
    assert find_institution(house.home, house.network, mine.did) == mine


def test_a_home_without_institution_says_how_to_make_one(house: House) -> None:
    with pytest.raises(ConfigurationError, match=r"no institution on embedded\. Make one with"):
        find_institution(house.home, house.network, None)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"domain": 7}'])
def test_a_damaged_record_is_refused_by_name(house: House, text: str) -> None:
    institution = apply(house)
    path = save_institution(house.home, house.network, institution)
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=r"issuer\.example\.org\.json: it is not an"):
        load_institutions(house.home, house.network)


def test_a_record_is_read_as_it_was_written(house: House) -> None:
    institution = apply(
        house,
        time_zone=ZoneInfo("Pacific/Auckland"),
        status_base="https://status.example.org/list/",
    )
    (loaded,) = load_institutions(house.home, house.network)
    assert loaded == institution
    assert loaded.status_base == "https://status.example.org/list"
    assert {key.duty for key in loaded.keys} == set(Duty)
