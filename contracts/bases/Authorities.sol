// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ALL_ROLES, HANDOVER_DELAY, REGISTRAR} from "../Codes.sol";
import {IRootsealRegistry} from "../IRootsealRegistry.sol";
import {RegistryStorage} from "./RegistryStorage.sol";

/// @title The authority and its officers
/// @dev Not OpenZeppelin's AccessControl: its role events carry no sequence number, so a node could withhold them.
abstract contract Authorities is RegistryStorage {
    constructor(address firstAuthority) {
        require(firstAuthority != address(0), ZeroAddress());
        _authority = firstAuthority;
        _emitAuthorityChanged();
    }

    /// @inheritdoc IRootsealRegistry
    function setOfficer(address officer, uint8 roles) external {
        _requireAuthority();
        require(officer != address(0), ZeroAddress());
        require(roles <= ALL_ROLES, BadRoles(roles));
        _officers[officer] = roles;
        (uint40 seq, uint40 prevBlock) = _nextRegistryEntry();
        emit OfficerChanged(officer, msg.sender, seq, prevBlock, roles);
    }

    /// @inheritdoc IRootsealRegistry
    function proposeAuthority(address next) external {
        _requireAuthority();
        _nextAuthority = next;
        _acceptableFrom = next == address(0) ? 0 : uint40(block.timestamp) + HANDOVER_DELAY;
        _emitAuthorityChanged();
    }

    /// @inheritdoc IRootsealRegistry
    function acceptAuthority(address expectedPrevious) external {
        require(msg.sender == _nextAuthority, NotProposedAuthority(msg.sender));
        require(expectedPrevious == _authority, AuthorityMoved(_authority));
        require(block.timestamp >= _acceptableFrom, TooEarly(_acceptableFrom));
        _authority = msg.sender;
        _nextAuthority = address(0);
        _acceptableFrom = 0;
        _emitAuthorityChanged();
    }

    /// @inheritdoc IRootsealRegistry
    function nameSuccessor(address successor) external {
        _requireOfficer(REGISTRAR);
        require(successor != address(0), ZeroAddress());
        (uint40 seq, uint40 prevBlock) = _nextRegistryEntry();
        emit SuccessorNamed(successor, msg.sender, seq, prevBlock);
    }

    /// The authority may do what its officers may: it could name itself one at any time.
    function _requireOfficer(uint8 role) internal view {
        require(_officers[msg.sender] & role != 0 || msg.sender == _authority, NotOfficer(msg.sender, role));
    }

    function _requireAuthority() private view {
        require(msg.sender == _authority, NotAuthority(msg.sender));
    }

    function _emitAuthorityChanged() private {
        (uint40 seq, uint40 prevBlock) = _nextRegistryEntry();
        emit AuthorityChanged(_authority, _nextAuthority, msg.sender, seq, prevBlock, _acceptableFrom);
    }
}
