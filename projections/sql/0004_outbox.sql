-- outbox --
-- One row per callback that a control plane is owed, or was.
SELECT set_config('search_path', 'read_model, ' || current_setting('search_path'), true)
WHERE current_schema() IS DISTINCT FROM 'read_model_rebuild';

CREATE TABLE outbox (
    data_flow_id text NOT NULL,
    sequence bigint NOT NULL,
    kind text NOT NULL,
    -- The id of the event that it tells of: a callback is known by it.
    about uuid NOT NULL UNIQUE,
    message_id text NOT NULL,
    callback_address text NOT NULL,
    body jsonb NOT NULL,
    state text NOT NULL,
    attempts bigint NOT NULL,
    last_error text,
    next_attempt_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    position bigint NOT NULL,
    PRIMARY KEY (data_flow_id, sequence)
);

CREATE INDEX outbox_pending ON outbox (next_attempt_at) WHERE state = 'pending';
