-- transfer_progress: how fast it went lately, and what it waits for --
SELECT set_config('search_path', 'read_model, ' || current_setting('search_path'), true)
WHERE current_schema() IS DISTINCT FROM 'read_model_rebuild';

ALTER TABLE transfer_progress ADD COLUMN recent jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN waiting_for text,
    ADD COLUMN waiting_until timestamptz;
