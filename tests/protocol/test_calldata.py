import json
from importlib import resources

import pytest
from eth_abi.abi import encode

from protocol.primitives import Address, hash_keccak, render_address
from protocol.registry.abi import load_registry_abi
from protocol.registry.calldata import (
    SELECTORS,
    decode_result,
    decode_values,
    describe_revert,
    encode_call,
    encode_deployment,
)

ROOT = bytes(range(32))
SOMEBODY = Address(bytes.fromhex("9c08825fb0f4e726f16a77958e7d7f1568f17fc6"))


def test_a_call_begins_with_the_selector_of_its_signature():
    data = encode_call("anchor", ROOT, 5)
    assert data == hash_keccak(b"anchor(bytes32,uint32)")[:4] + ROOT + (5).to_bytes(32, "big")


def test_addresses_and_lists_are_given_as_bytes_and_tuples():
    revoke = encode_call("revoke", (1, 2), (1 << 255, 1), 3)
    key = encode_call("keyOf", SOMEBODY)
    assert revoke[4:] == encode(["uint64[]", "uint256[]", "uint8"], [[1, 2], [1 << 255, 1], 3])
    assert key[4:] == bytes(12) + SOMEBODY


def test_a_deployment_ends_with_its_authority():
    assert encode_deployment(SOMEBODY)[-20:] == SOMEBODY
    assert encode_deployment(SOMEBODY).startswith(load_registry_abi().bytecode)


def test_every_function_has_its_own_selector_in_the_list():
    functions = load_registry_abi().functions.values()
    assert len(SELECTORS) == len(functions) > 30
    assert {entry.selector for entry in functions} == SELECTORS


def test_no_function_that_changes_state_takes_32_bytes_of_data():
    """SC-02: 32 bytes are a selector and 28 more, so any argument at all makes a call longer."""
    changing = [each for each in load_registry_abi().functions.values() if each.changes_state]
    assert changing
    assert all(each.parameters for each in changing)


def test_the_code_hash_is_that_of_the_committed_runtime_code():
    text = resources.files("protocol.abi").joinpath("RootsealRegistry.json").read_text()
    code = bytes.fromhex(json.loads(text)["deployedBytecode"].removeprefix("0x"))
    assert load_registry_abi().code_hash == hash_keccak(code)


@pytest.mark.parametrize("entry", load_registry_abi().errors.values(), ids=lambda each: each.name)
def test_every_error_of_the_contract_is_named_with_its_arguments(entry):
    filler = {"address": SOMEBODY, "bytes32": ROOT}
    types = [each.type for each in entry.parameters]
    data = entry.selector + encode(types, [filler.get(kind, 7) for kind in types])
    shown = describe_revert("0x" + data.hex())
    assert shown.startswith(f"{entry.name}(")
    assert all(each.name in shown for each in entry.parameters)


def test_an_address_in_an_error_carries_its_checksum():
    data = load_registry_abi().errors
    entry = next(each for each in data.values() if each.name == "UnknownKey")
    shown = describe_revert("0x" + (entry.selector + bytes(12) + SOMEBODY).hex())
    assert shown == f"UnknownKey(key {render_address(SOMEBODY)})"


def test_plain_reasons_and_panics_are_shown():
    reason = bytes.fromhex("08c379a0") + encode(["string"], ["no\nfunds"])
    panic = bytes.fromhex("4e487b71") + encode(["uint256"], [0x11])
    assert describe_revert("0x" + reason.hex()) == "no\ufffdfunds"
    assert describe_revert("0x" + panic.hex()) == "panic 0x11 in the contract"


@pytest.mark.parametrize("data", [None, "", "0x", "zz", "0xabc"])
def test_no_data_is_no_reason(data):
    assert describe_revert(data) == "reverted without a reason"


@pytest.mark.parametrize("data", ["0x12345678", "0x08c379a0", "0x4e487b7100", "0x01"])
def test_data_that_cannot_be_read_are_said_to_be_so(data):
    assert describe_revert(data).startswith("reverted with ")


def test_a_struct_is_returned_as_its_members():
    values = decode_result("keyOf", encode(["uint256"] * 8, [1, 1, 2, 3, 4, 5, 6, 7]))
    assert values == (1, 1, 2, 3, 4, 5, 6, 7)


@pytest.mark.parametrize("size", [0, 31, 255])
def test_a_result_that_is_cut_off_is_refused(size):
    with pytest.raises(ValueError, match="not the expected values"):
        decode_result("keyOf", bytes(size))


def test_a_value_that_exceeds_its_type_is_refused():
    with pytest.raises(ValueError, match="not the expected values"):
        decode_result("issuerIdOf", (1 << 32).to_bytes(32, "big"))


def test_text_that_is_not_utf_8_is_marked_and_not_dropped():
    assert decode_values(["string"], encode(["bytes"], [b"a\xffb"])) == ("a\ufffdb",)
