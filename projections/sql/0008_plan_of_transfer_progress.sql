-- transfer_progress: what is left out, what it costs, and whether it waits --
SELECT set_config('search_path', 'read_model, ' || current_setting('search_path'), true)
WHERE current_schema() IS DISTINCT FROM 'read_model_rebuild';

ALTER TABLE transfer_progress ADD COLUMN skipped jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN requests_total bigint NOT NULL DEFAULT 0,
    ADD COLUMN plan text NOT NULL DEFAULT 'run',
    ADD COLUMN approved boolean NOT NULL DEFAULT false;
