// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ALL_ROLES} from "../Codes.sol";
import {IRootsealRegistry} from "../IRootsealRegistry.sol";
import {IssuerWord} from "../words/IssuerWord.sol";
import {KeyWord, KeyWords} from "../words/KeyWord.sol";
import {RegistryStorage} from "./RegistryStorage.sol";
import {TypedData} from "./TypedData.sol";

/// @title Keys of institutions
abstract contract Keys is RegistryStorage, TypedData {
    bytes32 private constant _CONSENT_TYPE =
        keccak256("KeyConsent(address key,uint32 issuerId,uint8 roles,uint40 notBefore,uint40 notAfter)");

    /// @inheritdoc IRootsealRegistry
    function addKey(
        uint32 issuerId, address key, uint8 roles, uint40 notBefore, uint40 notAfter, bytes calldata consent
    ) external {
        _requireAdmin(issuerId);
        IssuerWord issuer = _active(issuerId);
        require(key != address(0), ZeroAddress());
        require(roles != 0 && roles <= ALL_ROLES, BadRoles(roles));
        require(_keys[key].issuerId() == 0, KeyTaken(key, _keys[key].issuerId()));
        uint40 beginning = _beginning(notBefore, notAfter);
        if (key != msg.sender) {
            bytes32 request = keccak256(abi.encode(_CONSENT_TYPE, key, issuerId, roles, notBefore, notAfter));
            _requireSignature(key, request, consent);
        }
        issuer = issuer.withOneMoreKey();
        _saveKey(key, KeyWords.pack(issuerId, roles, issuer.keyCount(), beginning, notAfter), issuer);
    }

    /// @inheritdoc IRootsealRegistry
    function retireKey(address key, uint40 end) external {
        KeyWord word = _owned(key);
        uint40 notAfter = _beginning(end, 0);
        require(word.notAfter() == 0 || notAfter < word.notAfter(), NotShorter(key, word.notAfter()));
        _saveKey(key, word.withNotAfter(notAfter), _issuers[word.issuerId()].word);
    }

    /// @inheritdoc IRootsealRegistry
    function compromiseKey(address key, uint40 since) external {
        KeyWord word = _owned(key);
        require(since != 0 && since <= block.timestamp, NotYet(since, uint40(block.timestamp)));
        require(word.compromisedAt() == 0 || since < word.compromisedAt(), NotEarlier(key, word.compromisedAt()));
        _saveKey(key, word.withCompromise(since), _issuers[word.issuerId()].word);
    }

    /// A key of the institution whose admin is asking.
    function _owned(address key) private view returns (KeyWord word) {
        word = _keys[key];
        require(word.issuerId() != 0, UnknownKey(key));
        _requireAdmin(word.issuerId());
    }

    function _saveKey(address key, KeyWord word, IssuerWord issuer) private {
        _keys[key] = word;
        _issuers[word.issuerId()].word = issuer.withAffair();
        _emitKeyChanged(key, word, issuer);
    }

    function _emitKeyChanged(address key, KeyWord word, IssuerWord former) private {
        emit KeyChanged(
            word.issuerId(),
            key,
            msg.sender,
            former.affairsSeq() + 1,
            former.affairsBlock(),
            word.index(),
            word.roles(),
            word.notBefore(),
            word.notAfter(),
            word.compromisedAt()
        );
    }
}
