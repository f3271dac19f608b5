-- multipart_ledger --
-- One row per multipart upload that we have begun, or were about to (sizes in bytes).
SELECT set_config('search_path', 'read_model, ' || current_setting('search_path'), true)
WHERE current_schema() IS DISTINCT FROM 'read_model_rebuild';

CREATE TABLE multipart_ledger (
    data_flow_id text NOT NULL,
    -- The planned object's; of an upload through the data door, the upload's own.
    object_id text NOT NULL,
    upload_id text NOT NULL,
    -- As the storage names it; empty while nobody knows whether it has begun one.
    storage_upload_id text NOT NULL,
    by text NOT NULL,
    endpoint text NOT NULL,
    bucket text NOT NULL,
    destination_key text NOT NULL,
    state text NOT NULL,
    code text,
    parts bigint NOT NULL,
    size_bytes bigint NOT NULL,
    created_at timestamptz NOT NULL,
    ended_at timestamptz,
    -- Of its first event, and of its last.
    created_position bigint NOT NULL,
    position bigint NOT NULL,
    PRIMARY KEY (data_flow_id, object_id, upload_id)
);

CREATE INDEX multipart_ledger_created ON multipart_ledger (created_position);
CREATE INDEX multipart_ledger_open ON multipart_ledger (created_position)
WHERE state = 'open';
