// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// A key of an institution, in one storage word that is full. Low bits first:
/// issuerId 32, roles 8, index 16, notBefore 40, notAfter 40, compromisedAt 40, seq 40, lastBlock 40.
type KeyWord is uint256;

using KeyWords for KeyWord global;

library KeyWords {
    function pack(uint32 issuerId_, uint8 roles_, uint16 index_, uint40 notBefore_, uint40 notAfter_)
        internal
        pure
        returns (KeyWord)
    {
        return KeyWord.wrap(
            uint256(issuerId_) | (uint256(roles_) << 32) | (uint256(index_) << 40) | (uint256(notBefore_) << 56)
                | (uint256(notAfter_) << 96)
        );
    }

    /// The key's chain after `count` more anchors in this block.
    function withAnchors(KeyWord self, uint40 count) internal view returns (KeyWord) {
        uint256 rest = uint256(uint176(KeyWord.unwrap(self)));
        return KeyWord.wrap(
            rest | (uint256(seq(self) + count) << 176) | (uint256(uint40(block.number)) << 216)
        );
    }

    function withNotAfter(KeyWord self, uint40 notAfter_) internal pure returns (KeyWord) {
        uint256 rest = KeyWord.unwrap(self) & ~(uint256(type(uint40).max) << 96);
        return KeyWord.wrap(rest | (uint256(notAfter_) << 96));
    }

    function withCompromise(KeyWord self, uint40 since) internal pure returns (KeyWord) {
        uint256 rest = KeyWord.unwrap(self) & ~(uint256(type(uint40).max) << 136);
        return KeyWord.wrap(rest | (uint256(since) << 136));
    }

    function issuerId(KeyWord self) internal pure returns (uint32) {
        return uint32(KeyWord.unwrap(self));
    }

    function roles(KeyWord self) internal pure returns (uint8) {
        return uint8(KeyWord.unwrap(self) >> 32);
    }

    function index(KeyWord self) internal pure returns (uint16) {
        return uint16(KeyWord.unwrap(self) >> 40);
    }

    function notBefore(KeyWord self) internal pure returns (uint40) {
        return uint40(KeyWord.unwrap(self) >> 56);
    }

    /// 0 means without end.
    function notAfter(KeyWord self) internal pure returns (uint40) {
        return uint40(KeyWord.unwrap(self) >> 96);
    }

    /// 0 means never.
    function compromisedAt(KeyWord self) internal pure returns (uint40) {
        return uint40(KeyWord.unwrap(self) >> 136);
    }

    function seq(KeyWord self) internal pure returns (uint40) {
        return uint40(KeyWord.unwrap(self) >> 176);
    }

    function lastBlock(KeyWord self) internal pure returns (uint40) {
        return uint40(KeyWord.unwrap(self) >> 216);
    }
}
