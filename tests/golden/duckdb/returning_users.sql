-- returning_users, by month
SELECT lifecycle.bucket AS bucket, sum(lifecycle."returning") AS returning_users
FROM (SELECT CAST(date_trunc('month', CAST(steps.moment AS TIMESTAMP WITHOUT TIME ZONE)) AS DATE) AS bucket, CASE WHEN (steps.prev IS NULL) THEN steps.users ELSE 0 END AS "new", CASE WHEN (steps.prev >= CAST(CAST(date_trunc('month', CAST(steps.moment AS TIMESTAMP WITHOUT TIME ZONE)) AS DATE) - INTERVAL '1 month' AS DATE) AND steps.prev < greatest(CAST(date_trunc('month', CAST(steps.moment AS TIMESTAMP WITHOUT TIME ZONE)) AS DATE), CAST('2026-01-01' AS DATE))) THEN steps.users ELSE 0 END AS "returning", CASE WHEN (steps.prev < CAST(CAST(date_trunc('month', CAST(steps.moment AS TIMESTAMP WITHOUT TIME ZONE)) AS DATE) - INTERVAL '1 month' AS DATE)) THEN steps.users ELSE 0 END AS resurrected
FROM (SELECT active.moment AS moment, active.prev AS prev, active.users AS users
FROM (SELECT rollup_active.day AS moment, rollup_active.prev_day AS prev, rollup_active.users AS users
FROM rollup_active
WHERE rollup_active.tenant = 7 AND rollup_active.dimension = '' AND rollup_active.day < '2026-04-01') AS active) AS steps
WHERE steps.moment >= '2026-01-01') AS lifecycle GROUP BY lifecycle.bucket
 LIMIT 50001;

-- returning_users, the whole period, two countries, by plan
SELECT lifecycle.plan AS plan, sum(lifecycle."returning") AS returning_users
FROM (SELECT steps.plan AS plan, CASE WHEN (steps.prev IS NULL) THEN steps.users ELSE 0 END AS "new", CASE WHEN (steps.prev >= CAST('2025-10-01' AS DATE) AND steps.prev < CAST('2026-01-01' AS DATE)) THEN steps.users ELSE 0 END AS "returning", CASE WHEN (steps.prev < CAST('2025-10-01' AS DATE)) THEN steps.users ELSE 0 END AS resurrected
FROM (SELECT moments.moment AS moment, lag(moments.moment) OVER (PARTITION BY moments.user_key, moments.plan ORDER BY moments.moment) AS prev, 1 AS users, moments.plan AS plan
FROM (SELECT DISTINCT rollup_user_day.user_key AS user_key, rollup_user_day.day AS moment, coalesce(CAST(rollup_user_day.plan AS TEXT), '') AS plan
FROM rollup_user_day
WHERE rollup_user_day.tenant = 7 AND rollup_user_day.day < '2026-04-01' AND rollup_user_day.user_key IS NOT NULL AND rollup_user_day.country IN ('FR', 'BE')) AS moments) AS steps
WHERE steps.moment >= '2026-01-01') AS lifecycle GROUP BY lifecycle.plan
 LIMIT 50001;
