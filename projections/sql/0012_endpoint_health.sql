-- endpoint_health --
-- One row per storage endpoint of which something was seen, and one per pair of them
-- between which copying has found how many at once help.
SELECT set_config('search_path', 'read_model, ' || current_setting('search_path'), true)
WHERE current_schema() IS DISTINCT FROM 'read_model_rebuild';

CREATE TABLE endpoint_health (
    endpoint text PRIMARY KEY,
    -- By name, whether it can.
    capabilities jsonb NOT NULL,
    learned_at timestamptz,
    -- What the worker that spoke last told of its circuit, and of its pace.
    circuit text NOT NULL,
    circuit_reason text,
    circuit_at timestamptz,
    requests_at_once bigint,
    pace_reason text,
    paced_at timestamptz,
    position bigint NOT NULL
);

CREATE TABLE endpoint_pair (
    source text NOT NULL,
    destination text NOT NULL,
    requests_at_once bigint NOT NULL,
    reason text NOT NULL,
    requests_per_second double precision NOT NULL,
    bytes_per_second double precision NOT NULL,
    worker text NOT NULL,
    tuned_at timestamptz NOT NULL,
    position bigint NOT NULL,
    PRIMARY KEY (source, destination)
);
