-- schema --
-- The schema of the read models, and how far each of them has read the log.
-- Like every file here it makes its table in the live schema, unless a rebuild has put
-- its own schema first on the path.
CREATE SCHEMA IF NOT EXISTS read_model;

SELECT set_config('search_path', 'read_model, ' || current_setting('search_path'), true)
WHERE current_schema() IS DISTINCT FROM 'read_model_rebuild';

CREATE TABLE IF NOT EXISTS positions (
    name text PRIMARY KEY,
    position bigint NOT NULL
);
