-- first_signups, by month
SELECT CAST(date_trunc('month', CAST(worth.day AS TIMESTAMP WITHOUT TIME ZONE)) AS DATE) AS bucket, count(*) AS first_signups
FROM (SELECT joined.tenant AS tenant, joined.user_key AS user_key, joined.ts AS ts, joined.day AS day, joined.plan AS plan, joined.kind AS kind, joined.country AS country, joined.channel AS channel, joined.campaign AS campaign, coalesce(each.paid, 0) AS paid, each.lacking AS lacking
FROM (SELECT first_conversions.tenant AS tenant, first_conversions.user_key AS user_key, first_conversions.ts AS ts, first_conversions.day AS day, first_conversions.plan AS plan, first_conversions.kind AS kind, first_conversions.country AS country, first_conversions.channel AS channel, first_conversions.campaign AS campaign
FROM (SELECT ranked_conversions.tenant AS tenant, ranked_conversions.user_key AS user_key, ranked_conversions.ts AS ts, ranked_conversions.day AS day, ranked_conversions.plan AS plan, ranked_conversions.kind AS kind, ranked_conversions.country AS country, ranked_conversions.channel AS channel, ranked_conversions.campaign AS campaign
FROM (SELECT conversions.tenant AS tenant, conversions.user_key AS user_key, conversions.ts AS ts, conversions.day AS day, conversions.plan AS plan, conversions.kind AS kind, conversions.country AS country, conversions.channel AS channel, conversions.campaign AS campaign, row_number() OVER (PARTITION BY conversions.user_key ORDER BY conversions.ts, conversions.id) AS place
FROM conversions
WHERE conversions.tenant = 7 AND conversions.user_key IS NOT NULL AND conversions.type = 'sign_up') AS ranked_conversions
WHERE ranked_conversions.place = 1) AS first_conversions
WHERE first_conversions.day >= '2026-01-01' AND first_conversions.day < '2026-04-01') AS joined LEFT OUTER JOIN (SELECT payments.user_key AS user_key, sum(CASE WHEN (payments.type = 'captured') THEN 1 WHEN (payments.type = 'refunded') THEN -1 END * payments.amount_base_minor) AS paid, string_agg(DISTINCT CASE WHEN (payments.amount_minor IS NOT NULL AND payments.amount_base_minor IS NULL) THEN coalesce(payments.currency, '?') END, ',') AS lacking
FROM payments
WHERE payments.tenant = 7 AND payments.type IN ('captured', 'refunded') AND payments.day >= '2026-01-01' GROUP BY payments.user_key) AS each ON each.user_key = joined.user_key) AS worth
WHERE worth.tenant = 7 AND worth.day < '2026-04-01' AND worth.day >= '2026-01-01' GROUP BY CAST(date_trunc('month', CAST(worth.day AS TIMESTAMP WITHOUT TIME ZONE)) AS DATE)
 LIMIT 50001;

-- first_signups, the whole period, two countries, by plan
SELECT worth.plan AS plan, count(*) AS first_signups
FROM (SELECT joined.tenant AS tenant, joined.user_key AS user_key, joined.ts AS ts, joined.day AS day, joined.plan AS plan, joined.kind AS kind, joined.country AS country, joined.channel AS channel, joined.campaign AS campaign, coalesce(each.paid, 0) AS paid, each.lacking AS lacking
FROM (SELECT first_conversions.tenant AS tenant, first_conversions.user_key AS user_key, first_conversions.ts AS ts, first_conversions.day AS day, first_conversions.plan AS plan, first_conversions.kind AS kind, first_conversions.country AS country, first_conversions.channel AS channel, first_conversions.campaign AS campaign
FROM (SELECT ranked_conversions.tenant AS tenant, ranked_conversions.user_key AS user_key, ranked_conversions.ts AS ts, ranked_conversions.day AS day, ranked_conversions.plan AS plan, ranked_conversions.kind AS kind, ranked_conversions.country AS country, ranked_conversions.channel AS channel, ranked_conversions.campaign AS campaign
FROM (SELECT conversions.tenant AS tenant, conversions.user_key AS user_key, conversions.ts AS ts, conversions.day AS day, conversions.plan AS plan, conversions.kind AS kind, conversions.country AS country, conversions.channel AS channel, conversions.campaign AS campaign, row_number() OVER (PARTITION BY conversions.user_key ORDER BY conversions.ts, conversions.id) AS place
FROM conversions
WHERE conversions.tenant = 7 AND conversions.user_key IS NOT NULL AND conversions.type = 'sign_up') AS ranked_conversions
WHERE ranked_conversions.place = 1) AS first_conversions
WHERE first_conversions.day >= '2026-01-01' AND first_conversions.day < '2026-04-01') AS joined LEFT OUTER JOIN (SELECT payments.user_key AS user_key, sum(CASE WHEN (payments.type = 'captured') THEN 1 WHEN (payments.type = 'refunded') THEN -1 END * payments.amount_base_minor) AS paid, string_agg(DISTINCT CASE WHEN (payments.amount_minor IS NOT NULL AND payments.amount_base_minor IS NULL) THEN coalesce(payments.currency, '?') END, ',') AS lacking
FROM payments
WHERE payments.tenant = 7 AND payments.type IN ('captured', 'refunded') AND payments.day >= '2026-01-01' GROUP BY payments.user_key) AS each ON each.user_key = joined.user_key) AS worth
WHERE worth.tenant = 7 AND worth.day < '2026-04-01' AND worth.day >= '2026-01-01' AND worth.country IN ('FR', 'BE') GROUP BY worth.plan
 LIMIT 50001;
