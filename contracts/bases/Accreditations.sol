// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ACCREDITOR} from "../Codes.sol";
import {IRootsealRegistry} from "../IRootsealRegistry.sol";
import {IssuerWord} from "../words/IssuerWord.sol";
import {Authorities} from "./Authorities.sol";

/// @title Accreditations of institutions for achievements
abstract contract Accreditations is Authorities {
    /// @inheritdoc IRootsealRegistry
    function accredit(uint32 issuerId, bytes32 achievement, uint40 from, uint40 until) external {
        _requireOfficer(ACCREDITOR);
        IssuerWord issuer = _open(issuerId);
        require(achievement != 0, ZeroDigest());
        Accreditation memory grant = Accreditation(_beginning(from, until), until, 0, 0);
        _saveAccreditation(issuerId, achievement, grant, issuer);
    }

    /// @inheritdoc IRootsealRegistry
    function withdrawAccreditation(uint32 issuerId, bytes32 achievement, uint8 reason) external {
        _requireOfficer(ACCREDITOR);
        Accreditation memory grant = _accreditations[issuerId][achievement];
        require(grant.validFrom != 0, UnknownAccreditation(issuerId, achievement));
        require(grant.withdrawnAt == 0, AlreadyWithdrawn(issuerId, achievement, grant.withdrawnAt));
        grant.withdrawnAt = uint40(block.timestamp);
        grant.reason = reason;
        _saveAccreditation(issuerId, achievement, grant, _issuers[issuerId].word);
    }

    function _saveAccreditation(uint32 issuerId, bytes32 achievement, Accreditation memory grant, IssuerWord issuer)
        private
    {
        _accreditations[issuerId][achievement] = grant;
        _issuers[issuerId].word = issuer.withAffair();
        emit AccreditationChanged(
            issuerId,
            achievement,
            msg.sender,
            issuer.affairsSeq() + 1,
            issuer.affairsBlock(),
            grant.validFrom,
            grant.validUntil,
            grant.withdrawnAt,
            grant.reason
        );
    }
}
