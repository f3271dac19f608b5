-- Credentials, sealed with a data key per flow that is itself sealed with the plane's
-- key. Destroying the data key destroys the flow's secrets, in every backup too.
CREATE SCHEMA secret;

CREATE TABLE secret.data_key (
    data_flow_id text PRIMARY KEY,
    sealed_key bytea NOT NULL
);

CREATE TABLE secret.sealed (
    reference text PRIMARY KEY,
    data_flow_id text NOT NULL REFERENCES secret.data_key ON DELETE CASCADE,
    sealed_fields bytea NOT NULL
);
