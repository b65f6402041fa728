-- api_errors, by month
SELECT CAST(date_trunc('month', CAST(api_requests.day AS TIMESTAMP WITHOUT TIME ZONE)) AS DATE) AS bucket, sum(CASE WHEN (api_requests.status >= 500) THEN 1 ELSE 0 END) AS api_errors
FROM api_requests
WHERE api_requests.tenant = 7 AND api_requests.day < '2026-04-01' AND api_requests.day >= '2026-01-01' GROUP BY CAST(date_trunc('month', CAST(api_requests.day AS TIMESTAMP WITHOUT TIME ZONE)) AS DATE)
 LIMIT 50001;

-- api_errors, the whole period, two countries, by plan
SELECT api_requests.plan AS plan, sum(CASE WHEN (api_requests.status >= 500) THEN 1 ELSE 0 END) AS api_errors
FROM api_requests
WHERE api_requests.tenant = 7 AND api_requests.day < '2026-04-01' AND api_requests.day >= '2026-01-01' AND api_requests.country IN ('FR', 'BE') GROUP BY api_requests.plan
 LIMIT 50001;
