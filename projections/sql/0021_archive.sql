-- The archive of finished flows: no read model, never rebuilt.
CREATE SCHEMA archive;

-- What was moved. `event_position` is that of the record in the log, which is signed.
CREATE TABLE archive.flow (
    data_flow_id text PRIMARY KEY,
    place text NOT NULL,
    digest text NOT NULL,
    event_position bigint NOT NULL
);

-- The key of each flow's archive, sealed by the archive's own. Gone: shredded.
CREATE TABLE archive.key (
    data_flow_id text PRIMARY KEY,
    sealed_key bytea NOT NULL
);
