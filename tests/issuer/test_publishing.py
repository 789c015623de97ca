"""Status lists published from a real registry: the chain's bits, whole files, nothing half done."""

import base64
import json
import os
import random
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from issuer.affairs.institution import Duty, HeldKey, Institution, Stage
from issuer.affairs.web_root import WebRoot, build_web_root, write_web_root
from issuer.errors import EndpointBehindError, LockedFolderError, WithheldEntryError
from issuer.journal.lists import find_lists
from issuer.keys.keystore import Ed25519Signer
from issuer.sending.channel import Patience, find_registry_scope
from issuer.sending.locks import hold_folder
from issuer.status import publishing
from issuer.status.publishing import PublishingJob, PublishingResult, publish_lists
from issuer.status.status_history import FOLDER, StatusHistory, load_history, save_history
from protocol.credentials.canonical import canonicalise, hash_leaf
from protocol.credentials.published_lists import SUFFIXES, StatusFor
from protocol.credentials.status_index import LIST_ENTRIES, locate
from protocol.credentials.status_list import (
    LIST_WORDS,
    PURPOSES,
    ListForm,
    decode_status_list,
    is_set,
)
from protocol.errors import ChainUnreachableError, ConfigurationError, TransactionRefusedError
from protocol.primitives import BlockNumber, Digest, IssuerId, parse_address
from protocol.proofs.data_integrity import (
    hash_options,
    parse_signature,
    render_signature,
    signing_input,
    verify_ed25519,
)
from protocol.proofs.multikey import parse_multikey, render_ed25519, render_secp256k1
from protocol.registry.calldata import encode_call
from protocol.registry.events import StatusChanged
from protocol.registry.reader import RegistryReader
from tests.issuer.killing import issue
from tests.issuer.scene import (
    ANCHOR,
    AUTHORITY,
    CHAIN_ID,
    DID,
    NAME,
    SIGNING_KEY,
    SIGNING_METHOD,
    SIGNING_MULTIKEY,
    STATUS,
    STATUS_BASE,
    STRANGER,
    SampleSource,
    Watch,
    copy_home,
    find_public,
    list_files,
    load_network,
    name_people,
    open_desk,
    open_embedded,
    read_all_events,
    transact,
)

DOMAIN = DID.removeprefix("did:web:")
FIRST, SECOND, FAR = (1 << 32) | 1, (1 << 32) | 2, (3 << 32) | 77
"""A list of this home, another desk's, and one of a later key."""
WEEK = timedelta(days=7)
OTHER_DID = "did:web:other.example.org"
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes([8]) * 32)


def build_institution(**changes: object) -> Institution:
    created = datetime(2026, 11, 1, tzinfo=UTC)
    anchor = render_secp256k1(find_public(ANCHOR))
    values = {
        "did": DID,
        "name": NAME,
        "domain": DOMAIN,
        "network": "embedded",
        "chain_id": CHAIN_ID,
        "issuer_id": IssuerId(1),
        "time_zone": ZoneInfo("UTC"),
        "status_base": STATUS_BASE,
        "admin": parse_address(STATUS.address),
        "keys": (
            HeldKey(Duty.ANCHOR, anchor, Stage.CURRENT, created, None),
            HeldKey(Duty.SIGNING, SIGNING_MULTIKEY, Stage.CURRENT, created, None),
        ),
        "demo": False,
    }
    return Institution(**values | changes)


def build_job(home: Path, **changes: object) -> PublishingJob:
    values = {
        "institution": build_institution(),
        "signer": Ed25519Signer(SIGNING_KEY, SIGNING_METHOD),
        "folder": home.parent / "status",
        "valid_for": WEEK,
    }
    return PublishingJob(**values | changes)


def publish(
    home: Path, job: PublishingJob | None = None, now: datetime | None = None, **surroundings
) -> PublishingResult:
    with open_desk(home, **surroundings) as desk:
        return publish_lists(desk.channel, job or build_job(home), now or datetime.now(UTC))


@contextmanager
def open_node(home: Path):
    watch = Watch()
    with open_embedded(home / "chain.sqlite3", watch.now, watch.sleep) as node:
        yield node, load_network(home).contract


