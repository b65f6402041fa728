-- sessions, by month
SELECT CAST(date_trunc('month', CAST(visits.day AS TIMESTAMP WITHOUT TIME ZONE)) AS DATE) AS bucket, sum(visits.sessions) AS sessions
FROM (SELECT rollup_session_day.tenant AS tenant, rollup_session_day.day AS day, rollup_session_day.country AS country, rollup_session_day.device AS device, rollup_session_day.channel AS channel, rollup_session_day.plan AS plan, rollup_session_day.kind AS kind, rollup_session_day.single AS single, rollup_session_day.band AS band, rollup_session_day.sessions AS sessions, rollup_session_day.page_views AS page_views, rollup_session_day.duration_s AS duration_s, CASE WHEN (rollup_session_day.single OR rollup_session_day.band < 30) THEN rollup_session_day.sessions ELSE 0 END AS bounced
FROM rollup_session_day) AS visits
WHERE visits.tenant = 7 AND visits.day < '2026-04-01' AND visits.day >= '2026-01-01' GROUP BY CAST(date_trunc('month', CAST(visits.day AS TIMESTAMP WITHOUT TIME ZONE)) AS DATE)
 LIMIT 50001;

-- sessions, the whole period, two countries, by plan
SELECT visits.plan AS plan, sum(visits.sessions) AS sessions
FROM (SELECT rollup_session_day.tenant AS tenant, rollup_session_day.day AS day, rollup_session_day.country AS country, rollup_session_day.device AS device, rollup_session_day.channel AS channel, rollup_session_day.plan AS plan, rollup_session_day.kind AS kind, rollup_session_day.single AS single, rollup_session_day.band AS band, rollup_session_day.sessions AS sessions, rollup_session_day.page_views AS page_views, rollup_session_day.duration_s AS duration_s, CASE WHEN (rollup_session_day.single OR rollup_session_day.band < 30) THEN rollup_session_day.sessions ELSE 0 END AS bounced
FROM rollup_session_day) AS visits
WHERE visits.tenant = 7 AND visits.day < '2026-04-01' AND visits.day >= '2026-01-01' AND visits.country IN ('FR', 'BE') GROUP BY visits.plan
 LIMIT 50001;
