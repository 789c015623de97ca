// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IRootsealRegistry} from "../IRootsealRegistry.sol";

/// @title Signed requests (EIP-712) for this contract on this chain only
/// @dev The domain is computed at each use. OpenZeppelin's EIP712 keeps it in immutables, which would make the code,
/// and so the hash that verifiers pin, another one for each deployment.
abstract contract TypedData is IRootsealRegistry {
    string private constant _NAME = "Rootseal";
    string private constant _VERSION = "1";
    bytes32 private constant _DOMAIN_TYPE =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");

    /// @inheritdoc IRootsealRegistry
    function eip712Domain()
        external
        view
        returns (
            bytes1 fields,
            string memory name,
            string memory version,
            uint256 chainId,
            address verifyingContract,
            bytes32 salt,
            uint256[] memory extensions
        )
    {
        return (hex"0f", _NAME, _VERSION, block.chainid, address(this), bytes32(0), new uint256[](0));
    }

    /// @dev Asks an address with code by EIP-1271, a static call, so the answer cannot change anything here.
    function _requireSignature(address signer, bytes32 structHash, bytes calldata signature) internal view {
        bytes32 digest = MessageHashUtils.toTypedDataHash(_domainSeparator(), structHash);
        require(
            SignatureChecker.isValidSignatureNowCalldata(signer, digest, signature), BadSignature(signer)
        );
    }

    function _domainSeparator() private view returns (bytes32) {
        return keccak256(
            abi.encode(
                _DOMAIN_TYPE, keccak256(bytes(_NAME)), keccak256(bytes(_VERSION)), block.chainid, address(this)
            )
        );
    }
}
