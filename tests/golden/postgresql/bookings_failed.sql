-- bookings_failed, by month
SELECT CAST(date_trunc('month', CAST(bookings.day AS TIMESTAMP WITHOUT TIME ZONE)) AS DATE) AS bucket, sum(CASE WHEN (bookings.type IN ('failed')) THEN 1 ELSE 0 END) AS bookings_failed
FROM bookings
WHERE bookings.tenant = 7 AND bookings.day < '2026-04-01' AND bookings.day >= '2026-01-01' GROUP BY CAST(date_trunc('month', CAST(bookings.day AS TIMESTAMP WITHOUT TIME ZONE)) AS DATE)
 LIMIT 50001;

-- bookings_failed, the whole period, two countries, by plan
SELECT bookings.plan AS plan, sum(CASE WHEN (bookings.type IN ('failed')) THEN 1 ELSE 0 END) AS bookings_failed
FROM bookings
WHERE bookings.tenant = 7 AND bookings.day < '2026-04-01' AND bookings.day >= '2026-01-01' AND bookings.country IN ('FR', 'BE') GROUP BY bookings.plan
 LIMIT 50001;
