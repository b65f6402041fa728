-- ai_latency, by month
SELECT latency.bucket AS bucket, max(latency.p50) AS ai_latency
FROM (SELECT ranked.bucket AS bucket, min(CASE WHEN (ranked.below >= 0.5 * ranked.total) THEN power(1.01, ranked.bucket_ms + 0.5) END) AS p50, min(CASE WHEN (ranked.below >= 0.75 * ranked.total) THEN power(1.01, ranked.bucket_ms + 0.5) END) AS p75, min(CASE WHEN (ranked.below >= 0.95 * ranked.total) THEN power(1.01, ranked.bucket_ms + 0.5) END) AS p95, min(CASE WHEN (ranked.below >= 0.99 * ranked.total) THEN power(1.01, ranked.bucket_ms + 0.5) END) AS p99
FROM (SELECT counted.bucket AS bucket, counted.bucket_ms AS bucket_ms, sum(counted.n) OVER (PARTITION BY counted.bucket ORDER BY counted.bucket_ms) AS below, sum(counted.n) OVER (PARTITION BY counted.bucket) AS total
FROM (SELECT CAST(date_trunc('month', CAST(timed.day AS TIMESTAMP WITHOUT TIME ZONE)) AS DATE) AS bucket, timed.bucket_ms AS bucket_ms, sum(timed.requests) AS n
FROM (SELECT rollup_latency.tenant AS tenant, rollup_latency.day AS day, rollup_latency.requests AS requests, rollup_latency.name AS model, rollup_latency.hour AS ts, rollup_latency.bucket AS bucket_ms
FROM rollup_latency
WHERE rollup_latency.source = 'ai') AS timed
WHERE timed.tenant = 7 AND timed.day < '2026-04-01' AND timed.day >= '2026-01-01' GROUP BY CAST(date_trunc('month', CAST(timed.day AS TIMESTAMP WITHOUT TIME ZONE)) AS DATE), timed.bucket_ms) AS counted) AS ranked GROUP BY ranked.bucket) AS latency GROUP BY latency.bucket
 LIMIT 50001;

-- ai_latency, the whole period, two countries, by plan
SELECT latency.plan AS plan, max(latency.p50) AS ai_latency
FROM (SELECT ranked.plan AS plan, min(CASE WHEN (ranked.below >= 0.5 * ranked.total) THEN power(1.01, ranked.bucket_ms + 0.5) END) AS p50, min(CASE WHEN (ranked.below >= 0.75 * ranked.total) THEN power(1.01, ranked.bucket_ms + 0.5) END) AS p75, min(CASE WHEN (ranked.below >= 0.95 * ranked.total) THEN power(1.01, ranked.bucket_ms + 0.5) END) AS p95, min(CASE WHEN (ranked.below >= 0.99 * ranked.total) THEN power(1.01, ranked.bucket_ms + 0.5) END) AS p99
FROM (SELECT counted.plan AS plan, counted.bucket_ms AS bucket_ms, sum(counted.n) OVER (PARTITION BY counted.plan ORDER BY counted.bucket_ms) AS below, sum(counted.n) OVER (PARTITION BY counted.plan) AS total
FROM (SELECT coalesce(CAST(timed.plan AS TEXT), '') AS plan, timed.bucket_ms AS bucket_ms, sum(timed.requests) AS n
FROM (SELECT ai_generations.tenant AS tenant, ai_generations.id AS id, ai_generations.ts AS ts, ai_generations.day AS day, ai_generations.conversation_id AS conversation_id, ai_generations.provider AS provider, ai_generations.model AS model, ai_generations.prompt_template AS prompt_template, ai_generations.prompt_version AS prompt_version, ai_generations.input_tokens AS input_tokens, ai_generations.output_tokens AS output_tokens, ai_generations.cost_minor AS cost_minor, ai_generations.currency AS currency, ai_generations.cost_base_minor AS cost_base_minor, ai_generations.latency_ms AS latency_ms, ai_generations.quality AS quality, ai_generations.status AS status, ai_generations.session_key AS session_key, ai_generations.user_key AS user_key, ai_generations.account_key AS account_key, ai_generations.plan AS plan, ai_generations.kind AS kind, ai_generations.country AS country, ai_generations.channel AS channel, CAST(floor(ln(greatest(ai_generations.latency_ms, 0.001)) / ln(1.01)) AS BIGINT) AS bucket_ms, 1 AS requests
FROM ai_generations
WHERE ai_generations.latency_ms IS NOT NULL) AS timed
WHERE timed.tenant = 7 AND timed.day < '2026-04-01' AND timed.day >= '2026-01-01' AND timed.country IN ('FR', 'BE') GROUP BY coalesce(CAST(timed.plan AS TEXT), ''), timed.bucket_ms) AS counted) AS ranked GROUP BY ranked.plan) AS latency GROUP BY latency.plan
 LIMIT 50001;
