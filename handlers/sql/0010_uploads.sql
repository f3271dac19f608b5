-- Resumable uploads that are not over: applied from the log by handlers.files.uploads.rows.

CREATE SCHEMA uploads;

CREATE TABLE uploads.positions (name text PRIMARY KEY, position bigint NOT NULL);

-- `lifetime` is what a chunk gives it again; a sealed one does not expire, it is finished.
CREATE TABLE uploads.unfinished (
    upload_id text PRIMARY KEY,
    lifetime interval NOT NULL,
    expires_at timestamptz NOT NULL,
    sealed boolean NOT NULL DEFAULT false
);

CREATE INDEX unfinished_expires_at ON uploads.unfinished (expires_at);
