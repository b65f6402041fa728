-- Who was in a segment when it was frozen.
CREATE TABLE segment_members (
    tenant INTEGER NOT NULL,
    segment VARCHAR NOT NULL,
    version BIGINT NOT NULL,
    user_key BIGINT NOT NULL
);
