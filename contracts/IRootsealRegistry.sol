// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRootsealErrors} from "./IRootsealErrors.sol";
import {IRootsealEvents} from "./IRootsealEvents.sol";

/// @title Rootseal's registry of anchored batches, keys, statuses, institutions and accreditations
/// @notice Records that a key of a registered institution anchored a Merkle root at a block, and what was said of it
/// since. Nothing about a learner is here: roots, counts, bit positions and institutions only.
///
/// Anchoring is a transaction whose data is exactly the 32 bytes of the root (the fallback). No function that changes
/// state can be called with 32 bytes of data, so a root that begins with a selector never runs another function. Four
/// views can be, and then nothing is anchored: success is the `Anchored` event, never the transaction's status.
///
/// Times are Unix seconds of a block; 0 means never or without end. A window is [from, until).
///
/// @dev What this contract does not protect against:
/// - An institution that anchors false credentials. It records who said what when, not whether it is true.
/// - A stolen key, until `compromiseKey` names the moment. Anchors from that moment on stay recorded; verifiers
///   refuse them unless another key endorsed them. Status changes made with a stolen STATUS key stand for ever.
/// - A lost or stolen admin. Nobody, the authority included, can replace it: use a multi-signature wallet, or have
///   the institution closed and registered anew.
/// - An authority that misbehaves in the open: it can suspend or close an institution, and give a closed one's
///   identifier to another number. It cannot anchor, revoke or change keys in an institution's name.
/// - `leaves` being true: it is a claim; 0 through the fallback.
/// - Identifiers or names that look alike, or are not the institution's: the authority checks them, not this code.
/// - Block producers shifting `block.timestamp` by seconds, leaving transactions out, or reorganising recent blocks.
/// - Ether forced to this address: it cannot be recovered. No function accepts any.
interface IRootsealRegistry is IRootsealErrors, IRootsealEvents {
    /// @notice One root of one institution.
    struct Anchor {
        uint16 keyIndex;
        uint8 reason;
        uint40 time;
        uint40 blockNumber;
        uint40 seq;
        uint40 revokedAt;
        uint32 leaves;
        uint16 endorsedBy;
    }

    /// @notice One key; `seq` and `lastBlock` are the head of its chain.
    struct Key {
        uint32 issuerId;
        uint8 roles;
        uint16 index;
        uint40 notBefore;
        uint40 notAfter;
        uint40 compromisedAt;
        uint40 seq;
        uint40 lastBlock;
    }

    /// @notice One institution with the heads of its two chains.
    struct Issuer {
        uint40 affairsSeq;
        uint40 affairsBlock;
        uint40 statusSeq;
        uint40 statusBlock;
        uint8 state;
        uint8 reason;
        uint40 validUntil;
        uint16 keyCount;
        address admin;
        address nextAdmin;
        bytes32 identifierHash;
        bytes32 documentDigest;
    }

    /// @notice The latest grant for one achievement.
    struct Accreditation {
        uint40 validFrom;
        uint40 validUntil;
        uint40 withdrawnAt;
        uint8 reason;
    }

    // Anchoring: a live ANCHOR key of an active institution whose registration has not run out.

    /// @notice Anchor a root given as the whole data of the transaction: exactly 32 bytes.
    /// @dev Blockcerts verifiers read data and sender only, and not whether the transaction succeeded.
    fallback() external;

    /// @notice Anchor a root, claiming a number of leaves. Also for a root that begins with one of our selectors.
    function anchor(bytes32 root, uint32 leaves) external;

    /// @notice Anchor several roots (at most 256), all or none, each with its own entry.
    function anchorMany(bytes32[] calldata roots) external;

    /// @notice Anchor a root that the key signed for, sent and paid by anybody.
    /// @dev EIP-712 `Anchor(address key,bytes32 root,uint32 leaves,uint40 seq,uint40 deadline)` where seq is the key's
    /// next: once used, or once the key anchors anything else, the signature is void. The last second is `deadline`.
    /// An address with code is asked by EIP-1271, so an account delegated by EIP-7702 cannot sign by ECDSA here.
    function anchorBySig(address key, bytes32 root, uint32 leaves, uint40 deadline, bytes calldata signature) external;

    // Status: a live STATUS key. Entry i of the institution is bit 255-(i mod 256) of word i div 256.

    /// @notice Revoke credentials for ever. Also while the institution is suspended, and after it is closed.
    function revoke(uint64[] calldata words, uint256[] calldata masks, uint8 reason) external;

    /// @notice Suspend credentials until reinstated. Also while the institution is suspended.
    function suspend(uint64[] calldata words, uint256[] calldata masks, uint8 reason) external;

    /// @notice Lift suspensions. A revoked credential stays revoked. Only while the institution is active.
    function reinstate(uint64[] calldata words, uint256[] calldata masks, uint8 reason) external;

    /// @notice Revoke every credential of one of the institution's own batches for ever; as `revoke`.
    function revokeBatch(bytes32 root, uint8 reason) external;

    /// @notice Vouch for a batch that another key of the institution anchored: a live ANCHOR key, institution active.
    /// @dev Not a second anchoring: the batch keeps its time. An endorsement by a key that is compromised by then
    /// counts for nothing; `replaceEndorsement` puts another in its place.
    function endorse(bytes32 root) external;

    /// @notice Put this key's endorsement in the place of one made by a key that is marked as compromised.
    function replaceEndorsement(bytes32 root, address compromisedEndorser) external;

