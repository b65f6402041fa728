-- unique_page_views, by month
SELECT CAST(date_trunc('month', CAST(events.day AS TIMESTAMP WITHOUT TIME ZONE)) AS DATE) AS bucket, count(DISTINCT CASE WHEN (events.name = 'page_view') THEN coalesce(CAST(events.session_key AS TEXT), CAST(events.id AS TEXT)) || ':' || coalesce(events.page, '') END) AS unique_page_views
FROM events
WHERE events.tenant = 7 AND events.day < '2026-04-01' AND events.day >= '2026-01-01' GROUP BY CAST(date_trunc('month', CAST(events.day AS TIMESTAMP WITHOUT TIME ZONE)) AS DATE)
 LIMIT 50001;

-- unique_page_views, the whole period, two countries, by plan
SELECT events.plan AS plan, count(DISTINCT CASE WHEN (events.name = 'page_view') THEN coalesce(CAST(events.session_key AS TEXT), CAST(events.id AS TEXT)) || ':' || coalesce(events.page, '') END) AS unique_page_views
FROM events
WHERE events.tenant = 7 AND events.day < '2026-04-01' AND events.day >= '2026-01-01' AND events.country IN ('FR', 'BE') GROUP BY events.plan
 LIMIT 50001;
