-- tasks --
-- One row per task of a user that is not deleted; pruned some time after it was over.
SELECT set_config('search_path', 'read_model, ' || current_setting('search_path'), true)
WHERE current_schema() IS DISTINCT FROM 'read_model_rebuild';

CREATE TABLE tasks (
    task_id text PRIMARY KEY,
    service text NOT NULL,
    user_id text NOT NULL,
    status text NOT NULL,
    -- What is secret in them was masked before it was recorded.
    inputs jsonb NOT NULL,
    -- The flow that carries it out, of the same id; null: done elsewhere.
    data_flow_id text,
    code text NOT NULL,
    detail text NOT NULL,
    percent double precision,
    submitted_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    ended_at timestamptz,
    -- The latest line of its log.
    last_line text NOT NULL,
    last_line_at timestamptz NOT NULL,
    -- Of its first event, and of its last.
    created_position bigint NOT NULL,
    position bigint NOT NULL
);

CREATE INDEX tasks_created ON tasks (created_position);
CREATE INDEX tasks_of_user ON tasks (service, user_id, created_position);
CREATE INDEX tasks_ended ON tasks (ended_at) WHERE ended_at IS NOT NULL;
