// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Why the registry refuses
/// @notice Every refusal leaves the state as it was.
interface IRootsealErrors {
    // Anchoring.

    /// @notice The data is neither a known call nor exactly 32 bytes.
    error WrongLength(uint256 length);
    /// @notice Zero is not a root.
    error ZeroRoot();
    /// @notice This institution anchored this root before; its record stands as it was written.
    error RootAlreadyAnchored(uint32 issuerId, bytes32 root);
    /// @notice A list is empty or longer than one call may carry.
    error BadCount(uint256 count, uint256 limit);
    /// @notice The signed request may no longer be carried out.
    error SignatureExpired(uint40 deadline);
    /// @notice The signature is not the key's over this request.
    error BadSignature(address key);

    // Keys.

    /// @notice Nobody registered this address as a key.
    error UnknownKey(address key);
    /// @notice The key lacks the role (1 anchor, 2 status).
    error RoleMissing(address key, uint8 role);
    /// @notice The moment is outside the key's window [notBefore, notAfter).
    error KeyNotLive(address key, uint40 notBefore, uint40 notAfter);
    /// @notice The key is known to be in other hands since that moment.
    error KeyIsCompromised(address key, uint40 since);
    /// @notice The key is not marked as compromised.
    error KeyNotCompromised(address key);
    /// @notice The address is a key already, for ever.
    error KeyTaken(address key, uint32 issuerId);
    /// @notice No such role, or none at all.
    error BadRoles(uint8 roles);
    /// @notice The new end is not before the present one.
    error NotShorter(address key, uint40 notAfter);
    /// @notice The new moment of compromise is not before the present one.
    error NotEarlier(address key, uint40 compromisedAt);

    // Institutions.

    /// @notice No institution has this number.
    error UnknownIssuer(uint32 issuerId);
    /// @notice The institution's standing does not allow this.
    error IssuerNotActive(uint32 issuerId, uint8 state);
    /// @notice The institution's registration has run out.
    error IssuerExpired(uint32 issuerId, uint40 validUntil);
    /// @notice A closed institution stays closed.
    error IssuerIsClosed(uint32 issuerId);
    /// @notice Only the institution's admin may do this.
    error NotAdmin(uint32 issuerId, address sender);
    /// @notice Only the proposed admin may accept.
    error NotProposedAdmin(uint32 issuerId, address sender);
    /// @notice The identifier belongs, or once belonged, to an institution that is not closed.
    error IdentifierTaken(bytes32 identifierHash, uint32 issuerId);
    /// @notice An identifier or name is empty or too long, in bytes.
    error BadTextLength(uint256 length, uint256 limit);
    /// @notice No such standing.
    error BadState(uint8 state);

    // Status of credentials and batches.

    /// @notice As many masks as words are needed.
    error LengthMismatch(uint256 words, uint256 masks);
    /// @notice The call would change no bit of this word.
    error NothingChanges(uint64 word);
    /// @notice The institution never anchored this root.
    error UnknownRoot(uint32 issuerId, bytes32 root);
    /// @notice The batch is revoked already.
    error BatchAlreadyRevoked(uint32 issuerId, bytes32 root, uint40 revokedAt);
    /// @notice A key cannot vouch for what it anchored itself.
    error SelfEndorsement(bytes32 root, uint16 keyIndex);
    /// @notice The root is endorsed already.
    error AlreadyEndorsed(bytes32 root, uint16 keyIndex);
    /// @notice The named key is not the one that endorsed the root.
    error NotTheEndorser(bytes32 root, address key);

    // Accreditations.

    /// @notice There is nothing to withdraw.
    error UnknownAccreditation(uint32 issuerId, bytes32 achievement);
    /// @notice The accreditation is withdrawn already.
    error AlreadyWithdrawn(uint32 issuerId, bytes32 achievement, uint40 withdrawnAt);

    // Authority.

    /// @notice Only the authority may do this.
    error NotAuthority(address sender);
    /// @notice Only the authority or an officer with this role may do this.
    error NotOfficer(address sender, uint8 role);
    /// @notice Only the proposed authority may accept.
    error NotProposedAuthority(address sender);
    /// @notice The authority is another than the accepting one believed.
    error AuthorityMoved(address authority);
    /// @notice The delay has not passed.
    error TooEarly(uint40 acceptableFrom);

    // Values.

    /// @notice The zero address stands for nobody.
    error ZeroAddress();
    /// @notice A digest or hash is zero, which stands for none.
    error ZeroDigest();
    /// @notice A beginning or end lies in the past.
    error Backdated(uint40 time, uint40 blockTime);
    /// @notice A moment that must have passed lies in the future, or is zero.
    error NotYet(uint40 time, uint40 blockTime);
    /// @notice The end does not come after the beginning.
    error EmptyWindow(uint40 from, uint40 until);
}
