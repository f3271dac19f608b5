-- flow_status --
-- One row per data flow: what it is, and what state it is in.
SELECT set_config('search_path', 'read_model, ' || current_setting('search_path'), true)
WHERE current_schema() IS DISTINCT FROM 'read_model_rebuild';

CREATE TABLE flow_status (
    data_flow_id text PRIMARY KEY,
    role text NOT NULL,
    direction text NOT NULL,
    profile text NOT NULL,
    state text NOT NULL,
    participant_id text NOT NULL,
    counter_party_id text NOT NULL,
    agreement_id text NOT NULL,
    dataset_id text NOT NULL,
    source jsonb,
    destination jsonb,
    error_code text,
    error_detail text,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version bigint NOT NULL,
    position bigint NOT NULL,
    -- The position of its first event: unique, and newer flows have larger ones.
    created_position bigint NOT NULL UNIQUE
);

CREATE INDEX flow_status_state ON flow_status (state, created_position);
-- By hash, which takes a value of any length.
CREATE INDEX flow_status_counter_party ON flow_status USING hash (counter_party_id);
