-- outbox: whom to tell, where no address was named --
SELECT set_config('search_path', 'read_model, ' || current_setting('search_path'), true)
WHERE current_schema() IS DISTINCT FROM 'read_model_rebuild';

ALTER TABLE outbox ADD COLUMN control_plane_id text NOT NULL DEFAULT '',
    ADD COLUMN agreement_id text NOT NULL DEFAULT '';
