-- Which unfinished flow owns a destination key, so that no two write it at once. `place`
-- is a hash of endpoint, bucket and key. `owner` is a flow's number: a claim whose flow
-- is not in `work.flow` any more, or is `released`, is void, whoever forgot to delete it.
-- gate may also be: open (approved, and it owns all that it will write).
ALTER TABLE work.flow ADD COLUMN owner bigint GENERATED ALWAYS AS IDENTITY UNIQUE;
ALTER TABLE work.flow ADD COLUMN released boolean NOT NULL DEFAULT false;

CREATE TABLE work.claim (
    place uuid PRIMARY KEY,
    owner bigint NOT NULL
);
CREATE INDEX claim_by_owner ON work.claim (owner);
