// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Accreditations} from "./bases/Accreditations.sol";
import {Anchoring} from "./bases/Anchoring.sol";
import {Authorities} from "./bases/Authorities.sol";
import {Issuers} from "./bases/Issuers.sol";
import {Keys} from "./bases/Keys.sol";
import {RegistryStorage} from "./bases/RegistryStorage.sol";
import {Statuses} from "./bases/Statuses.sol";

/// @title Rootseal's registry
/// @notice The interface, IRootsealRegistry.sol, says what everything does and what is not protected against.
/// @dev No proxy, no pause, no owner beyond the authority, no assembly, no immutables: equal source is equal code.
contract RootsealRegistry is RegistryStorage, Anchoring, Statuses, Keys, Issuers, Accreditations {
    constructor(address firstAuthority) Authorities(firstAuthority) {}
}
