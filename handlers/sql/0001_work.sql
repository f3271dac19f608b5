-- What the dispatcher knows of unfinished flows. Rebuildable from the log: a flow's rows
-- live as long as there is something left to do for it.
CREATE SCHEMA work;

CREATE TABLE work.positions (
    name text PRIMARY KEY,
    position bigint NOT NULL
);

-- state: prepared | running | suspended | stopped (final)
CREATE TABLE work.flow (
    data_flow_id text PRIMARY KEY,
    state text NOT NULL,
    moves_data boolean NOT NULL,
    planned boolean NOT NULL DEFAULT false,
    ended boolean NOT NULL DEFAULT false,
    objects bigint NOT NULL DEFAULT 0,
    size_bytes bigint NOT NULL DEFAULT 0,
    failed_objects bigint NOT NULL DEFAULT 0,
    failure_code text,
    failure_detail text
);

-- state: ready | queued | leased | done | failed
CREATE TABLE work.segment (
    data_flow_id text NOT NULL,
    segment_id text NOT NULL,
    kind text NOT NULL,
    object_id text,
    state text NOT NULL DEFAULT 'ready',
    epoch int NOT NULL DEFAULT 1,
    place bigserial,
    PRIMARY KEY (data_flow_id, segment_id)
);
CREATE INDEX segment_by_state ON work.segment (data_flow_id, state, place);
CREATE INDEX segment_by_object ON work.segment (data_flow_id, object_id);

-- Large objects, and the multipart ledger.
-- state: uploading | completing | completed | failed | aborted
CREATE TABLE work.object (
    data_flow_id text NOT NULL,
    object_id text NOT NULL,
    planned jsonb NOT NULL,
    route text NOT NULL,
    upload_id text,
    segments int NOT NULL DEFAULT 0,
    segments_done int NOT NULL DEFAULT 0,
    state text NOT NULL DEFAULT 'uploading',
    PRIMARY KEY (data_flow_id, object_id)
);
CREATE INDEX object_by_state ON work.object (data_flow_id, state);
