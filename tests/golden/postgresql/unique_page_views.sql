-- unique_page_views, by month
SELECT page_visits.bucket AS bucket, count(*) AS unique_page_views
FROM (SELECT DISTINCT CAST(date_trunc('month', CAST(events.day AS TIMESTAMP WITHOUT TIME ZONE)) AS DATE) AS bucket, events.session_key AS session_key, events.page AS seen, CASE WHEN (events.session_key IS NULL) THEN events.id END AS alone
FROM events
WHERE events.name = 'page_view' AND events.tenant = 7 AND events.day < '2026-04-01' AND events.day >= '2026-01-01') AS page_visits GROUP BY page_visits.bucket
 LIMIT 50001;

-- unique_page_views, the whole period, two countries, by plan
SELECT page_visits.plan AS plan, count(*) AS unique_page_views
FROM (SELECT DISTINCT coalesce(CAST(events.plan AS TEXT), '') AS plan, events.session_key AS session_key, events.page AS seen, CASE WHEN (events.session_key IS NULL) THEN events.id END AS alone
FROM events
WHERE events.name = 'page_view' AND events.tenant = 7 AND events.day < '2026-04-01' AND events.day >= '2026-01-01' AND events.country IN ('FR', 'BE')) AS page_visits GROUP BY page_visits.plan
 LIMIT 50001;
