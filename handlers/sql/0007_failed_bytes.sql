-- What the failed objects of packs would have been; large ones have rows that tell.
ALTER TABLE work.flow ADD COLUMN failed_bytes bigint NOT NULL DEFAULT 0;
