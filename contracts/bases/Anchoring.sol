// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ANCHOR, LIST_LIMIT} from "../Codes.sol";
import {IRootsealRegistry} from "../IRootsealRegistry.sol";
import {AnchorWord, AnchorWords} from "../words/AnchorWord.sol";
import {IssuerWord} from "../words/IssuerWord.sol";
import {KeyWord} from "../words/KeyWord.sol";
import {RegistryStorage} from "./RegistryStorage.sol";
import {TypedData} from "./TypedData.sol";

/// @title Anchoring roots
abstract contract Anchoring is RegistryStorage, TypedData {
    bytes32 private constant _ANCHOR_TYPE =
        keccak256("Anchor(address key,bytes32 root,uint32 leaves,uint40 seq,uint40 deadline)");

    /// @inheritdoc IRootsealRegistry
    fallback() external {
        require(msg.data.length == 32, WrongLength(msg.data.length));
        _anchor(msg.sender, _mayAnchor(msg.sender), bytes32(msg.data), 0);
    }

    /// @inheritdoc IRootsealRegistry
    function anchor(bytes32 root, uint32 leaves) external {
        _anchor(msg.sender, _mayAnchor(msg.sender), root, leaves);
    }

    /// @inheritdoc IRootsealRegistry
    function anchorMany(bytes32[] calldata roots) external {
        require(roots.length != 0 && roots.length <= LIST_LIMIT, BadCount(roots.length, LIST_LIMIT));
        KeyWord word = _mayAnchor(msg.sender);
        _keys[msg.sender] = word.withAnchors(uint40(roots.length));
        uint40 prevBlock = word.lastBlock();
        for (uint40 i = 0; i < roots.length; ++i) {
            _record(msg.sender, word, roots[i], 0, word.seq() + i + 1, prevBlock);
            prevBlock = uint40(block.number);
        }
    }

    /// @inheritdoc IRootsealRegistry
    function anchorBySig(address key, bytes32 root, uint32 leaves, uint40 deadline, bytes calldata signature)
        external
    {
        require(block.timestamp <= deadline, SignatureExpired(deadline));
        KeyWord word = _mayAnchor(key);
        bytes32 request = keccak256(abi.encode(_ANCHOR_TYPE, key, root, leaves, word.seq() + 1, deadline));
        _requireSignature(key, request, signature);
        _anchor(key, word, root, leaves);
    }

    /// A live ANCHOR key of an active institution whose registration has not run out.
    function _mayAnchor(address key) private view returns (KeyWord word) {
        word = _live(key, ANCHOR);
        IssuerWord issuer = _active(word.issuerId());
        require(_isWithin(0, issuer.validUntil()), IssuerExpired(word.issuerId(), issuer.validUntil()));
    }

    function _anchor(address key, KeyWord word, bytes32 root, uint32 leaves) private {
        _keys[key] = word.withAnchors(1);
        _record(key, word, root, leaves, word.seq() + 1, word.lastBlock());
    }

    /// Keyed by institution and root, so that nobody can occupy another's root.
    function _record(address key, KeyWord word, bytes32 root, uint32 leaves, uint40 seq, uint40 prevBlock) private {
        uint32 issuerId = word.issuerId();
        require(root != 0, ZeroRoot());
        require(!_anchors[issuerId][root].exists(), RootAlreadyAnchored(issuerId, root));
        _anchors[issuerId][root] = AnchorWords.pack(word.index(), seq, leaves);
        emit Anchored(key, issuerId, root, seq, prevBlock, leaves);
    }
}
