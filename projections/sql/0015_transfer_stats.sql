-- transfer_stats --
-- What was moved, per data flow and day (UTC), with whose it is (sizes in bytes).
SELECT set_config('search_path', 'read_model, ' || current_setting('search_path'), true)
WHERE current_schema() IS DISTINCT FROM 'read_model_rebuild';

CREATE TABLE transfer_stats (
    data_flow_id text NOT NULL,
    day date NOT NULL,
    agreement_id text NOT NULL,
    counter_party_id text NOT NULL,
    size_bytes bigint NOT NULL,
    objects bigint NOT NULL,
    objects_failed bigint NOT NULL,
    flows_begun bigint NOT NULL,
    flows_completed bigint NOT NULL,
    flows_terminated bigint NOT NULL,
    position bigint NOT NULL,
    PRIMARY KEY (data_flow_id, day)
);

CREATE INDEX transfer_stats_day ON transfer_stats (day);

-- Whose each data flow is.
CREATE TABLE transfer_stats_flow (
    data_flow_id text PRIMARY KEY,
    agreement_id text NOT NULL,
    counter_party_id text NOT NULL
);
