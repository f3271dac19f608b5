-- files --
-- One row per file that was ever stored, and one per upload to the file store (sizes in
-- bytes).
SELECT set_config('search_path', 'read_model, ' || current_setting('search_path'), true)
WHERE current_schema() IS DISTINCT FROM 'read_model_rebuild';

CREATE TABLE files (
    file_id text PRIMARY KEY,
    size_bytes bigint NOT NULL,
    content_type text NOT NULL,
    filename text NOT NULL,
    store text NOT NULL,
    -- Who brought it first, by which upload.
    user_id text NOT NULL,
    upload_id text NOT NULL,
    -- Since it was stored, the first one counted.
    times_uploaded bigint NOT NULL,
    stored_at timestamptz NOT NULL,
    uploaded_at timestamptz NOT NULL,
    -- Set while it is gone.
    deleted_at timestamptz,
    deleted_by text,
    -- Of the event that stored it, and of the last.
    created_position bigint NOT NULL,
    position bigint NOT NULL
);

CREATE INDEX files_created ON files (created_position);

CREATE TABLE uploads (
    upload_id text PRIMARY KEY,
    user_id text NOT NULL,
    protocol text NOT NULL,
    filename text NOT NULL,
    content_type text NOT NULL,
    size_bytes bigint NOT NULL,
    -- Of all chunks but the last; null where they may have any length.
    chunk_size_bytes bigint,
    chunks bigint NOT NULL,
    received_bytes bigint NOT NULL,
    state text NOT NULL,
    -- Why it ended without a file.
    reason text,
    code text,
    file_id text,
    begun_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    ended_at timestamptz,
    created_position bigint NOT NULL,
    position bigint NOT NULL
);

CREATE INDEX uploads_created ON uploads (created_position);
CREATE INDEX uploads_open ON uploads (created_position) WHERE state = 'open';
