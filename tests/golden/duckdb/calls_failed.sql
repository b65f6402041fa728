-- calls_failed, by month
SELECT CAST(date_trunc('month', CAST(calls.day AS TIMESTAMP WITHOUT TIME ZONE)) AS DATE) AS bucket, sum(CASE WHEN (calls.status IN ('failed')) THEN 1 ELSE 0 END) AS calls_failed
FROM calls
WHERE calls.tenant = 7 AND calls.day < '2026-04-01' AND calls.day >= '2026-01-01' GROUP BY CAST(date_trunc('month', CAST(calls.day AS TIMESTAMP WITHOUT TIME ZONE)) AS DATE)
 LIMIT 50001;

-- calls_failed, the whole period, two countries, by plan
SELECT calls.plan AS plan, sum(CASE WHEN (calls.status IN ('failed')) THEN 1 ELSE 0 END) AS calls_failed
FROM calls
WHERE calls.tenant = 7 AND calls.day < '2026-04-01' AND calls.day >= '2026-01-01' AND calls.country IN ('FR', 'BE') GROUP BY calls.plan
 LIMIT 50001;