    // Keys: the institution's admin.

    /// @notice Add a key for ever; the institution must be active. An address serves one institution only.
    /// @param notBefore 0 for now; never in the past.
    /// @param notAfter 0 for without end.
    /// @param consent EIP-712 `KeyConsent(address key,uint32 issuerId,uint8 roles,uint40 notBefore,uint40 notAfter)` by
    /// the key, over these very values (a 0 stays 0); ignored when the key is the sender.
    function addKey(
        uint32 issuerId, address key, uint8 roles, uint40 notBefore, uint40 notAfter, bytes calldata consent
    ) external;

    /// @notice Let a key's window end earlier: now (0) or later, never later than before. Also when closed.
    function retireKey(address key, uint40 end) external;

    /// @notice Say that a key has been in other hands since a moment in the past. It can do nothing more, and what it
    /// anchored from that moment on counts only when endorsed. The moment can only move earlier. Also when closed.
    /// @param since 1 for everything it ever anchored.
    function compromiseKey(address key, uint40 since) external;

    // Affairs of an institution that is not closed: its admin.

    /// @notice Record the SHA-256 of the institution's DID document, of its exact bytes.
    function setDocument(uint32 issuerId, bytes32 digest) external;

    /// @notice Propose the next admin; zero withdraws the proposal.
    function proposeAdmin(uint32 issuerId, address next) external;

    /// @notice Take over as admin, having been proposed.
    function acceptAdmin(uint32 issuerId) external;

    // Institutions: the authority or an officer with role REGISTRAR.

    /// @notice Register an institution under the next number.
    /// @param identifier its DID; free, or held by a closed institution.
    /// @param name what to call it.
    /// @param digest SHA-256 of its DID document.
    /// @param validUntil from when on it may no longer anchor; 0 for without end.
    function registerIssuer(
        string calldata identifier, string calldata name, address admin, bytes32 digest, uint40 validUntil
    ) external;

    /// @notice Give an institution another identifier, name or both. Its old identifiers stay reserved for it.
    function renameIssuer(uint32 issuerId, string calldata identifier, string calldata name) external;

    /// @notice Set an institution's standing: 1 active, 2 suspended, 3 closed, which is final.
    /// @dev Any `validUntil` is taken: judge an anchor by the standing at its own block.
    function setStanding(uint32 issuerId, uint8 state, uint8 reason, uint40 validUntil) external;

    /// @notice Name the contract that follows this one.
    function nameSuccessor(address successor) external;

    // Accreditations: the authority or an officer with role ACCREDITOR.

    /// @notice Accredit an institution that is not closed for an achievement; replaces any earlier grant at once.
    /// @param achievement Keccak-256 of the achievement's id in UTF-8.
    /// @param from 0 for now; never in the past.
    /// @param until 0 for without end.
    function accredit(uint32 issuerId, bytes32 achievement, uint40 from, uint40 until) external;

    /// @notice Withdraw the latest grant from now on. What was anchored before keeps its accreditation.
    function withdrawAccreditation(uint32 issuerId, bytes32 achievement, uint8 reason) external;

    // Authority.

    /// @notice Set an officer's roles (1 registrar, 2 accreditor, 3 both, 0 none): the authority only.
    function setOfficer(address officer, uint8 roles) external;

    /// @notice Propose the next authority, who may accept after `delay()` seconds; zero withdraws the proposal.
    function proposeAuthority(address next) external;

    /// @notice Take over, having been proposed. Officers keep their roles until the new authority changes them.
    /// @param expectedPrevious the present authority, so that this function takes an argument and cannot surprise.
    function acceptAuthority(address expectedPrevious) external;

    // Views. What was never written reads as zeros.

    /// @notice The record of a root under an institution.
    function anchorOf(uint32 issuerId, bytes32 root) external view returns (Anchor memory);

    /// @notice The record of a key.
    function keyOf(address key) external view returns (Key memory);

    /// @notice The record of an institution.
    function issuerOf(uint32 issuerId) external view returns (Issuer memory);

    /// @notice The identifier and name as the authority registered them last.
    function namesOf(uint32 issuerId) external view returns (string memory identifier, string memory name);

    /// @notice The number that Keccak-256 of an identifier is bound to, 0 for none.
    function issuerIdOf(bytes32 identifierHash) external view returns (uint32);

    /// @notice 256 entries of both bitmaps.
    function statusWord(uint32 issuerId, uint64 word) external view returns (uint256 revoked, uint256 suspended);

    /// @notice The latest grant for Keccak-256 of an achievement's id.
    function accreditationOf(uint32 issuerId, bytes32 achievement) external view returns (Accreditation memory);

    /// @notice Head of the registry chain, and the number of institutions, which are numbered from 1.
    function registry() external view returns (uint40 seq, uint40 lastBlock, uint32 issuerCount);

    /// @notice The authority, the proposed one, and from when on that may accept.
    function authority() external view returns (address current, address next, uint40 acceptableFrom);

    /// @notice An officer's roles: 1 registrar, 2 accreditor.
    function officerRoles(address officer) external view returns (uint8);

    /// @notice Seconds between proposing an authority and its accepting.
    function delay() external view returns (uint40);

    /// @notice The EIP-712 domain of signed requests (EIP-5267).
    function eip712Domain()
        external
        view
        returns (
            bytes1 fields,
            string memory name,
            string memory version,
            uint256 chainId,
            address verifyingContract,
            bytes32 salt,
            uint256[] memory extensions
        );
}
