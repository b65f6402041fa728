-- cohort_signups, by month
SELECT CAST(date_trunc('month', CAST(cohorts.day AS TIMESTAMP WITHOUT TIME ZONE)) AS DATE) AS bucket, count(*) AS cohort_signups
FROM (SELECT first_conversions.tenant AS tenant, first_conversions.user_key AS user_key, first_conversions.ts AS ts, first_conversions.day AS day, first_conversions.plan AS plan, first_conversions.kind AS kind, first_conversions.country AS country, first_conversions.channel AS channel, first_conversions.campaign AS campaign, CASE WHEN (first_payments.ts IS NOT NULL AND ((epoch_us(first_payments.ts) - epoch_us(first_conversions.ts)) / 1e6) <= 2592000.0) THEN 1 ELSE 0 END AS paid
FROM (SELECT ranked_conversions.tenant AS tenant, ranked_conversions.user_key AS user_key, ranked_conversions.ts AS ts, ranked_conversions.day AS day, ranked_conversions.plan AS plan, ranked_conversions.kind AS kind, ranked_conversions.country AS country, ranked_conversions.channel AS channel, ranked_conversions.campaign AS campaign
FROM (SELECT conversions.tenant AS tenant, conversions.user_key AS user_key, conversions.ts AS ts, conversions.day AS day, conversions.plan AS plan, conversions.kind AS kind, conversions.country AS country, conversions.channel AS channel, conversions.campaign AS campaign, row_number() OVER (PARTITION BY conversions.user_key ORDER BY conversions.ts, conversions.id) AS place
FROM conversions
WHERE conversions.tenant = 7 AND conversions.user_key IS NOT NULL AND conversions.type = 'sign_up') AS ranked_conversions
WHERE ranked_conversions.place = 1) AS first_conversions LEFT OUTER JOIN (SELECT ranked_payments.tenant AS tenant, ranked_payments.user_key AS user_key, ranked_payments.ts AS ts, ranked_payments.day AS day, ranked_payments.plan AS plan, ranked_payments.kind AS kind, ranked_payments.country AS country, ranked_payments.channel AS channel
FROM (SELECT payments.tenant AS tenant, payments.user_key AS user_key, payments.ts AS ts, payments.day AS day, payments.plan AS plan, payments.kind AS kind, payments.country AS country, payments.channel AS channel, row_number() OVER (PARTITION BY payments.user_key ORDER BY payments.ts, payments.id) AS place
FROM payments
WHERE payments.tenant = 7 AND payments.user_key IS NOT NULL AND payments.type = 'captured' AND payments.amount_minor > 0) AS ranked_payments
WHERE ranked_payments.place = 1) AS first_payments ON first_payments.user_key = first_conversions.user_key
WHERE (CAST(first_conversions.day AS DATE) + CAST(30 AS INTEGER)) < CAST('2026-04-01' AS DATE)) AS cohorts
WHERE cohorts.tenant = 7 AND cohorts.day < '2026-04-01' AND cohorts.day >= '2026-01-01' GROUP BY CAST(date_trunc('month', CAST(cohorts.day AS TIMESTAMP WITHOUT TIME ZONE)) AS DATE)
 LIMIT 50001;

-- cohort_signups, the whole period, two countries, by plan
SELECT cohorts.plan AS plan, count(*) AS cohort_signups
FROM (SELECT first_conversions.tenant AS tenant, first_conversions.user_key AS user_key, first_conversions.ts AS ts, first_conversions.day AS day, first_conversions.plan AS plan, first_conversions.kind AS kind, first_conversions.country AS country, first_conversions.channel AS channel, first_conversions.campaign AS campaign, CASE WHEN (first_payments.ts IS NOT NULL AND ((epoch_us(first_payments.ts) - epoch_us(first_conversions.ts)) / 1e6) <= 2592000.0) THEN 1 ELSE 0 END AS paid
FROM (SELECT ranked_conversions.tenant AS tenant, ranked_conversions.user_key AS user_key, ranked_conversions.ts AS ts, ranked_conversions.day AS day, ranked_conversions.plan AS plan, ranked_conversions.kind AS kind, ranked_conversions.country AS country, ranked_conversions.channel AS channel, ranked_conversions.campaign AS campaign
FROM (SELECT conversions.tenant AS tenant, conversions.user_key AS user_key, conversions.ts AS ts, conversions.day AS day, conversions.plan AS plan, conversions.kind AS kind, conversions.country AS country, conversions.channel AS channel, conversions.campaign AS campaign, row_number() OVER (PARTITION BY conversions.user_key ORDER BY conversions.ts, conversions.id) AS place
FROM conversions
WHERE conversions.tenant = 7 AND conversions.user_key IS NOT NULL AND conversions.type = 'sign_up') AS ranked_conversions
WHERE ranked_conversions.place = 1) AS first_conversions LEFT OUTER JOIN (SELECT ranked_payments.tenant AS tenant, ranked_payments.user_key AS user_key, ranked_payments.ts AS ts, ranked_payments.day AS day, ranked_payments.plan AS plan, ranked_payments.kind AS kind, ranked_payments.country AS country, ranked_payments.channel AS channel
FROM (SELECT payments.tenant AS tenant, payments.user_key AS user_key, payments.ts AS ts, payments.day AS day, payments.plan AS plan, payments.kind AS kind, payments.country AS country, payments.channel AS channel, row_number() OVER (PARTITION BY payments.user_key ORDER BY payments.ts, payments.id) AS place
FROM payments
WHERE payments.tenant = 7 AND payments.user_key IS NOT NULL AND payments.type = 'captured' AND payments.amount_minor > 0) AS ranked_payments
WHERE ranked_payments.place = 1) AS first_payments ON first_payments.user_key = first_conversions.user_key
WHERE (CAST(first_conversions.day AS DATE) + CAST(30 AS INTEGER)) < CAST('2026-04-01' AS DATE)) AS cohorts
WHERE cohorts.tenant = 7 AND cohorts.day < '2026-04-01' AND cohorts.day >= '2026-01-01' AND cohorts.country IN ('FR', 'BE') GROUP BY cohorts.plan
 LIMIT 50001;
