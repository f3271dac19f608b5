-- history_index --
-- Which stretches of the log (500 positions each) hold events of a data flow.
SELECT set_config('search_path', 'read_model, ' || current_setting('search_path'), true)
WHERE current_schema() IS DISTINCT FROM 'read_model_rebuild';

CREATE TABLE history_index (
    data_flow_id text,
    stretch bigint,
    PRIMARY KEY (data_flow_id, stretch)
);