def change(home: Path, call: str, places: Sequence[tuple[int, int]], account=STATUS) -> None:
    """Revoke, suspend or reinstate by the registry's own function, as any desk would."""
    words: dict[int, int] = {}
    for number, index in places:
        word, mask = locate(number, index)
        words[word] = words.get(word, 0) | mask
    with open_node(home) as (node, contract):
        numbers = sorted(words)
        data = encode_call(call, numbers, [words[number] for number in numbers], 1)
        transact(node, account, contract, data)


def register_other(home: Path) -> None:
    """Register a second institution whose one key may change statuses."""
    other = parse_address(STRANGER.address)
    with open_node(home) as (node, contract):
        register = encode_call("registerIssuer", OTHER_DID, "Other", other, bytes([7]) * 32, 0)
        transact(node, AUTHORITY, contract, register)
        transact(node, STRANGER, contract, encode_call("addKey", 2, other, 2, 0, 0, b""))


@pytest.fixture(scope="module")
def told_home(template_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that issued five credentials, on whose chain three lists have changed."""
    folder = tmp_path_factory.mktemp("told")
    home = copy_home(template_home, folder / "home")
    issue(home, folder / "out", SampleSource(name_people(5)))
    draw = random.Random(5)
    drawn = sorted(draw.sample(range(LIST_ENTRIES), 40))
    change(home, "revoke", [(FIRST, 0), (FIRST, 255), (FIRST, LIST_ENTRIES - 1)])
    change(home, "revoke", [(SECOND, index) for index in drawn[:20]])
    change(home, "suspend", [(SECOND, index) for index in drawn[10:]])
    change(home, "reinstate", [(SECOND, index) for index in drawn[30:]])
    change(home, "suspend", [(FAR, 7)])
    register_other(home)
    change(home, "revoke", [(FIRST, 1), (SECOND, 3)], STRANGER)
    return home


@pytest.fixture
def told(told_home: Path, tmp_path: Path) -> Path:
    return copy_home(told_home, tmp_path / "home")


@pytest.fixture(scope="module")
def chain_bits(told_home: Path) -> dict[int, dict[str, bytes]]:
    """What the chain itself says of the three lists."""
    return {number: ask_chain(told_home, number) for number in (FIRST, SECOND, FAR)}


def read_list(path: Path) -> dict:
    data = path.read_bytes()
    if path.suffix == ".jwt":
        return json.loads(decode(data.split(b".")[1].decode()))
    return json.loads(data)


def decode(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def read_bits(home: Path, number: int, purpose: str, form: ListForm) -> bytes:
    path = home.parent / "status" / DOMAIN / str(number) / f"{purpose}{SUFFIXES[form]}"
    return decode_status_list(read_list(path)["credentialSubject"]["encodedList"])


def ask_chain(home: Path, number: int) -> dict[str, bytes]:
    """Every one of a list's 512 words, asked one by one and written side by side."""
    with open_desk(home) as desk:
        chain = desk.channel.chain
        at = chain.read_latest()
        first = locate(number, 0)[0]
        words = [chain.read_status(IssuerId(1), first + each, at) for each in range(LIST_WORDS)]
    return {
        "revocation": b"".join(word.revoked.to_bytes(32, "big") for word in words),
        "suspension": b"".join(word.suspended.to_bytes(32, "big") for word in words),
    }


# What is published.


def test_the_decoded_bits_of_every_form_are_the_chains(told: Path, chain_bits) -> None:
    result = publish(told)
    assert {each.place.list for each in result.lists} == {FIRST, SECOND, FAR}
    for number, expected in chain_bits.items():
        for purpose in PURPOSES:
            for form in ListForm:
                assert read_bits(told, number, purpose, form) == expected[purpose]
    counts = {(each.place.list, each.place.purpose): each.count for each in result.lists}
    assert counts == {
        (FIRST, "revocation"): 3,
        (FIRST, "suspension"): 0,
        (SECOND, "revocation"): 20,
        (SECOND, "suspension"): 20,
        (FAR, "revocation"): 0,
        (FAR, "suspension"): 1,
    }


def test_each_purpose_has_a_list_of_its_own(told: Path) -> None:
    publish(told)
    suspended = read_bits(told, FAR, "suspension", ListForm.STANDARD)
    assert [is_set(suspended, index) for index in (6, 7, 8)] == [False, True, False]
    assert read_bits(told, FAR, "revocation", ListForm.STANDARD) == bytes(len(suspended))
    for purpose in PURPOSES:
        listed = read_list(told.parent / "status" / DOMAIN / str(FAR) / f"{purpose}.json")
        assert listed["credentialSubject"]["statusPurpose"] == purpose
        assert listed["id"] == f"{STATUS_BASE}/{FAR}/{purpose}"


def test_another_institutions_changes_are_not_in_ours(told: Path) -> None:
    publish(told)
    assert not is_set(read_bits(told, FIRST, "revocation", ListForm.STANDARD), 1)
    theirs = [each for each in read_all_events(told) if isinstance(each, StatusChanged)]
    assert {each.issuer_id for each in theirs} == {1, 2}


def test_a_list_that_nothing_ever_changed_is_published_for_its_credentials(
    home: Path, tmp_path: Path
) -> None:
    issue(home, tmp_path / "out", SampleSource(name_people(3)))
    (entry,) = {
        json.loads(path.read_bytes())["credentialStatus"]["statusListCredential"]
        for path in (tmp_path / "out").glob("*.json")
    }
    result = publish(home)
    number = int(entry.split("/")[-2])
    assert [each.place.list for each in result.lists] == [number, number]
    listed = read_list(home.parent / "status" / DOMAIN / str(number) / "revocation.json")
    assert listed["id"] == entry
    assert not any(read_bits(home, number, "revocation", ListForm.STANDARD))


def test_the_journal_names_the_lists_of_these_keys_alone(told: Path) -> None:
    with open_desk(told) as desk:
        scope, journal = find_registry_scope(desk.channel.chain), desk.channel.journal
        assert find_lists(journal, scope, [parse_address(ANCHOR.address)]) == {FIRST}
        assert find_lists(journal, scope, [parse_address(STATUS.address)]) == frozenset()
        assert find_lists(journal, "another chain", [parse_address(ANCHOR.address)]) == frozenset()


def test_a_list_that_the_home_cannot_know_is_published_when_named(told: Path) -> None:
    lost = (2 << 32) | 5
    named = publish(told, build_job(told, lists=frozenset({lost})))
    assert lost in {each.place.list for each in named.lists}
    again = publish(told)
    assert lost in {each.place.list for each in again.lists}, "what was published is kept up"


def test_a_list_of_a_key_that_the_institution_never_had_is_refused_when_named(told: Path) -> None:
    for number in (5, (9 << 32) | 1):
        with pytest.raises(ConfigurationError, match=str(number)):
            publish(told, build_job(told, lists=frozenset({number})))
    assert not (told.parent / "status").exists()


def test_nothing_but_lists_is_taken_for_a_list(told: Path) -> None:
    folder = told.parent / "status" / DOMAIN
    for name in ("01", "x", "-1", "9" * 16, "...", "7", str((9 << 32) | 1)):
        (folder / name).mkdir(parents=True)
    (folder / "12").write_text("a file")
    assert {each.place.list for each in publish(told).lists} == {FIRST, SECOND, FAR}


@pytest.mark.parametrize("form", [ListForm.STANDARD, ListForm.BLOCKCERTS])
@pytest.mark.parametrize("purpose", PURPOSES)
def test_the_proof_is_the_issuers_over_what_is_written(
    told: Path, form: ListForm, purpose: str
) -> None:
    publish(told)
    path = told.parent / "status" / DOMAIN / str(SECOND) / f"{purpose}{SUFFIXES[form]}"
    document = json.loads(path.read_bytes())
    proof = document.pop("proof")
    signature = parse_signature(proof.pop("proofValue"))
    assert proof["verificationMethod"] == SIGNING_METHOD
    assert proof["cryptosuite"] == "eddsa-rdfc-2022"
    contexts = tuple(document["@context"])
    public = parse_multikey(SIGNING_MULTIKEY).raw

    def holds() -> bool:
        leaf = hash_leaf(canonicalise(document, contexts).nquads)
        return verify_ed25519(public, signature, signing_input(hash_options(proof, contexts), leaf))

    assert holds()
    document["validUntil"] = "2099-01-01T00:00:00Z"
    assert not holds()


def test_the_jwt_says_what_the_standard_form_says(told: Path) -> None:
    publish(told)
    folder = told.parent / "status" / DOMAIN / str(SECOND)
    standard = json.loads((folder / "revocation.json").read_bytes())
    head, payload, signature = (folder / "revocation.jwt").read_text().split(".")
    claims = json.loads(decode(payload))
    assert {name: claims.pop(name) for name in ("iss", "jti", "nbf", "exp")} == {
        "iss": DID,
        "jti": standard["id"],
        "nbf": int(datetime.fromisoformat(standard["validFrom"]).timestamp()),
        "exp": int(datetime.fromisoformat(standard["validUntil"]).timestamp()),
    }
    assert claims == {name: value for name, value in standard.items() if name != "proof"}
    assert json.loads(decode(head)) == {"alg": "EdDSA", "kid": SIGNING_METHOD, "typ": "vc+jwt"}
    SIGNING_KEY.public_key().verify(decode(signature), f"{head}.{payload}".encode())


def test_the_setting_goes_with_the_lists(told: Path) -> None:
    settings = told.parent / "status" / DOMAIN / "settings.json"
    publish(told)
    assert json.loads(settings.read_bytes()) == {"status_for": "standard"}
    chosen = build_institution(status_for=StatusFor.BLOCKCERTS)
    publish(told, build_job(told, institution=chosen))
    assert json.loads(settings.read_bytes()) == {"status_for": "blockcerts"}


# When it is written.


def test_a_list_speaks_from_its_block_on_and_ends_in_its_time(told: Path) -> None:
    now = datetime.now(UTC) + timedelta(hours=1)
    result = publish(told, now=now)
    listed = read_list(told.parent / "status" / DOMAIN / str(FIRST) / "revocation.json")
    assert datetime.fromisoformat(listed["validFrom"]) == result.block.time
    assert datetime.fromisoformat(listed["validUntil"]) == now.replace(microsecond=0) + WEEK


def test_a_block_from_the_future_does_not_make_a_list_that_is_not_valid_yet(told: Path) -> None:
    early = datetime.now(UTC) - timedelta(days=1)
    publish(told, now=early)
    listed = read_list(told.parent / "status" / DOMAIN / str(FIRST) / "revocation.json")
    assert datetime.fromisoformat(listed["validFrom"]) == early.replace(microsecond=0)


@pytest.mark.parametrize("passed", [timedelta(0), WEEK / 2 - timedelta(minutes=1)])
def test_again_and_soon_changes_no_byte(told: Path, passed: timedelta) -> None:
    now = datetime.now(UTC)
    publish(told, now=now)
    before = list_files(told.parent / "status")
    again = publish(told, now=now + passed)
    assert list_files(told.parent / "status") == before
    assert not any(each.changed for each in again.lists)


def test_past_half_its_time_a_list_is_renewed(told: Path) -> None:
    now = datetime.now(UTC)
    publish(told, now=now)
    again = publish(told, now=now + WEEK / 2 + timedelta(minutes=1))
    assert all(each.changed for each in again.lists)


def test_a_change_renews_its_own_list_and_no_other(told: Path) -> None:
    publish(told)
    change(told, "suspend", [(FIRST, 9)])
    again = publish(told)
    changed = {(each.place.list, each.place.purpose) for each in again.lists if each.changed}
    assert changed == {(FIRST, "suspension")}
    assert is_set(read_bits(told, FIRST, "suspension", ListForm.JWT), 9)


def test_a_reinstated_credential_leaves_the_published_list(told: Path) -> None:
    publish(told)
    change(told, "reinstate", [(FAR, 7)])
    publish(told)
    for form in ListForm:
        assert not any(read_bits(told, FAR, "suspension", form))


def test_a_new_signing_key_signs_every_list_anew(told: Path) -> None:
    publish(told)
    raw = OTHER_KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    method = f"{DID}#{render_ed25519(raw)}"
    again = publish(told, build_job(told, signer=Ed25519Signer(OTHER_KEY, method)))
    assert all(each.changed for each in again.lists)
    for path in (told.parent / "status").rglob("*.json"):
        assert SIGNING_METHOD not in path.read_text()


def test_a_shorter_time_is_kept_to(told: Path) -> None:
    now = datetime.now(UTC)
    publish(told, now=now)
    day = timedelta(days=1)
    again = publish(told, build_job(told, valid_for=day), now)
    assert all(each.valid_until == now.replace(microsecond=0) + day for each in again.lists)


@pytest.mark.parametrize("form", ListForm)
@pytest.mark.parametrize("spoil", [lambda data: b"", lambda data: data[:-9], lambda data: b"{}"])
def test_a_spoiled_file_is_written_anew(
    told: Path, chain_bits, form: ListForm, spoil: Callable[[bytes], bytes]
) -> None:
    publish(told)
    path = told.parent / "status" / DOMAIN / str(FIRST) / f"revocation{SUFFIXES[form]}"
    path.write_bytes(spoil(path.read_bytes()))
    again = publish(told)
    changed = [each.place for each in again.lists if each.changed]
    assert [(each.list, each.purpose) for each in changed] == [(FIRST, "revocation")]
    assert read_bits(told, FIRST, "revocation", form) == chain_bits[FIRST]["revocation"]


def test_an_old_list_put_back_is_not_taken_for_the_present_one(told: Path) -> None:
    publish(told)
    folder = told.parent / "status" / DOMAIN / str(FIRST)
    kept = list_files(folder)
    change(told, "revoke", [(FIRST, 9)])
    publish(told)
    for name, data in kept.items():
        (folder / name).write_bytes(data)
    publish(told)
    for form in ListForm:
        assert is_set(read_bits(told, FIRST, "revocation", form), 9)


# What goes wrong.


class Bent:
    """A node one of whose answers is bent."""

    def __init__(self, node, bend: Callable[[int, str, Sequence[object], object], object]) -> None:
        self._node = node
        self._bend = bend
        self.count = 0
        self.network_name = node.network_name

    def request(self, method: str, params: Sequence[object]) -> object:
        self.count += 1
        return self._bend(self.count, method, params, self._node.request(method, params))


def silent_from(number: int):
    def bend(count: int, method: str, params: Sequence[object], answer: object) -> object:
        if count >= number:
            raise ChainUnreachableError("embedded", "a test is silent")
        return answer

    return lambda node: Bent(node, bend)


def count_questions(home: Path) -> int:
    counter: list[Bent] = []

    def wrap(node) -> Bent:
        counter.append(Bent(node, lambda count, method, params, answer: answer))
        return counter[-1]

    publish(home, wrap_node=wrap)
    return counter[0].count


def test_a_chain_that_falls_silent_anywhere_leaves_the_folder_as_it_was(
    told: Path, tmp_path: Path
) -> None:
    spare = copy_home(told, tmp_path / "spare" / "home")
    questions = count_questions(spare)
    publish(told)
    change(told, "revoke", [(FIRST, 9)])
    shutil.rmtree(told / FOLDER)
    before = list_files(told.parent / "status")
    assert questions > 20
    for number in range(1, questions, 3):
        with pytest.raises(ChainUnreachableError):
            publish(told, wrap_node=silent_from(number))
        assert list_files(told.parent / "status") == before
        shutil.rmtree(told / FOLDER, ignore_errors=True)


def hide_log(position: tuple[int, int]):
    """Leave one log out of a block's, as an endpoint would that hides a revocation."""

    def bend(count: int, method: str, params: Sequence[object], answer: object) -> object:
        if method != "eth_getLogs":
            return answer
        return [
            log
            for log in answer
            if (int(log["blockNumber"], 16), int(log["logIndex"], 16)) != position
        ]

    return lambda node: Bent(node, bend)


def test_no_change_of_status_can_be_withheld(told: Path) -> None:
    own = [
        event
        for event in read_all_events(told)
        if isinstance(event, StatusChanged) and event.issuer_id == 1
    ]
    assert len(own) > 20
    for event in own[:: len(own) // 12]:
        place = (event.position.block, event.position.log_index)
        with pytest.raises(WithheldEntryError) as caught:
            publish(told, wrap_node=hide_log(place))
        assert caught.value.seq == event.seq
        assert not (told.parent / "status").exists()


def test_what_was_read_of_two_chains_is_not_published(told: Path) -> None:
    """Only the block that everything was read at is another one in the end."""
    seen: list[str] = []

    def bend(count: int, method: str, params: Sequence[object], answer: object) -> object:
        if method == "eth_getBlockByNumber":
            seen.append(str(params[0]))
            if len(seen) > 1 and params[0] == answer["number"]:
                return answer | {"hash": "0x" + "11" * 32}
        return answer

    with pytest.raises(ChainUnreachableError, match="reorganised"):
        publish(told, wrap_node=lambda node: Bent(node, bend))
    assert not (told.parent / "status").exists()


@pytest.mark.parametrize("number", range(1, 19, 3))
def test_a_full_disk_leaves_every_file_whole(
    told: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    publish(told)
    before = list_files(told.parent / "status")
    count, write = [0], publishing.publish_whole

    def fill(path: Path, data: bytes, staging: Path) -> None:
        count[0] += 1
        if count[0] >= number:
            (staging / path.name).write_bytes(data[:100])
            raise OSError(28, "No space left on device")
        write(path, data, staging)

    later = datetime.now(UTC) + timedelta(days=5)
    monkeypatch.setattr(publishing, "publish_whole", fill)
    with pytest.raises(OSError, match="No space"):
        publish(told, now=later)
    monkeypatch.undo()
    after = list_files(told.parent / "status")
    assert after.keys() == before.keys()
    for number_ in (FIRST, SECOND, FAR):
        for purpose in PURPOSES:
            for form in ListForm:
                assert len(read_bits(told, number_, purpose, form)) == LIST_ENTRIES // 8
    assert any(each.changed for each in publish(told, now=later).lists)


def test_an_institution_that_is_not_registered_publishes_nothing(told: Path) -> None:
    nobody = build_institution(did="did:web:nobody.example.org", domain="nobody.example.org")
    with pytest.raises(TransactionRefusedError, match="not registered"):
        publish(told, build_job(told, institution=nobody))
    assert not (told.parent / "status").exists()


# What is remembered.


def find_memory(home: Path) -> Path:
    (path,) = (home / FOLDER).glob("*.json")
    return path


def test_the_log_is_read_from_where_it_was_left(told: Path, chain_bits) -> None:
    first = count_questions(told)
    change(told, "revoke", [(FIRST, 9)])
    again = count_questions(told)
    assert again < first
    assert is_set(read_bits(told, FIRST, "revocation", ListForm.STANDARD), 9)
    assert (
        read_bits(told, SECOND, "revocation", ListForm.STANDARD)
        == (ask_chain(told, SECOND)["revocation"])
    )


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"\xff\xfe",
        b'{"seq": 1, "block": 1, "words": null, "batches": []}',
        b'{"seq": 3, "block": 9999, "words": [], "batches": []}',
    ],
)
def test_a_memory_that_does_not_fit_the_chain_is_not_believed(
    told: Path, chain_bits, data: bytes
) -> None:
    publish(told)
    find_memory(told).write_bytes(data)
    shutil.rmtree(told.parent / "status")
    publish(told)
    for number, expected in chain_bits.items():
        for purpose in PURPOSES:
            assert read_bits(told, number, purpose, ListForm.STANDARD) == expected[purpose]


def test_the_memory_lies_in_the_home_and_is_nobody_elses(told: Path) -> None:
    publish(told)
    assert find_memory(told).stat().st_mode & 0o077 == 0
    for path in (told.parent / "status").rglob("*"):
        assert "words" not in path.name


# An endpoint that is behind, and a folder that is anybody's.


def answer_as_of(height: int):
    """An endpoint that has not got further than a block."""

    def bend(count: int, method: str, params: Sequence[object], answer: object) -> object:
        return answer

    class Behind(Bent):
        def request(self, method: str, params: Sequence[object]) -> object:
            asked = [hex(height) if each == "latest" else each for each in params]
            return super().request(method, asked)

    return lambda node: Behind(node, bend)


def find_height(home: Path) -> int:
    with open_desk(home) as desk:
        return desk.channel.chain.read_latest().number


def test_an_endpoint_behind_what_the_home_has_seen_takes_no_revocation_back(told: Path) -> None:
    height = find_height(told)
    change(told, "revoke", [(FIRST, 9)])
    publish(told)
    shutil.rmtree(told.parent / "status")
    with pytest.raises(EndpointBehindError, match="this home has seen entry"):
        publish(told, wrap_node=answer_as_of(height))
    assert not (told.parent / "status").exists()
    publish(told)
    assert is_set(read_bits(told, FIRST, "revocation", ListForm.STANDARD), 9)


def test_an_endpoint_behind_what_is_published_takes_no_revocation_back(told: Path) -> None:
    """What is not final yet is not remembered, but another desk may have published it."""
    height = find_height(told)
    change(told, "revoke", [(FIRST, 9)])
    publish(told)
    shutil.rmtree(told / FOLDER)
    before = list_files(told.parent / "status")
    with pytest.raises(EndpointBehindError, match="are published"):
        publish(told, wrap_node=answer_as_of(height))
    assert list_files(told.parent / "status") == before


def test_a_chain_that_stands_still_is_not_published(told: Path) -> None:
    late = datetime.now(UTC) + timedelta(hours=1)
    with open_desk(told) as desk:
        network = replace(desk.channel.chain.network, freshness_seconds=600)
        chain = RegistryReader(network, desk.channel.node)
        channel = replace(desk.channel, chain=chain)
        with pytest.raises(ChainUnreachableError, match="seconds old"):
            publish_lists(channel, build_job(told), late)
    assert not (told.parent / "status").exists()


def test_who_publishes_waits_for_another_who_does(told: Path) -> None:
    publish(told)
    folder = told.parent / "status"
    patience = Patience(sleep=lambda _: None, now_seconds=lambda: 0.0, lock_seconds=0.1)
    with (
        hold_folder(folder, on_wait=lambda: None, wait_seconds=0),
        pytest.raises(LockedFolderError),
    ):
        publish(told, patience=patience)
    publish(told, patience=patience)


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+23:00", "9999-12-31T23:59:59-23:00"])
@pytest.mark.parametrize("member", ["validFrom", "validUntil", "created"])
def test_a_date_that_no_calendar_has_is_written_anew(told: Path, moment: str, member: str) -> None:
    publish(told)
    path = told.parent / "status" / DOMAIN / str(FIRST) / "revocation.json"
    document = json.loads(path.read_bytes())
    holder = document["proof"] if member == "created" else document
    holder[member] = moment
    path.write_text(json.dumps(document))
    again = publish(told)
    assert [each.place.purpose for each in again.lists if each.changed] == ["revocation"]
    assert moment not in path.read_text()


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+23:00", "9999-12-31T23:59:59-23:00"])
def test_a_date_outside_the_calendar_is_refused_even_where_it_is_signed(
    told: Path, moment: str
) -> None:
    publish(told)
    path = told.parent / "status" / DOMAIN / str(FIRST) / "revocation.json"
    document = json.loads(path.read_bytes()) | {"validUntil": moment}
    proof = document.pop("proof")
    proof.pop("proofValue")
    contexts = tuple(document["@context"])
    leaf = hash_leaf(canonicalise(document, contexts).nquads)
    signature = SIGNING_KEY.sign(signing_input(hash_options(proof, contexts), leaf))
    proof["proofValue"] = render_signature(signature)
    path.write_text(json.dumps(document | {"proof": proof}))
    publish(told)
    assert moment not in path.read_text()


def make_pipe(path: Path) -> None:
    os.mkfifo(path)


def make_sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(3 << 30)


def make_loop(path: Path) -> None:
    path.symlink_to(path)


@pytest.mark.parametrize("make", [make_pipe, make_sparse, make_loop])
@pytest.mark.parametrize("name", ["revocation.json", "revocation.jwt", "../settings.json"])
def test_what_is_no_list_is_neither_waited_for_nor_read_whole(
    told: Path, make: Callable[[Path], None], name: str
) -> None:
    publish(told)
    path = told.parent / "status" / DOMAIN / str(FIRST) / name
    before = path.read_bytes()
    path.unlink()
    make(path)
    publish(told)
    assert not path.is_symlink()
    if name.startswith(".."):
        assert path.read_bytes() == before
    assert is_set(read_bits(told, FIRST, "revocation", ListForm.JWT), 0)


def test_a_list_with_the_date_of_the_future_does_not_stop_us_unless_we_signed_it(
    told: Path,
) -> None:
    publish(told)
    path = told.parent / "status" / DOMAIN / str(FIRST) / "revocation.json"
    document = json.loads(path.read_bytes()) | {"validFrom": "2199-01-01T00:00:00Z"}
    path.write_text(json.dumps(document))
    assert any(each.changed for each in publish(told).lists)


def test_a_folder_that_somebody_made_has_nothing_signed(told: Path) -> None:
    publish(told)
    folder = told.parent / "status" / DOMAIN
    made = str((1 << 32) | 99)
    shutil.copytree(folder / str(FIRST), folder / made)
    (folder / str((1 << 32) | 98)).mkdir()
    assert {each.place.list for each in publish(told).lists} == {FIRST, SECOND, FAR}


def test_a_list_that_an_earlier_key_signed_is_kept_up(told: Path) -> None:
    lost = (2 << 32) | 5
    publish(told, build_job(told, lists=frozenset({lost})))
    raw = OTHER_KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    signer = Ed25519Signer(OTHER_KEY, f"{DID}#{render_ed25519(raw)}")
    again = publish(told, build_job(told, signer=signer))
    assert lost in {each.place.list for each in again.lists}


@pytest.mark.parametrize("name", ["", str(FIRST)])
def test_nothing_is_written_through_a_link(told: Path, tmp_path: Path, name: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    link = told.parent / "status" / DOMAIN / name
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(elsewhere)
    with pytest.raises(OSError, match="none is followed") as caught:
        publish(told)
    assert caught.value.filename == str(link)
    assert not [*elsewhere.iterdir()]


def test_what_a_killed_run_left_is_swept(told: Path) -> None:
    folder = told.parent / "status"
    left = folder / f"{publishing.STAGING}abc"
    left.mkdir(parents=True)
    (left / "revocation.json").write_text("half")
    publish(told)
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]


def test_a_memory_that_cannot_be_written_stops_nothing(told: Path) -> None:
    (told / FOLDER).write_text("a file where a folder should be")
    assert publish(told).lists


def test_two_processes_of_a_home_remember_at_once(told: Path, tmp_path: Path) -> None:
    path = tmp_path / "walks" / "one.json"
    histories = [
        StatusHistory(seq, BlockNumber(seq), frozenset(range(seq * 1000)), frozenset())
        for seq in (1, 2)
    ]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda turn: save_history(path, histories[turn % 2]), range(40)))
    assert load_history(path) in histories
    assert [each.name for each in path.parent.iterdir()] == ["one.json"]


