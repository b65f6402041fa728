-- commission, by month
SELECT CAST(date_trunc('month', CAST(commissions.day AS TIMESTAMP WITHOUT TIME ZONE)) AS DATE) AS bucket, sum(CASE WHEN (commissions.status = 'paid') THEN commissions.amount_base_minor END) AS commission, string_agg(DISTINCT CASE WHEN (commissions.status = 'paid' AND commissions.amount_minor IS NOT NULL AND commissions.amount_base_minor IS NULL) THEN coalesce(commissions.currency, '?') END, ',') AS commission__unrated
FROM commissions
WHERE commissions.tenant = 7 AND commissions.day < '2026-04-01' AND commissions.day >= '2026-01-01' GROUP BY CAST(date_trunc('month', CAST(commissions.day AS TIMESTAMP WITHOUT TIME ZONE)) AS DATE)
 LIMIT 50001;
