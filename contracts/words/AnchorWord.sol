// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// What is recorded of one root, in one storage word. Low bits first:
/// keyIndex 16, reason 8, time 40, blockNumber 40, seq 40, revokedAt 40, leaves 32, endorsedBy 16, 24 free.
type AnchorWord is uint256;

using AnchorWords for AnchorWord global;

library AnchorWords {
    function pack(uint16 keyIndex_, uint40 seq_, uint32 leaves_) internal view returns (AnchorWord) {
        return AnchorWord.wrap(
            uint256(keyIndex_) | (uint256(uint40(block.timestamp)) << 24) | (uint256(uint40(block.number)) << 64)
                | (uint256(seq_) << 104) | (uint256(leaves_) << 184)
        );
    }

    /// Only for a word that is not revoked.
    function withRevocation(AnchorWord self, uint8 reason_) internal view returns (AnchorWord) {
        return AnchorWord.wrap(
            AnchorWord.unwrap(self) | (uint256(reason_) << 16) | (uint256(uint40(block.timestamp)) << 144)
        );
    }

    function withEndorser(AnchorWord self, uint16 keyIndex_) internal pure returns (AnchorWord) {
        uint256 rest = AnchorWord.unwrap(self) & ~(uint256(type(uint16).max) << 216);
        return AnchorWord.wrap(rest | (uint256(keyIndex_) << 216));
    }

    function exists(AnchorWord self) internal pure returns (bool) {
        return AnchorWord.unwrap(self) != 0;
    }

    function keyIndex(AnchorWord self) internal pure returns (uint16) {
        return uint16(AnchorWord.unwrap(self));
    }

    function reason(AnchorWord self) internal pure returns (uint8) {
        return uint8(AnchorWord.unwrap(self) >> 16);
    }

    function time(AnchorWord self) internal pure returns (uint40) {
        return uint40(AnchorWord.unwrap(self) >> 24);
    }

    function blockNumber(AnchorWord self) internal pure returns (uint40) {
        return uint40(AnchorWord.unwrap(self) >> 64);
    }

    function seq(AnchorWord self) internal pure returns (uint40) {
        return uint40(AnchorWord.unwrap(self) >> 104);
    }

    function revokedAt(AnchorWord self) internal pure returns (uint40) {
        return uint40(AnchorWord.unwrap(self) >> 144);
    }

    function leaves(AnchorWord self) internal pure returns (uint32) {
        return uint32(AnchorWord.unwrap(self) >> 184);
    }

    function endorsedBy(AnchorWord self) internal pure returns (uint16) {
        return uint16(AnchorWord.unwrap(self) >> 216);
    }
}
