-- Whose share a flow uses, how urgent it is, and when it may copy: `timing` is NULL where
-- nothing was said. `deferred_until`: it stands still, because it is not the time.
ALTER TABLE work.flow ADD COLUMN tenant text NOT NULL DEFAULT '';
ALTER TABLE work.flow ADD COLUMN priority int NOT NULL DEFAULT 3;
ALTER TABLE work.flow ADD COLUMN timing jsonb;
ALTER TABLE work.flow ADD COLUMN deferred_until timestamptz;
ALTER TABLE work.flow ADD COLUMN deadline_missed boolean NOT NULL DEFAULT false;

-- What may be queued, and the few that are: neither grows with what is done.
CREATE INDEX segment_ready ON work.segment (data_flow_id, kind, place)
    WHERE state = 'ready';
CREATE INDEX segment_in_hand ON work.segment (data_flow_id)
    WHERE state IN ('queued', 'leased');
-- The large objects whose parts are all there.
CREATE INDEX object_uploaded ON work.object (data_flow_id)
    WHERE state = 'uploading' AND segments_done = segments;
