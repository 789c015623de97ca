import json
from dataclasses import replace

import pytest

from protocol.chain import FinalityRule
from protocol.errors import ConfigurationError
from protocol.nodes.network_file import load_network_file, render_network
from protocol.nodes.networks import (
    BUILT_IN,
    ChainIdentity,
    complete_network,
    find_networks,
    list_networks,
    load_network,
)
from protocol.primitives import Address, BlockNumber, ChainId, Digest, TransactionHash
from protocol.registry.abi import load_registry_abi
from protocol.registry.deployments import (
    Deployment,
    find_deployment,
    load_deployment,
    save_deployment,
)

GENESIS = Digest(b"\x11" * 32)
OTHER_GENESIS = Digest(b"\x22" * 32)
CONTRACT = Address(b"\x33" * 20)
OTHER_CONTRACT = Address(b"\x44" * 20)
CANARY = "s3cr3t-canary"


def write(home, name, text):
    folder = home / "networks"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.toml").write_text(text, encoding="utf-8")


def deployment(chain_id=31_337, genesis=GENESIS):
    return Deployment(
        chain_id=ChainId(chain_id),
        genesis=genesis,
        contract=CONTRACT,
        code_hash=Digest(b"\x55" * 32),
        authority=Address(b"\x66" * 20),
        authority_name="Mana Tohu Mātauranga",
        block=BlockNumber(7),
        transaction=TransactionHash(b"\x77" * 32),
    )


@pytest.mark.parametrize(
    ("name", "chain_id", "start"), [("sepolia", 11_155_111, "25a5cc"), ("hoodi", 560_048, "bbe312")]
)
def test_public_networks_are_known_by_chain_id_and_genesis(tmp_path, name, chain_id, start):
    settings = load_network(name, tmp_path, {name: ("https://one.example", "https://two.example")})
    network = settings.network
    assert (network.chain_id, network.finality) == (chain_id, FinalityRule.FINALIZED)
    assert network.genesis.hex().startswith(start)
    assert network.freshness_seconds == 600
    assert len(settings.endpoints) == 2


def test_local_has_an_endpoint_without_being_told(tmp_path):
    settings = load_network("local", tmp_path, {})
    assert settings.endpoints == ("http://127.0.0.1:8545",)
    assert settings.network.chain_id == 31_337
    assert settings.network.finality is FinalityRule.ONE_CONFIRMATION


def test_a_public_network_without_endpoints_has_none(tmp_path):
    assert load_network("sepolia", tmp_path, {}).endpoints == ()


def test_the_embedded_chain_is_whatever_its_node_says(tmp_path):
    settings = load_network("embedded", tmp_path, {}, ChainIdentity(ChainId(99), GENESIS))
    assert (settings.network.chain_id, settings.network.genesis) == (99, GENESIS)
    assert settings.network.finality is FinalityRule.LATEST


def test_a_home_without_embedded_chain_says_how_to_get_one(tmp_path):
    with pytest.raises(ConfigurationError, match="issuer init"):
        load_network("embedded", tmp_path, {})


@pytest.mark.parametrize("name", ["nowhere", "../networks/x", "", "A", "x" * 40])
def test_an_unknown_name_lists_the_known_ones(tmp_path, name):
    write(tmp_path, "campus", "chain_id = 5")
    with pytest.raises(ConfigurationError, match="embedded, local, sepolia, hoodi, campus"):
        load_network(name, tmp_path, {})


def test_any_network_comes_from_a_file(tmp_path):
    write(
        tmp_path,
        "campus",
        f'chain_id = 5\ngenesis = "0x{GENESIS.hex()}"\nendpoints = ["https://node.example/k"]\n'
        f'contract = "0x{CONTRACT.hex()}"\nauthority = "0x{OTHER_CONTRACT.hex()}"\n'
        'authority_name = "Te Pūkenga"\nfinality = "one-confirmation"\nfreshness_seconds = 60\n'
        'explorer = "https://scan.example/tx/{transaction}"\n',
    )
    settings = load_network("campus", tmp_path, {})
    network = settings.network
    assert (network.chain_id, network.genesis, network.contract) == (5, GENESIS, CONTRACT)
    assert (network.authority, network.authority_name) == (OTHER_CONTRACT, "Te Pūkenga")
    assert (network.finality, network.freshness_seconds) == (FinalityRule.ONE_CONFIRMATION, 60)
    assert network.record == "networks/campus.toml"
    assert settings.endpoints == ("https://node.example/k",)
    assert list_networks(tmp_path) == ("embedded", "local", "sepolia", "hoodi", "campus")


