-- page_views, by month
SELECT CAST(date_trunc('month', CAST(rollup_event_day.day AS TIMESTAMP WITHOUT TIME ZONE)) AS DATE) AS bucket, sum(CASE WHEN (rollup_event_day.name = 'page_view') THEN rollup_event_day.events ELSE 0 END) AS page_views
FROM rollup_event_day
WHERE rollup_event_day.tenant = 7 AND rollup_event_day.day < '2026-04-01' AND rollup_event_day.day >= '2026-01-01' GROUP BY CAST(date_trunc('month', CAST(rollup_event_day.day AS TIMESTAMP WITHOUT TIME ZONE)) AS DATE)
 LIMIT 50001;

-- page_views, the whole period, two countries, by plan
SELECT rollup_event_day.plan AS plan, sum(CASE WHEN (rollup_event_day.name = 'page_view') THEN rollup_event_day.events ELSE 0 END) AS page_views
FROM rollup_event_day
WHERE rollup_event_day.tenant = 7 AND rollup_event_day.day < '2026-04-01' AND rollup_event_day.day >= '2026-01-01' AND rollup_event_day.country IN ('FR', 'BE') GROUP BY rollup_event_day.plan
 LIMIT 50001;
