-- signups, by month
SELECT CAST(date_trunc('month', CAST(conversions.day AS TIMESTAMP WITHOUT TIME ZONE)) AS DATE) AS bucket, sum(CASE WHEN (conversions.type = 'sign_up') THEN 1 ELSE 0 END) AS signups
FROM conversions
WHERE conversions.tenant = 7 AND conversions.day < '2026-04-01' AND conversions.day >= '2026-01-01' GROUP BY CAST(date_trunc('month', CAST(conversions.day AS TIMESTAMP WITHOUT TIME ZONE)) AS DATE)
 LIMIT 50001;

-- signups, the whole period, two countries, by plan
SELECT conversions.plan AS plan, sum(CASE WHEN (conversions.type = 'sign_up') THEN 1 ELSE 0 END) AS signups
FROM conversions
WHERE conversions.tenant = 7 AND conversions.day < '2026-04-01' AND conversions.day >= '2026-01-01' AND conversions.country IN ('FR', 'BE') GROUP BY conversions.plan
 LIMIT 50001;
