-- Who is an identified user, how an id came to be theirs, and which users turned out to be another.

ALTER TABLE users ADD COLUMN identified BOOLEAN;
ALTER TABLE aliases ADD COLUMN how TEXT;

CREATE TABLE identity_merges (
    tenant INTEGER NOT NULL,
    ts TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    user_key BIGINT NOT NULL,
    into_key BIGINT NOT NULL,
    external_id TEXT,
    into_id TEXT
);
