// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// The heads of an institution's two chains and its standing, in one storage word. Low bits first:
/// affairsSeq 40, affairsBlock 40, statusSeq 40, statusBlock 40, state 8, reason 8, validUntil 40, keyCount 16, 24 free.
/// Both heads share the word, so that keys and affairs can be walked without reading revocations, at no cost.
type IssuerWord is uint256;

using IssuerWords for IssuerWord global;

library IssuerWords {
    /// The affairs chain after one more entry in this block.
    function withAffair(IssuerWord self) internal view returns (IssuerWord) {
        uint256 rest = (IssuerWord.unwrap(self) >> 80) << 80;
        return IssuerWord.wrap(rest | uint256(affairsSeq(self) + 1) | (uint256(uint40(block.number)) << 40));
    }

    /// The status chain after `count` more entries in this block.
    function withStatusChanges(IssuerWord self, uint40 count) internal view returns (IssuerWord) {
        uint256 rest = IssuerWord.unwrap(self) & ~(uint256(type(uint80).max) << 80);
        return IssuerWord.wrap(
            rest | (uint256(statusSeq(self) + count) << 80) | (uint256(uint40(block.number)) << 120)
        );
    }

    function withStanding(IssuerWord self, uint8 state_, uint8 reason_, uint40 validUntil_)
        internal
        pure
        returns (IssuerWord)
    {
        uint256 rest = IssuerWord.unwrap(self) & ~(uint256(type(uint56).max) << 160);
        return IssuerWord.wrap(
            rest | (uint256(state_) << 160) | (uint256(reason_) << 168) | (uint256(validUntil_) << 176)
        );
    }

    function withOneMoreKey(IssuerWord self) internal pure returns (IssuerWord) {
        uint256 rest = IssuerWord.unwrap(self) & ~(uint256(type(uint16).max) << 216);
        return IssuerWord.wrap(rest | (uint256(keyCount(self) + 1) << 216));
    }

    function affairsSeq(IssuerWord self) internal pure returns (uint40) {
        return uint40(IssuerWord.unwrap(self));
    }

    function affairsBlock(IssuerWord self) internal pure returns (uint40) {
        return uint40(IssuerWord.unwrap(self) >> 40);
    }

    function statusSeq(IssuerWord self) internal pure returns (uint40) {
        return uint40(IssuerWord.unwrap(self) >> 80);
    }

    function statusBlock(IssuerWord self) internal pure returns (uint40) {
        return uint40(IssuerWord.unwrap(self) >> 120);
    }

    /// 0 means never registered.
    function state(IssuerWord self) internal pure returns (uint8) {
        return uint8(IssuerWord.unwrap(self) >> 160);
    }

    function reason(IssuerWord self) internal pure returns (uint8) {
        return uint8(IssuerWord.unwrap(self) >> 168);
    }

    /// 0 means without end.
    function validUntil(IssuerWord self) internal pure returns (uint40) {
        return uint40(IssuerWord.unwrap(self) >> 176);
    }

    function keyCount(IssuerWord self) internal pure returns (uint16) {
        return uint16(IssuerWord.unwrap(self) >> 216);
    }
}
