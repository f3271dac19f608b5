-- flow_status: whose flow it is --
SELECT set_config('search_path', 'read_model, ' || current_setting('search_path'), true)
WHERE current_schema() IS DISTINCT FROM 'read_model_rebuild';

ALTER TABLE flow_status ADD COLUMN control_plane_id text NOT NULL DEFAULT '';
