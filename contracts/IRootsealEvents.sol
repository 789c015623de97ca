// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title The registry's records for auditors
/// @notice Every event is one entry of exactly one chain. `seq` counts the chain's entries from 1; `prevBlock` is the
/// block of the entry before (0 for the first; the same block if both stand in one). The newest entry's number and
/// block are in storage, so a walk from there down to 1 either finds every entry or shows which one is withheld.
/// @dev What this does not protect against: a node that invents the *contents* of an entry. Sequence and links show
/// what is missing; a receipt proof, a storage comparison or a second endpoint shows what is altered.
interface IRootsealEvents {
    // Chain of one key; head in `keyOf(key)`.

    /// @notice A root was anchored. `leaves` is the institution's claim, 0 when not said.
    event Anchored(
        address indexed key, uint32 indexed issuerId, bytes32 indexed root, uint40 seq, uint40 prevBlock, uint32 leaves
    );

    // Status chain of one institution; head in `issuerOf(issuerId)`: statusSeq, statusBlock.

    /// @notice Bits of one word changed: `change` 0 revoked, 1 suspended, 2 reinstated; `bits` are those that changed.
    event StatusChanged(
        uint32 indexed issuerId,
        uint64 indexed word,
        address indexed by,
        uint40 seq,
        uint40 prevBlock,
        uint8 change,
        uint8 reason,
        uint256 bits
    );
    /// @notice Every credential of a batch was revoked at once.
    event BatchRevoked(
        uint32 indexed issuerId, bytes32 indexed root, address indexed by, uint40 seq, uint40 prevBlock, uint8 reason
    );
    /// @notice Another ANCHOR key of the institution vouches for a root.
    event BatchEndorsed(
        uint32 indexed issuerId, bytes32 indexed root, address indexed by, uint40 seq, uint40 prevBlock, uint16 keyIndex
    );

    // Affairs chain of one institution; head in `issuerOf(issuerId)`: affairsSeq, affairsBlock. Each entry is a full
    // snapshot of what it is about, so the last one at or before a block is the state at that block.

    /// @notice Standing, admin, identifier or DID document of an institution.
    event IssuerChanged(
        uint32 indexed issuerId,
        address indexed by,
        uint40 seq,
        uint40 prevBlock,
        uint8 state,
        uint8 reason,
        uint40 validUntil,
        address admin,
        address nextAdmin,
        bytes32 identifierHash,
        bytes32 documentDigest
    );
    /// @notice Roles, window and compromise of a key.
    event KeyChanged(
        uint32 indexed issuerId,
        address indexed key,
        address indexed by,
        uint40 seq,
        uint40 prevBlock,
        uint16 index,
        uint8 roles,
        uint40 notBefore,
        uint40 notAfter,
        uint40 compromisedAt
    );
    /// @notice The latest grant for one achievement, named by Keccak-256 of its id. It replaces any earlier grant.
    event AccreditationChanged(
        uint32 indexed issuerId,
        bytes32 indexed achievement,
        address indexed by,
        uint40 seq,
        uint40 prevBlock,
        uint40 validFrom,
        uint40 validUntil,
        uint40 withdrawnAt,
        uint8 reason
    );

    // Registry chain; head in `registry()`.

    /// @notice An institution's number was bound to an identifier and a name.
    event IssuerNamed(
        uint32 indexed issuerId,
        bytes32 indexed identifierHash,
        address indexed by,
        uint40 seq,
        uint40 prevBlock,
        string identifier,
        string name
    );
    /// @notice The authority, and who may take over from when on. The constructor writes entry 1.
    event AuthorityChanged(
        address indexed authority,
        address indexed nextAuthority,
        address indexed by,
        uint40 seq,
        uint40 prevBlock,
        uint40 acceptableFrom
    );
    /// @notice An officer's roles: 1 registrar, 2 accreditor, 0 none.
    event OfficerChanged(address indexed officer, address indexed by, uint40 seq, uint40 prevBlock, uint8 roles);
    /// @notice The contract that follows this one. This one goes on working; verifiers decide whom they follow.
    event SuccessorNamed(address indexed successor, address indexed by, uint40 seq, uint40 prevBlock);
}
