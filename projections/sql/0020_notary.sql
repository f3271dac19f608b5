-- The notary's: no read model, never rebuilt. What stands here is signed.
CREATE SCHEMA notary;

CREATE TABLE notary.positions (
    name text PRIMARY KEY,
    position bigint NOT NULL
);

-- The keys, the first one first. `statement` and `signature` are what others are given;
-- `signature` is that of the key before (64 bytes), then the new key's own (64 bytes).
CREATE TABLE notary.key (
    place bigserial PRIMARY KEY,
    key_id text NOT NULL UNIQUE,
    statement bytea NOT NULL,
    signature bytea NOT NULL
);

-- A row per page of the log. `entries`: per event 8 bytes of position, 32 of digest.
-- The last row grows, and is signed again, until its page is full.
CREATE TABLE notary.seal (
    number bigint PRIMARY KEY,
    last bigint NOT NULL,
    statement bytea NOT NULL,
    signature bytea NOT NULL,
    entries bytea NOT NULL
);
CREATE INDEX seal_by_last ON notary.seal (last);
-- Digests do not compress.
ALTER TABLE notary.seal ALTER COLUMN entries SET STORAGE EXTERNAL;

-- How much the witness has been told: seals up to a number, and of that one so many
-- events; keys up to a place.
CREATE TABLE notary.told (
    what text PRIMARY KEY,
    number bigint NOT NULL,
    count bigint NOT NULL DEFAULT 0
);
