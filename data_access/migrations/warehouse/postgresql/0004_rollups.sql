-- What no question reads and every batch would have to keep.
ALTER TABLE rollup_user_day DROP COLUMN page_views, DROP COLUMN first_of_day, DROP COLUMN prev_day;

-- Events by hour and by page, sessions by length: `vigie rollup` fills them from what is there.
CREATE TABLE rollup_event_hour (
    tenant INTEGER NOT NULL,
    day DATE NOT NULL,
    hour TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    country TEXT,
    device TEXT,
    channel TEXT,
    plan TEXT,
    kind TEXT,
    events BIGINT,
    page_views BIGINT
);

CREATE TABLE rollup_page_day (
    tenant INTEGER NOT NULL,
    day DATE NOT NULL,
    page TEXT,
    country TEXT,
    device TEXT,
    channel TEXT,
    plan TEXT,
    kind TEXT,
    events BIGINT,
    page_views BIGINT
);

CREATE TABLE rollup_session_day (
    tenant INTEGER NOT NULL,
    day DATE NOT NULL,
    country TEXT,
    device TEXT,
    channel TEXT,
    plan TEXT,
    kind TEXT,
    single BOOLEAN NOT NULL,
    band BIGINT NOT NULL,
    sessions BIGINT,
    page_views BIGINT,
    duration_s DOUBLE PRECISION
);

CREATE INDEX rollup_event_hour_day ON rollup_event_hour (tenant, day);
CREATE INDEX rollup_page_day_day ON rollup_page_day (tenant, day);
CREATE INDEX rollup_session_day_day ON rollup_session_day (tenant, day);
