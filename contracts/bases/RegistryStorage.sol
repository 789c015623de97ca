// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ACTIVE, CLOSED, HANDOVER_DELAY} from "../Codes.sol";
import {IRootsealRegistry} from "../IRootsealRegistry.sol";
import {AnchorWord} from "../words/AnchorWord.sol";
import {IssuerWord} from "../words/IssuerWord.sol";
import {KeyWord} from "../words/KeyWord.sol";

/// @title All storage, in slots that a test freezes: proofs of storage name them
/// @dev First in the inheritance list, and no other base has storage.
abstract contract RegistryStorage is IRootsealRegistry {
    struct IssuerSlots {
        IssuerWord word;
        address admin;
        address nextAdmin;
        bytes32 identifierHash;
        bytes32 documentDigest;
    }

    struct RegistryHead {
        uint40 seq;
        uint40 lastBlock;
        uint32 issuerCount;
    }

    struct Names {
        string identifier;
        string name;
    }

    mapping(uint32 issuerId => mapping(bytes32 root => AnchorWord)) internal _anchors;
    mapping(address key => KeyWord) internal _keys;
    mapping(uint32 issuerId => IssuerSlots) internal _issuers;
    mapping(uint32 issuerId => mapping(uint64 word => uint256 bits)) internal _revoked;
    mapping(uint32 issuerId => mapping(uint64 word => uint256 bits)) internal _suspended;
    mapping(uint32 issuerId => mapping(bytes32 achievement => Accreditation)) internal _accreditations;
    mapping(bytes32 identifierHash => uint32 issuerId) internal _issuerIds;
    RegistryHead internal _registry;
    address internal _authority;
    address internal _nextAuthority;
    uint40 internal _acceptableFrom;
    mapping(address officer => uint8 roles) internal _officers;
    mapping(uint32 issuerId => Names) internal _names;

    /// @inheritdoc IRootsealRegistry
    function anchorOf(uint32 issuerId, bytes32 root) external view returns (Anchor memory) {
        AnchorWord word = _anchors[issuerId][root];
        return Anchor({
            keyIndex: word.keyIndex(),
            reason: word.reason(),
            time: word.time(),
            blockNumber: word.blockNumber(),
            seq: word.seq(),
            revokedAt: word.revokedAt(),
            leaves: word.leaves(),
            endorsedBy: word.endorsedBy()
        });
    }

    /// @inheritdoc IRootsealRegistry
    function keyOf(address key) external view returns (Key memory) {
        KeyWord word = _keys[key];
        return Key({
            issuerId: word.issuerId(),
            roles: word.roles(),
            index: word.index(),
            notBefore: word.notBefore(),
            notAfter: word.notAfter(),
            compromisedAt: word.compromisedAt(),
            seq: word.seq(),
            lastBlock: word.lastBlock()
        });
    }

    /// @inheritdoc IRootsealRegistry
    function issuerOf(uint32 issuerId) external view returns (Issuer memory) {
        IssuerSlots storage issuer = _issuers[issuerId];
        IssuerWord word = issuer.word;
        return Issuer({
            affairsSeq: word.affairsSeq(),
            affairsBlock: word.affairsBlock(),
            statusSeq: word.statusSeq(),
            statusBlock: word.statusBlock(),
            state: word.state(),
            reason: word.reason(),
            validUntil: word.validUntil(),
            keyCount: word.keyCount(),
            admin: issuer.admin,
            nextAdmin: issuer.nextAdmin,
            identifierHash: issuer.identifierHash,
            documentDigest: issuer.documentDigest
        });
    }

    /// @inheritdoc IRootsealRegistry
    function namesOf(uint32 issuerId) external view returns (string memory identifier, string memory name) {
        Names storage names = _names[issuerId];
        return (names.identifier, names.name);
    }

    /// @inheritdoc IRootsealRegistry
    function issuerIdOf(bytes32 identifierHash) external view returns (uint32) {
        return _issuerIds[identifierHash];
    }

    /// @inheritdoc IRootsealRegistry
    function statusWord(uint32 issuerId, uint64 word) external view returns (uint256 revoked, uint256 suspended) {
        return (_revoked[issuerId][word], _suspended[issuerId][word]);
    }

    /// @inheritdoc IRootsealRegistry
    function accreditationOf(uint32 issuerId, bytes32 achievement) external view returns (Accreditation memory) {
        return _accreditations[issuerId][achievement];
    }

    /// @inheritdoc IRootsealRegistry
    function registry() external view returns (uint40 seq, uint40 lastBlock, uint32 issuerCount) {
        RegistryHead memory head = _registry;
        return (head.seq, head.lastBlock, head.issuerCount);
    }

    /// @inheritdoc IRootsealRegistry
    function authority() external view returns (address current, address next, uint40 acceptableFrom) {
        return (_authority, _nextAuthority, _acceptableFrom);
    }

    /// @inheritdoc IRootsealRegistry
    function officerRoles(address officer) external view returns (uint8) {
        return _officers[officer];
    }

    /// @inheritdoc IRootsealRegistry
    function delay() external pure returns (uint40) {
        return HANDOVER_DELAY;
    }

    /// The word of a registered institution.
    function _registered(uint32 issuerId) internal view returns (IssuerWord word) {
        word = _issuers[issuerId].word;
        require(word.state() != 0, UnknownIssuer(issuerId));
    }

    /// The word of an institution that is not closed.
    function _open(uint32 issuerId) internal view returns (IssuerWord word) {
        word = _registered(issuerId);
        require(word.state() != CLOSED, IssuerIsClosed(issuerId));
    }

    /// The word of an active institution.
    function _active(uint32 issuerId) internal view returns (IssuerWord word) {
        word = _registered(issuerId);
        require(word.state() == ACTIVE, IssuerNotActive(issuerId, word.state()));
    }

    function _requireAdmin(uint32 issuerId) internal view {
        require(_issuers[issuerId].admin == msg.sender, NotAdmin(issuerId, msg.sender));
    }

    /// A live key: known, with the role, in its window, in nobody else's hands.
    function _live(address key, uint8 role) internal view returns (KeyWord word) {
        word = _keys[key];
        require(word.issuerId() != 0, UnknownKey(key));
        require(word.roles() & role != 0, RoleMissing(key, role));
        require(_isWithin(word.notBefore(), word.notAfter()), KeyNotLive(key, word.notBefore(), word.notAfter()));
        require(word.compromisedAt() == 0, KeyIsCompromised(key, word.compromisedAt()));
    }

    function _isWithin(uint40 from, uint40 until) internal view returns (bool) {
        return block.timestamp >= from && (until == 0 || block.timestamp < until);
    }

    /// The beginning of a window: 0 stands for now, the past is refused, and the end, if any, must come after.
    function _beginning(uint40 from, uint40 until) internal view returns (uint40 beginning) {
        beginning = from == 0 ? uint40(block.timestamp) : from;
        require(beginning >= block.timestamp, Backdated(from, uint40(block.timestamp)));
        require(until == 0 || until > beginning, EmptyWindow(beginning, until));
    }

    /// Move the registry chain's head by one; returns the entry's number and the block of the one before.
    function _nextRegistryEntry() internal returns (uint40 seq, uint40 prevBlock) {
        seq = _registry.seq + 1;
        prevBlock = _registry.lastBlock;
        _registry.seq = seq;
        _registry.lastBlock = uint40(block.number);
    }

    /// Store an institution's word with its affairs chain moved by one, and write the snapshot.
    function _saveIssuer(uint32 issuerId, IssuerWord word) internal {
        _issuers[issuerId].word = word.withAffair();
        _emitIssuerChanged(issuerId, word.affairsBlock());
    }

    function _emitIssuerChanged(uint32 issuerId, uint40 prevBlock) private {
        IssuerSlots storage issuer = _issuers[issuerId];
        emit IssuerChanged(
            issuerId,
            msg.sender,
            issuer.word.affairsSeq(),
            prevBlock,
            issuer.word.state(),
            issuer.word.reason(),
            issuer.word.validUntil(),
            issuer.admin,
            issuer.nextAdmin,
            issuer.identifierHash,
            issuer.documentDigest
        );
    }
}
