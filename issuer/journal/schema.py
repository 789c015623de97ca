"""Tables of the journal. Nothing in them says who a learner is."""

from typing import Final

JOURNAL_VERSION: Final = 1

TABLES: Final = """
CREATE TABLE home (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;

CREATE TABLE batch (
    id INTEGER PRIMARY KEY,
    inputs BLOB NOT NULL,           -- digest of input, issuer and network
    number INTEGER NOT NULL,        -- 1, and one more for each knowing re-issue of the input
    scope TEXT NOT NULL,            -- network and registry
    count INTEGER NOT NULL,
    UNIQUE (inputs, number)
) STRICT;

CREATE TABLE folder (path TEXT PRIMARY KEY, batch INTEGER NOT NULL REFERENCES batch) STRICT;

CREATE TABLE step (
    batch INTEGER NOT NULL REFERENCES batch,
    attempt INTEGER NOT NULL,       -- 0 before the first plan
    name TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (batch, attempt, name)
) STRICT;

CREATE TABLE plan (
    batch INTEGER NOT NULL REFERENCES batch,
    attempt INTEGER NOT NULL,
    seed BLOB NOT NULL,
    moment TEXT NOT NULL,
    account BLOB NOT NULL,
    nonce INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    list INTEGER NOT NULL,
    start INTEGER NOT NULL,
    size INTEGER NOT NULL,
    status_base TEXT NOT NULL,
    anchor_method TEXT NOT NULL,    -- methods of the DID document that the proofs name
    signing_method TEXT NOT NULL,
    dropped TEXT,                   -- why, where another plan follows
    PRIMARY KEY (batch, attempt)
) STRICT;

CREATE TABLE fill_mark (
    scope TEXT NOT NULL,
    account BLOB NOT NULL,
    list INTEGER NOT NULL,
    fill INTEGER NOT NULL,          -- first place never planned; it never falls
    PRIMARY KEY (scope, account, list)
) STRICT;

CREATE TABLE released (
    scope TEXT NOT NULL,
    account BLOB NOT NULL,
    seq INTEGER NOT NULL,
    list INTEGER NOT NULL,
    PRIMARY KEY (scope, account)
) STRICT;

CREATE TABLE entry (
    batch INTEGER NOT NULL REFERENCES batch,
    attempt INTEGER NOT NULL,
    position INTEGER NOT NULL,      -- in the input, from 0
    credential TEXT NOT NULL,       -- urn:uuid:…, random
    status_index INTEGER NOT NULL,  -- place from the begin of the plan's list
    leaf BLOB NOT NULL,
    signature BLOB,
    PRIMARY KEY (batch, attempt, position)
) STRICT;
CREATE INDEX entry_by_credential ON entry (credential);

CREATE TABLE operation (
    id INTEGER PRIMARY KEY,
    scope TEXT NOT NULL,
    account BLOB NOT NULL,
    nonce INTEGER NOT NULL,
    recipient BLOB,                 -- null creates a contract
    value_wei TEXT NOT NULL,
    gas INTEGER NOT NULL,
    data BLOB NOT NULL,
    batch INTEGER REFERENCES batch, -- what it anchors or withdraws, if anything
    attempt INTEGER,
    outcome TEXT                    -- null while the chain has not decided
) STRICT;
CREATE INDEX operation_by_account ON operation (scope, account);

CREATE TABLE signed_transaction (
    hash BLOB PRIMARY KEY,
    operation INTEGER NOT NULL REFERENCES operation,
    raw BLOB NOT NULL,
    fee_wei TEXT NOT NULL,          -- highest fee per gas: may pass 63 bits
    priority_fee_wei TEXT NOT NULL
) STRICT;

CREATE TABLE anchor (
    batch INTEGER NOT NULL REFERENCES batch,
    attempt INTEGER NOT NULL,
    root BLOB NOT NULL,
    hash BLOB NOT NULL,             -- of the transaction
    block INTEGER NOT NULL,
    block_hash BLOB NOT NULL,
    block_time TEXT NOT NULL,
    seq INTEGER NOT NULL,
    evidence TEXT,                  -- captured at issue, for evidence.json
    PRIMARY KEY (batch, attempt)
) STRICT;
"""
