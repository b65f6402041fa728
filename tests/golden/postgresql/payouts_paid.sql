-- payouts_paid, by month
SELECT CAST(date_trunc('month', CAST(payouts.day AS TIMESTAMP WITHOUT TIME ZONE)) AS DATE) AS bucket, sum(CASE WHEN (payouts.status = 'paid') THEN payouts.amount_base_minor END) AS payouts_paid, string_agg(DISTINCT CASE WHEN (payouts.status = 'paid' AND payouts.amount_minor IS NOT NULL AND payouts.amount_base_minor IS NULL) THEN coalesce(payouts.currency, '?') END, ',') AS payouts_paid__unrated
FROM payouts
WHERE payouts.tenant = 7 AND payouts.day < '2026-04-01' AND payouts.day >= '2026-01-01' GROUP BY CAST(date_trunc('month', CAST(payouts.day AS TIMESTAMP WITHOUT TIME ZONE)) AS DATE)
 LIMIT 50001;
