// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRootsealEvents} from "../IRootsealEvents.sol";

/// @title A hostile contract for tests: calls the registry when somebody calls it, and imitates its events
contract Lure is IRootsealEvents {
    address private _registry;

    constructor(address registry) {
        _registry = registry;
    }

    function claimPrize(bytes calldata data) external returns (bool succeeded) {
        (succeeded,) = _registry.call(data);
    }

    function imitate(address key, uint32 issuerId, bytes32 root) external {
        emit Anchored(key, issuerId, root, 1, 0, 1);
    }
}
