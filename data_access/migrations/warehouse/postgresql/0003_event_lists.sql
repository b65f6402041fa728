-- Posting lists of events: their files, and what their codes stand for.

CREATE TABLE event_lists (
    tenant INTEGER NOT NULL,
    place TEXT,
    file TEXT,
    zone TEXT,
    born BIGINT NOT NULL,
    upto_seq BIGINT NOT NULL,
    events BIGINT NOT NULL,
    version BIGINT NOT NULL,
    low BIGINT NOT NULL,
    high BIGINT NOT NULL
);

CREATE TABLE event_list_moves (
    tenant INTEGER NOT NULL,
    user_key BIGINT,
    version BIGINT NOT NULL
);

CREATE TABLE event_visits (
    tenant INTEGER NOT NULL,
    code BIGINT NOT NULL,
    plan TEXT,
    kind TEXT,
    country TEXT,
    channel TEXT,
    source TEXT,
    medium TEXT,
    campaign TEXT,
    region TEXT,
    city TEXT,
    device TEXT,
    os TEXT,
    browser TEXT,
    language TEXT,
    role TEXT
);

CREATE TABLE event_pages (
    tenant INTEGER NOT NULL,
    code BIGINT NOT NULL,
    name TEXT,
    category TEXT,
    page TEXT,
    path TEXT
);

CREATE INDEX event_lists_place ON event_lists (tenant, place);
CREATE INDEX event_visits_code ON event_visits (tenant, code);
CREATE INDEX event_pages_code ON event_pages (tenant, code);
-- What arrived after the lists were written is read from here.
CREATE INDEX events_seq ON events (tenant, seq);
