-- transfer_progress: what is deleted at the destination, and why it is not --
SELECT set_config('search_path', 'read_model, ' || current_setting('search_path'), true)
WHERE current_schema() IS DISTINCT FROM 'read_model_rebuild';

ALTER TABLE transfer_progress ADD COLUMN deletes_total bigint NOT NULL DEFAULT 0,
    ADD COLUMN deletes_digest text NOT NULL DEFAULT '',
    ADD COLUMN deletes_withheld text,
    ADD COLUMN objects_deleted bigint NOT NULL DEFAULT 0;
