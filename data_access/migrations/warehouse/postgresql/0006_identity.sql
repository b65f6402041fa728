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

CREATE INDEX aliases_user_key ON aliases (tenant, user_key);
CREATE INDEX identity_merges_into_key ON identity_merges (tenant, into_key);

-- One person's facts, to be read on their page and moved when they turn out to be another.
CREATE INDEX conversions_user_key_day ON conversions (tenant, user_key, day);
CREATE INDEX form_errors_user_key_day ON form_errors (tenant, user_key, day);
CREATE INDEX subscriptions_user_key_day ON subscriptions (tenant, user_key, day);
CREATE INDEX payments_user_key_day ON payments (tenant, user_key, day);
CREATE INDEX ai_generations_user_key_day ON ai_generations (tenant, user_key, day);
CREATE INDEX conversations_user_key_day ON conversations (tenant, user_key, day);
CREATE INDEX api_requests_user_key_day ON api_requests (tenant, user_key, day);
CREATE INDEX error_logs_user_key_day ON error_logs (tenant, user_key, day);
CREATE INDEX exposures_user_key_day ON exposures (tenant, user_key, day);
CREATE INDEX bookings_user_key_day ON bookings (tenant, user_key, day);
CREATE INDEX calls_user_key_day ON calls (tenant, user_key, day);
