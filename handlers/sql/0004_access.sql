-- Tokens that were used, so that none is used twice. `token` is a hash.
CREATE SCHEMA access;

CREATE TABLE access.used_token (
    token bytea PRIMARY KEY,
    expires_at timestamptz NOT NULL
);
CREATE INDEX used_token_by_expiry ON access.used_token (expires_at);

-- Which control planes there may be, by each name that a token may give them. It only
-- says in which streams to look: what is registered, and how, these tell.
CREATE TABLE access.control_plane_name (
    name text NOT NULL,
    control_plane_id text NOT NULL,
    PRIMARY KEY (name, control_plane_id)
);
