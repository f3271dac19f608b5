-- transfer_progress --
-- One row per data flow: how much of its copying is done (sizes in bytes).
SELECT set_config('search_path', 'read_model, ' || current_setting('search_path'), true)
WHERE current_schema() IS DISTINCT FROM 'read_model_rebuild';

CREATE TABLE transfer_progress (
    data_flow_id text PRIMARY KEY,
    state text NOT NULL,
    phase text NOT NULL,
    error_code text,
    listing_complete boolean NOT NULL,
    transfer_complete boolean NOT NULL,
    objects_total bigint NOT NULL,
    objects_copied bigint NOT NULL,
    objects_failed bigint NOT NULL,
    bytes_total bigint NOT NULL,
    bytes_copied bigint NOT NULL,
    parts_total bigint NOT NULL,
    parts_copied bigint NOT NULL,
    segments_total bigint NOT NULL,
    segments_done bigint NOT NULL,
    segments_failed bigint NOT NULL,
    leases bigint NOT NULL,
    repeated_leases bigint NOT NULL,
    started_at timestamptz,
    updated_at timestamptz NOT NULL,
    finished_at timestamptz,
    position bigint NOT NULL
);

-- Each object that failed, once, with the first reason.
CREATE TABLE transfer_failures (
    data_flow_id text,
    object_id text,
    code text NOT NULL,
    detail text NOT NULL,
    position bigint NOT NULL,
    PRIMARY KEY (data_flow_id, object_id)
);
