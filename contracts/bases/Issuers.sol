// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ACTIVE, CLOSED, REGISTRAR, TEXT_LIMIT} from "../Codes.sol";
import {IRootsealRegistry} from "../IRootsealRegistry.sol";
import {IssuerWord} from "../words/IssuerWord.sol";
import {Authorities} from "./Authorities.sol";

/// @title Institutions: named by the authority, administered by themselves
abstract contract Issuers is Authorities {
    /// @inheritdoc IRootsealRegistry
    function registerIssuer(
        string calldata identifier, string calldata name, address admin, bytes32 digest, uint40 validUntil
    ) external {
        _requireOfficer(REGISTRAR);
        require(admin != address(0), ZeroAddress());
        require(digest != 0, ZeroDigest());
        uint32 issuerId = _registry.issuerCount + 1;
        _requireNameable(issuerId, identifier, name);
        _registry.issuerCount = issuerId;
        _issuers[issuerId].admin = admin;
        _issuers[issuerId].documentDigest = digest;
        _bind(issuerId, identifier, name);
        _saveIssuer(issuerId, IssuerWord.wrap(0).withStanding(ACTIVE, 0, validUntil));
    }

    /// @inheritdoc IRootsealRegistry
    function renameIssuer(uint32 issuerId, string calldata identifier, string calldata name) external {
        _requireOfficer(REGISTRAR);
        IssuerWord word = _open(issuerId);
        _requireNameable(issuerId, identifier, name);
        _bind(issuerId, identifier, name);
        _saveIssuer(issuerId, word);
    }

    /// @inheritdoc IRootsealRegistry
    function setStanding(uint32 issuerId, uint8 state, uint8 reason, uint40 validUntil) external {
        _requireOfficer(REGISTRAR);
        IssuerWord word = _open(issuerId);
        require(state >= ACTIVE && state <= CLOSED, BadState(state));
        _saveIssuer(issuerId, word.withStanding(state, reason, validUntil));
    }

    /// @inheritdoc IRootsealRegistry
    function setDocument(uint32 issuerId, bytes32 digest) external {
        _requireAdmin(issuerId);
        IssuerWord word = _open(issuerId);
        require(digest != 0, ZeroDigest());
        _issuers[issuerId].documentDigest = digest;
        _saveIssuer(issuerId, word);
    }

    /// @inheritdoc IRootsealRegistry
    function proposeAdmin(uint32 issuerId, address next) external {
        _requireAdmin(issuerId);
        IssuerWord word = _open(issuerId);
        _issuers[issuerId].nextAdmin = next;
        _saveIssuer(issuerId, word);
    }

    /// @inheritdoc IRootsealRegistry
    function acceptAdmin(uint32 issuerId) external {
        require(msg.sender == _issuers[issuerId].nextAdmin, NotProposedAdmin(issuerId, msg.sender));
        IssuerWord word = _open(issuerId);
        _issuers[issuerId].admin = msg.sender;
        _issuers[issuerId].nextAdmin = address(0);
        _saveIssuer(issuerId, word);
    }

    /// An identifier is free for its own institution, when nobody holds it, and when its holder is closed.
    function _requireNameable(uint32 issuerId, string calldata identifier, string calldata name) private view {
        _requireText(identifier);
        _requireText(name);
        bytes32 identifierHash = keccak256(bytes(identifier));
        uint32 holder = _issuerIds[identifierHash];
        require(
            holder == 0 || holder == issuerId || _issuers[holder].word.state() == CLOSED,
            IdentifierTaken(identifierHash, holder)
        );
    }

    function _bind(uint32 issuerId, string calldata identifier, string calldata name) private {
        bytes32 identifierHash = keccak256(bytes(identifier));
        _issuerIds[identifierHash] = issuerId;
        _issuers[issuerId].identifierHash = identifierHash;
        _names[issuerId] = Names({identifier: identifier, name: name});
        (uint40 seq, uint40 prevBlock) = _nextRegistryEntry();
        emit IssuerNamed(issuerId, identifierHash, msg.sender, seq, prevBlock, identifier, name);
    }

    function _requireText(string calldata text) private pure {
        uint256 length = bytes(text).length;
        require(length != 0 && length <= TEXT_LIMIT, BadTextLength(length, TEXT_LIMIT));
    }
}
