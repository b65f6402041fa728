-- payouts_failed, by month
SELECT CAST(date_trunc('month', CAST(payouts.day AS TIMESTAMP WITHOUT TIME ZONE)) AS DATE) AS bucket, sum(CASE WHEN (payouts.status IN ('failed')) THEN 1 ELSE 0 END) AS payouts_failed
FROM payouts
WHERE payouts.tenant = 7 AND payouts.day < '2026-04-01' AND payouts.day >= '2026-01-01' GROUP BY CAST(date_trunc('month', CAST(payouts.day AS TIMESTAMP WITHOUT TIME ZONE)) AS DATE)
 LIMIT 50001;