def test_a_folder_where_a_file_should_be_is_named(told: Path) -> None:
    publish(told)
    path = told.parent / "status" / DOMAIN / str(FIRST) / "revocation.jwt"
    path.unlink()
    path.mkdir()
    with pytest.raises(IsADirectoryError) as caught:
        publish(told)
    assert caught.value.filename == str(path)


def test_a_web_root_with_a_folder_in_the_way_is_left_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "profile.json").mkdir()
    root = WebRoot(b"{}", b"{}", Digest(bytes(32)), is_registered=True)
    with pytest.raises(IsADirectoryError) as caught:
        write_web_root(tmp_path, root)
    assert caught.value.filename == str(tmp_path / "profile.json")
    assert not (tmp_path / ".well-known").exists()


def test_a_web_server_may_read_what_is_published_and_nothing_of_the_home(told: Path) -> None:
    before = os.umask(0o077)
    try:
        publish(told)
    finally:
        os.umask(before)
    folder = told.parent / "status"
    modes = {path.is_dir(): set() for path in folder.rglob("*")}
    for path in (folder, *folder.rglob("*")):
        modes[path.is_dir()].add(path.stat().st_mode & 0o777)
    assert modes == {True: {0o755}, False: {0o644}}
    assert find_memory(told).stat().st_mode & 0o077 == 0


# The web root.


def test_an_institution_that_waits_for_registration_has_a_profile_all_the_same(home: Path) -> None:
    coming = build_institution(did="did:web:soon.example.org", domain="soon.example.org")
    with open_desk(home) as desk:
        root = build_web_root(desk.channel.chain, coming)
    assert not root.is_registered
    assert json.loads(root.did_document)["id"] == coming.did


def test_a_document_that_is_not_the_registered_one_is_refused(home: Path) -> None:
    """The scene registered a document of other bytes, though with the same keys."""
    with open_desk(home) as desk, pytest.raises(TransactionRefusedError, match="another DID"):
        build_web_root(desk.channel.chain, build_institution())