def test_a_registry_named_without_code_hash_must_have_this_release_s_code(tmp_path):
    write(tmp_path, "campus", f'chain_id = 5\ncontract = "0x{CONTRACT.hex()}"')
    assert load_network("campus", tmp_path, {}).network.code_hash == load_registry_abi().code_hash


def test_a_file_changes_a_built_in_network_and_leaves_the_rest(tmp_path):
    write(tmp_path, "sepolia", f'genesis = "0x{OTHER_GENESIS.hex()}"')
    network = load_network("sepolia", tmp_path, {}).network
    assert network == replace(BUILT_IN["sepolia"], genesis=OTHER_GENESIS)


def test_another_chain_id_does_not_keep_the_built_in_genesis(tmp_path):
    write(tmp_path, "sepolia", "chain_id = 4242")
    network = load_network("sepolia", tmp_path, {}).network
    assert (network.chain_id, network.genesis) == (4242, None)


def test_endpoints_of_the_environment_count_before_those_of_the_file(tmp_path):
    write(tmp_path, "my-net", 'chain_id = 5\nendpoints = ["https://file.example"]')
    given = {"my_net": ("https://environment.example",)}
    assert load_network("my-net", tmp_path, given).endpoints == given["my_net"]


def test_settings_do_not_show_their_endpoints(tmp_path):
    settings = load_network("sepolia", tmp_path, {"sepolia": (f"https://node.example/{CANARY}",)})
    assert CANARY not in repr(settings)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("chain_id = 5\nchainid = 6", r"networks/bad\.toml: the key chainid is not known"),
        ("finality = 'latest'", "chain_id is missing"),
        ("chain_id = '5'", "chain_id is not a whole number"),
        ("chain_id = true", "chain_id is not a whole number"),
        ("chain_id = 0", "chain_id is not a chain id"),
        ("chain_id = 5\ngenesis = '0x12'", "genesis cannot be used"),
        ("chain_id = 5\ncontract = 'registry.eth'", "contract cannot be used"),
        ("chain_id = 5\nfinality = 'soon'", "finality is none of latest"),
        ('chain_id = 5\nauthority_name = "a\\u0007"', "authority_name is not a printable text"),
        ("chain_id = 5\nexplorer = 'https://x.example/'", "explorer is not a web address"),
        ("chain_id = 5\nexplorer = 'javascript:{transaction}'", "explorer is not a web address"),
        ("chain_id = 5\nfreshness_seconds = -1", "freshness_seconds is not a whole number"),
        ("chain_id = 5\nendpoints = 'https://x.example'", "endpoints is not a list"),
        ("chain_id = 5\nendpoints = ['ws://x.example']", "endpoint 1 is no http"),
        ("chain_id = 5\nendpoints = ['https://a.b', 'https://a.b']", "endpoint 2 repeats"),
        ("chain_id = ", "the file is not TOML"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_naming_file_and_key(tmp_path, text, message):
    write(tmp_path, "bad", text)
    with pytest.raises(ConfigurationError, match=message) as caught:
        load_network("bad", tmp_path, {})
    assert caught.value.setting == "networks/bad.toml"


@pytest.mark.parametrize(
    "text",
    [
        f"endpoints = ['https://x.example/{CANARY}'",
        f"endpoints = ['ftp://x.example/{CANARY}']",
        f"endpoints = ['https://{CANARY}.example', 'https://{CANARY}.example']",
    ],
)
def test_a_refusal_never_shows_an_endpoint(tmp_path, text):
    write(tmp_path, "bad", f"chain_id = 5\n{text}")
    with pytest.raises(ConfigurationError) as caught:
        load_network("bad", tmp_path, {})
    assert CANARY not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_file_larger_than_its_limit_is_refused(tmp_path):
    write(tmp_path, "big", "chain_id = 5\n#" + "x" * 65_536)
    with pytest.raises(ConfigurationError, match="larger than"):
        load_network("big", tmp_path, {})


def test_what_is_printed_for_others_reads_back_the_same(tmp_path):
    network = replace(
        BUILT_IN["sepolia"],
        contract=CONTRACT,
        code_hash=OTHER_GENESIS,
        authority=OTHER_CONTRACT,
        authority_name='The "Authority" \\ Ā',
    )
    write(tmp_path, "shown", render_network(network))
    read = load_network_file(tmp_path / "networks" / "shown.toml")
    assert (read.contract, read.code_hash, read.genesis) == (
        CONTRACT,
        OTHER_GENESIS,
        network.genesis,
    )
    assert read.authority_name == network.authority_name
    assert (read.finality, read.freshness_seconds) == (network.finality, 600)


def test_a_record_is_found_again_and_named(tmp_path):
    path = save_deployment(tmp_path, deployment())
    assert path.name == f"31337-{GENESIS.hex()}.json"
    found = find_deployment(tmp_path, ChainId(31_337), GENESIS)
    assert found.deployment == deployment()
    assert found.name == f"deployments/{path.name}, of this home"


def test_a_record_of_the_home_counts_before_a_shipped_one(tmp_path):
    shipped = tmp_path / "shipped"
    save_deployment(shipped, replace(deployment(), contract=OTHER_CONTRACT))
    folder = shipped / "deployments"
    only = find_deployment(tmp_path, ChainId(31_337), GENESIS, folder)
    save_deployment(tmp_path, deployment())
    both = find_deployment(tmp_path, ChainId(31_337), GENESIS, folder)
    assert (only.deployment.contract, only.name[-7:]) == (OTHER_CONTRACT, "shipped")
    assert both.deployment.contract == CONTRACT


def test_a_record_completes_its_network(tmp_path):
    save_deployment(tmp_path, deployment())
    identity = ChainIdentity(ChainId(31_337), GENESIS)
    network = complete_network(BUILT_IN["local"], identity, tmp_path)
    assert (network.genesis, network.contract) == (GENESIS, CONTRACT)
    assert network.authority_name == "Mana Tohu Mātauranga"
    assert network.record.endswith("of this home")


def test_a_node_of_another_chain_adds_nothing(tmp_path):
    save_deployment(tmp_path, deployment(1))
    identity = ChainIdentity(ChainId(1), GENESIS)
    assert complete_network(BUILT_IN["local"], identity, tmp_path) == BUILT_IN["local"]


def test_a_chain_that_began_anew_does_not_inherit_the_record(tmp_path):
    save_deployment(tmp_path, deployment())
    identity = ChainIdentity(ChainId(31_337), OTHER_GENESIS)
    network = complete_network(BUILT_IN["local"], identity, tmp_path)
    assert (network.genesis, network.contract) == (OTHER_GENESIS, None)


def test_a_file_s_own_contract_is_not_mixed_with_a_record_of_another(tmp_path):
    save_deployment(tmp_path, deployment(5))
    write(
        tmp_path,
        "campus",
        f'chain_id = 5\ngenesis = "0x{GENESIS.hex()}"\ncontract = "0x{OTHER_CONTRACT.hex()}"',
    )
    network = load_network("campus", tmp_path, {}).network
    assert (network.contract, network.authority) == (OTHER_CONTRACT, None)
    assert network.record == "networks/campus.toml"


def test_a_record_that_speaks_of_another_chain_than_its_name_is_refused(tmp_path):
    path = save_deployment(tmp_path, deployment())
    path.rename(path.with_name(f"31337-{OTHER_GENESIS.hex()}.json"))
    with pytest.raises(ConfigurationError, match="not those of its file name"):
        find_deployment(tmp_path, ChainId(31_337), OTHER_GENESIS)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("contract", "0x12"),
        ("code_hash", None),
        ("chain_id", "31337"),
        ("block", -1),
        ("extra", 1),
        ("authority_name", 5),
    ],
)
def test_a_record_with_one_bad_member_is_refused(tmp_path, member, value):
    path = save_deployment(tmp_path, deployment())
    record = json.loads(path.read_text()) | {member: value}
    path.write_text(json.dumps(record))
    with pytest.raises(ConfigurationError, match=r"deployments/31337-"):
        load_deployment(path)


@pytest.mark.parametrize("text", ["", "[]", "{", '"x"', "{}" + " " * 20_000])
def test_a_file_that_is_no_record_is_refused(tmp_path, text):
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(ConfigurationError):
        load_deployment(path)


def test_of_two_networks_with_one_chain_id_the_one_with_a_registry_is_meant():
    bare, known = BUILT_IN["local"], replace(BUILT_IN["local"], name="campus", contract=CONTRACT)
    other = BUILT_IN["hoodi"]
    assert find_networks(ChainId(31_337), [bare, known, other]) == (known,)
    assert find_networks(ChainId(31_337), [bare, other]) == (bare,)
    assert find_networks(ChainId(31_337), [known, known]) == (known, known)
    assert find_networks(ChainId(1), [bare, known]) == ()
