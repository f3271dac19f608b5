-- flow_timeline --
-- One row per data flow: when it did what, and how much was copied when (sizes in
-- bytes, in at most 120 buckets of time); and one row per phase that it came to.
SELECT set_config('search_path', 'read_model, ' || current_setting('search_path'), true)
WHERE current_schema() IS DISTINCT FROM 'read_model_rebuild';

CREATE TABLE flow_timeline (
    data_flow_id text PRIMARY KEY,
    created_at timestamptz NOT NULL,
    position bigint NOT NULL,
    state text NOT NULL,
    phase text NOT NULL,
    error_code text,
    waiting_for text,
    held boolean NOT NULL,
    moving boolean NOT NULL,
    segments_total bigint NOT NULL,
    segments_done bigint NOT NULL,
    listing_at timestamptz,
    listed_at timestamptz,
    first_copied_at timestamptz,
    last_copied_at timestamptz,
    ended_at timestamptz,
    -- Of each bucket the bytes and the objects; the first begins at this second.
    bucket_seconds bigint NOT NULL,
    buckets_from bigint NOT NULL,
    buckets jsonb NOT NULL
);

CREATE TABLE flow_phase (
    data_flow_id text NOT NULL,
    -- The event that it began with.
    position bigint NOT NULL,
    phase text NOT NULL,
    reason text,
    until timestamptz,
    began_at timestamptz NOT NULL,
    PRIMARY KEY (data_flow_id, position)
);
