-- gate: '' | held (only planned, for now or for good) | approved. `held_objects` counts
-- the large objects of such a plan that nobody has begun to upload.
ALTER TABLE work.flow ADD COLUMN gate text NOT NULL DEFAULT '';
ALTER TABLE work.flow ADD COLUMN held_objects bigint NOT NULL DEFAULT 0;
