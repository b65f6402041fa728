-- captured_payments, by month
SELECT CAST(date_trunc('month', CAST(payments.day AS TIMESTAMP WITHOUT TIME ZONE)) AS DATE) AS bucket, sum(CASE WHEN (payments.type IN ('captured')) THEN 1 ELSE 0 END) AS captured_payments
FROM payments
WHERE payments.tenant = 7 AND payments.day < '2026-04-01' AND payments.day >= '2026-01-01' GROUP BY CAST(date_trunc('month', CAST(payments.day AS TIMESTAMP WITHOUT TIME ZONE)) AS DATE)
 LIMIT 50001;

-- captured_payments, the whole period, two countries, by plan
SELECT payments.plan AS plan, sum(CASE WHEN (payments.type IN ('captured')) THEN 1 ELSE 0 END) AS captured_payments
FROM payments
WHERE payments.tenant = 7 AND payments.day < '2026-04-01' AND payments.day >= '2026-01-01' AND payments.country IN ('FR', 'BE') GROUP BY payments.plan
 LIMIT 50001;
