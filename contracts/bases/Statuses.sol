// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ANCHOR, CLOSED, LIST_LIMIT, REINSTATE, REVOKE, STATUS, SUSPEND} from "../Codes.sol";
import {IRootsealRegistry} from "../IRootsealRegistry.sol";
import {AnchorWord} from "../words/AnchorWord.sol";
import {IssuerWord} from "../words/IssuerWord.sol";
import {KeyWord} from "../words/KeyWord.sol";
import {RegistryStorage} from "./RegistryStorage.sol";

/// @title Revoking, suspending and endorsing
abstract contract Statuses is RegistryStorage {
    /// What one call does, and where its next entry goes.
    struct Run {
        uint32 issuerId;
        uint8 change;
        uint8 reason;
        uint40 seq;
        uint40 prevBlock;
    }

    /// @inheritdoc IRootsealRegistry
    function revoke(uint64[] calldata words, uint256[] calldata masks, uint8 reason) external {
        uint32 issuerId = _live(msg.sender, STATUS).issuerId();
        _change(_run(issuerId, REVOKE, reason), words, masks);
    }

    /// @inheritdoc IRootsealRegistry
    function suspend(uint64[] calldata words, uint256[] calldata masks, uint8 reason) external {
        uint32 issuerId = _live(msg.sender, STATUS).issuerId();
        _open(issuerId);
        _change(_run(issuerId, SUSPEND, reason), words, masks);
    }

    /// @inheritdoc IRootsealRegistry
    function reinstate(uint64[] calldata words, uint256[] calldata masks, uint8 reason) external {
        uint32 issuerId = _live(msg.sender, STATUS).issuerId();
        _active(issuerId);
        _change(_run(issuerId, REINSTATE, reason), words, masks);
    }

    /// @inheritdoc IRootsealRegistry
    function revokeBatch(bytes32 root, uint8 reason) external {
        uint32 issuerId = _live(msg.sender, STATUS).issuerId();
        AnchorWord word = _anchored(issuerId, root);
        require(word.revokedAt() == 0, BatchAlreadyRevoked(issuerId, root, word.revokedAt()));
        _anchors[issuerId][root] = word.withRevocation(reason);
        (uint40 seq, uint40 prevBlock) = _nextStatusEntries(issuerId, 1);
        emit BatchRevoked(issuerId, root, msg.sender, seq, prevBlock, reason);
    }

    /// @inheritdoc IRootsealRegistry
    function endorse(bytes32 root) external {
        KeyWord key = _mayEndorse();
        AnchorWord word = _anchored(key.issuerId(), root);
        require(word.endorsedBy() == 0, AlreadyEndorsed(root, word.endorsedBy()));
        _endorse(root, word, key);
    }

    /// @inheritdoc IRootsealRegistry
    function replaceEndorsement(bytes32 root, address compromisedEndorser) external {
        KeyWord key = _mayEndorse();
        AnchorWord word = _anchored(key.issuerId(), root);
        KeyWord former = _keys[compromisedEndorser];
        require(
            former.issuerId() == key.issuerId() && former.index() == word.endorsedBy(),
            NotTheEndorser(root, compromisedEndorser)
        );
        require(former.compromisedAt() != 0, KeyNotCompromised(compromisedEndorser));
        _endorse(root, word, key);
    }

    function _mayEndorse() private view returns (KeyWord key) {
        key = _live(msg.sender, ANCHOR);
        _active(key.issuerId());
    }

    function _endorse(bytes32 root, AnchorWord word, KeyWord key) private {
        require(word.keyIndex() != key.index(), SelfEndorsement(root, key.index()));
        _anchors[key.issuerId()][root] = word.withEndorser(key.index());
        (uint40 seq, uint40 prevBlock) = _nextStatusEntries(key.issuerId(), 1);
        emit BatchEndorsed(key.issuerId(), root, msg.sender, seq, prevBlock, key.index());
    }

    function _anchored(uint32 issuerId, bytes32 root) private view returns (AnchorWord word) {
        word = _anchors[issuerId][root];
        require(word.exists(), UnknownRoot(issuerId, root));
    }

    function _run(uint32 issuerId, uint8 change, uint8 reason) private pure returns (Run memory) {
        return Run({issuerId: issuerId, change: change, reason: reason, seq: 0, prevBlock: 0});
    }

    function _change(Run memory run, uint64[] calldata words, uint256[] calldata masks) private {
        require(words.length == masks.length, LengthMismatch(words.length, masks.length));
        require(words.length != 0 && words.length <= LIST_LIMIT, BadCount(words.length, LIST_LIMIT));
        (run.seq, run.prevBlock) = _nextStatusEntries(run.issuerId, uint40(words.length));
        for (uint256 i = 0; i < words.length; ++i) {
            uint256 bits = run.change == REVOKE
                ? _set(_revoked[run.issuerId], words[i], masks[i])
                : run.change == SUSPEND
                    ? _set(_suspended[run.issuerId], words[i], masks[i])
                    : _clear(_suspended[run.issuerId], words[i], masks[i]);
            _emitChange(run, words[i], bits);
            run.seq += 1;
            run.prevBlock = uint40(block.number);
        }
    }

    function _set(mapping(uint64 word => uint256) storage bitmap, uint64 word, uint256 mask)
        private
        returns (uint256 changed)
    {
        uint256 bits = bitmap[word];
        changed = mask & ~bits;
        require(changed != 0, NothingChanges(word));
        bitmap[word] = bits | changed;
    }

    function _clear(mapping(uint64 word => uint256) storage bitmap, uint64 word, uint256 mask)
        private
        returns (uint256 changed)
    {
        uint256 bits = bitmap[word];
        changed = mask & bits;
        require(changed != 0, NothingChanges(word));
        bitmap[word] = bits ^ changed;
    }

    function _emitChange(Run memory run, uint64 word, uint256 bits) private {
        emit StatusChanged(run.issuerId, word, msg.sender, run.seq, run.prevBlock, run.change, run.reason, bits);
    }

    /// Move the status chain's head by `count`; returns the first entry's number and the block of the one before.
    function _nextStatusEntries(uint32 issuerId, uint40 count) private returns (uint40 seq, uint40 prevBlock) {
        IssuerWord word = _issuers[issuerId].word;
        _issuers[issuerId].word = word.withStatusChanges(count);
        return (word.statusSeq() + 1, word.statusBlock());
    }
}
