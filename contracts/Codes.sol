// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// Roles of an institution's key.
uint8 constant ANCHOR = 1;
uint8 constant STATUS = 2;

// Roles of the authority's officers.
uint8 constant REGISTRAR = 1;
uint8 constant ACCREDITOR = 2;
uint8 constant ALL_ROLES = 3;

// An institution's standing; 0 is an institution that was never registered.
uint8 constant ACTIVE = 1;
uint8 constant SUSPENDED = 2;
uint8 constant CLOSED = 3;

// What a StatusChanged event did.
uint8 constant REVOKE = 0;
uint8 constant SUSPEND = 1;
uint8 constant REINSTATE = 2;

// Most roots or words in one call: far below a block's gas, so that a call that was sent can be mined.
uint256 constant LIST_LIMIT = 256;

// Longest identifier or name in bytes of UTF-8.
uint256 constant TEXT_LIMIT = 1024;

// Between naming a next authority and its taking over: time to notice a stolen key and withdraw.
uint40 constant HANDOVER_DELAY = 2 days;
