-- Who was in a segment when it was frozen.
CREATE TABLE segment_members (
    tenant INTEGER NOT NULL,
    segment TEXT NOT NULL,
    version BIGINT NOT NULL,
    user_key BIGINT NOT NULL
);
CREATE INDEX segment_members_segment ON segment_members (tenant, segment, version);
