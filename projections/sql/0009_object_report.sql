-- object_report --
-- One row per object that has its outcome, in the order of the log (sizes in bytes).
SELECT set_config('search_path', 'read_model, ' || current_setting('search_path'), true)
WHERE current_schema() IS DISTINCT FROM 'read_model_rebuild';

CREATE TABLE object_report (
    data_flow_id text NOT NULL,
    -- The event that tells of it, and the object's place in that event.
    position bigint NOT NULL,
    place integer NOT NULL,
    outcome text NOT NULL,
    object_id text NOT NULL,
    key text NOT NULL,
    version_id text,
    destination_key text NOT NULL,
    size_bytes bigint NOT NULL,
    etag text NOT NULL,
    destination_etag text,
    route text,
    verdict text,
    verdict_reason text,
    crc64nvme text,
    -- NULL: it went in one piece.
    parts integer,
    adopted boolean NOT NULL,
    error_code text,
    error_detail text,
    worker text NOT NULL,
    segment_id text NOT NULL,
    started_at timestamptz,
    ended_at timestamptz NOT NULL,
    PRIMARY KEY (data_flow_id, position, place)
);

CREATE INDEX object_report_not_copied ON object_report (data_flow_id, position, place)
WHERE outcome <> 'copied';
-- A large object may be given up by several of its segments, and has one outcome.
CREATE INDEX object_report_large ON object_report (data_flow_id, object_id)
WHERE parts IS NOT NULL;

-- Leases after a segment's first. `owner`: the segment, or the large object it is of.
CREATE TABLE object_report_retry (
    data_flow_id text,
    owner text,
    position bigint,
    PRIMARY KEY (data_flow_id, owner, position)
);

-- What the rows of a flow add up to.
CREATE TABLE object_report_total (
    data_flow_id text PRIMARY KEY,
    copied bigint NOT NULL,
    failed bigint NOT NULL,
    skipped jsonb NOT NULL,
    bytes_copied bigint NOT NULL,
    bytes_failed bigint NOT NULL,
    verdicts jsonb NOT NULL,
    first_at timestamptz,
    last_at timestamptz
);
