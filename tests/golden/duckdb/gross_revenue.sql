-- gross_revenue, by month
SELECT CAST(date_trunc('month', CAST(payments.day AS TIMESTAMP WITHOUT TIME ZONE)) AS DATE) AS bucket, sum(CASE WHEN (payments.type IN ('captured')) THEN payments.amount_base_minor END) AS gross_revenue, string_agg(DISTINCT CASE WHEN (payments.type IN ('captured') AND payments.amount_minor IS NOT NULL AND payments.amount_base_minor IS NULL) THEN coalesce(payments.currency, '?') END, ',') AS gross_revenue__unrated
FROM payments
WHERE payments.tenant = 7 AND payments.day < '2026-04-01' AND payments.day >= '2026-01-01' GROUP BY CAST(date_trunc('month', CAST(payments.day AS TIMESTAMP WITHOUT TIME ZONE)) AS DATE)
 LIMIT 50001;

-- gross_revenue, the whole period, two countries, by plan
SELECT payments.plan AS plan, sum(CASE WHEN (payments.type IN ('captured')) THEN payments.amount_base_minor END) AS gross_revenue, string_agg(DISTINCT CASE WHEN (payments.type IN ('captured') AND payments.amount_minor IS NOT NULL AND payments.amount_base_minor IS NULL) THEN coalesce(payments.currency, '?') END, ',') AS gross_revenue__unrated
FROM payments
WHERE payments.tenant = 7 AND payments.day < '2026-04-01' AND payments.day >= '2026-01-01' AND payments.country IN ('FR', 'BE') GROUP BY payments.plan
 LIMIT 50001;
