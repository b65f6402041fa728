-- page_load, by month
SELECT latency.bucket AS bucket, max(latency.p75) AS page_load
FROM (SELECT ranked.bucket AS bucket, min(CASE WHEN (ranked.below >= 0.5 * ranked.total) THEN power(1.01, ranked.bucket_ms + 0.5) END) AS p50, min(CASE WHEN (ranked.below >= 0.75 * ranked.total) THEN power(1.01, ranked.bucket_ms + 0.5) END) AS p75, min(CASE WHEN (ranked.below >= 0.95 * ranked.total) THEN power(1.01, ranked.bucket_ms + 0.5) END) AS p95, min(CASE WHEN (ranked.below >= 0.99 * ranked.total) THEN power(1.01, ranked.bucket_ms + 0.5) END) AS p99
FROM (SELECT counted.bucket AS bucket, counted.bucket_ms AS bucket_ms, sum(counted.n) OVER (PARTITION BY counted.bucket ORDER BY counted.bucket_ms) AS below, sum(counted.n) OVER (PARTITION BY counted.bucket) AS total
FROM (SELECT CAST(date_trunc('month', CAST(timed.day AS TIMESTAMP WITHOUT TIME ZONE)) AS DATE) AS bucket, timed.bucket_ms AS bucket_ms, sum(timed.requests) AS n
FROM (SELECT rollup_latency.tenant AS tenant, rollup_latency.day AS day, rollup_latency.requests AS requests, rollup_latency.name AS page, rollup_latency.hour AS ts, rollup_latency.bucket AS bucket_ms
FROM rollup_latency
WHERE rollup_latency.source = 'page') AS timed
WHERE timed.tenant = 7 AND timed.day < '2026-04-01' AND timed.day >= '2026-01-01' GROUP BY CAST(date_trunc('month', CAST(timed.day AS TIMESTAMP WITHOUT TIME ZONE)) AS DATE), timed.bucket_ms) AS counted) AS ranked GROUP BY ranked.bucket) AS latency GROUP BY latency.bucket
 LIMIT 50001;

-- page_load, the whole period, two countries, by plan
SELECT latency.plan AS plan, max(latency.p75) AS page_load
FROM (SELECT ranked.plan AS plan, min(CASE WHEN (ranked.below >= 0.5 * ranked.total) THEN power(1.01, ranked.bucket_ms + 0.5) END) AS p50, min(CASE WHEN (ranked.below >= 0.75 * ranked.total) THEN power(1.01, ranked.bucket_ms + 0.5) END) AS p75, min(CASE WHEN (ranked.below >= 0.95 * ranked.total) THEN power(1.01, ranked.bucket_ms + 0.5) END) AS p95, min(CASE WHEN (ranked.below >= 0.99 * ranked.total) THEN power(1.01, ranked.bucket_ms + 0.5) END) AS p99
FROM (SELECT counted.plan AS plan, counted.bucket_ms AS bucket_ms, sum(counted.n) OVER (PARTITION BY counted.plan ORDER BY counted.bucket_ms) AS below, sum(counted.n) OVER (PARTITION BY counted.plan) AS total
FROM (SELECT coalesce(CAST(timed.plan AS TEXT), '') AS plan, timed.bucket_ms AS bucket_ms, sum(timed.requests) AS n
FROM (SELECT events.tenant AS tenant, events.id AS id, events.ts AS ts, events.day AS day, events.seq AS seq, events.received_at AS received_at, events.name AS name, events.category AS category, events.session_key AS session_key, events.user_key AS user_key, events.account_key AS account_key, events.plan AS plan, events.kind AS kind, events.country AS country, events.channel AS channel, events.page AS page, events.action AS action, events.label AS label, events.title AS title, events.path AS path, events.search AS search, events.referrer AS referrer, events.source AS source, events.medium AS medium, events.campaign AS campaign, events.term AS term, events.content AS content, events.region AS region, events.city AS city, events.device AS device, events.os AS os, events.os_version AS os_version, events.browser AS browser, events.browser_version AS browser_version, events.language AS language, events.screen AS screen, events.is_new_user AS is_new_user, events.is_new_session AS is_new_session, events.role AS role, events.duration_ms AS duration_ms, events.value_minor AS value_minor, events.currency AS currency, events.value_base_minor AS value_base_minor, events.properties AS properties, CAST(floor(ln(greatest(events.duration_ms, 0.001)) / CAST(ln(1.01) AS NUMERIC)) AS BIGINT) AS bucket_ms, 1 AS requests
FROM events
WHERE events.duration_ms IS NOT NULL AND events.name = 'page_view') AS timed
WHERE timed.tenant = 7 AND timed.day < '2026-04-01' AND timed.day >= '2026-01-01' AND timed.country IN ('FR', 'BE') GROUP BY coalesce(CAST(timed.plan AS TEXT), ''), timed.bucket_ms) AS counted) AS ranked GROUP BY ranked.plan) AS latency GROUP BY latency.plan
 LIMIT 50001;
