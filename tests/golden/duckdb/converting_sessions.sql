-- converting_sessions, by month
SELECT CAST(date_trunc('month', CAST(visits.day AS TIMESTAMP WITHOUT TIME ZONE)) AS DATE) AS bucket, sum(visits.converted) AS converting_sessions
FROM (SELECT sessions.tenant AS tenant, sessions.session_key AS session_key, sessions.ts AS ts, sessions.day AS day, sessions.ended_at AS ended_at, sessions.user_key AS user_key, sessions.account_key AS account_key, sessions.plan AS plan, sessions.kind AS kind, sessions.country AS country, sessions.channel AS channel, sessions.device AS device, sessions.os AS os, sessions.browser AS browser, sessions.campaign AS campaign, sessions.entry_page AS entry_page, sessions.exit_page AS exit_page, sessions.events AS events, sessions.page_views AS page_views, sessions.duration_s AS duration_s, sessions.is_new_user AS is_new_user, CASE WHEN (led.session_key IS NOT NULL) THEN 1 ELSE 0 END AS converted, led.value_base_minor AS value_base_minor, led.lacking AS lacking
FROM sessions LEFT OUTER JOIN (SELECT conversions.session_key AS session_key, sum(conversions.value_base_minor) AS value_base_minor, max(CASE WHEN (conversions.value_minor IS NOT NULL AND conversions.value_base_minor IS NULL) THEN coalesce(conversions.currency, '?') END) AS lacking
FROM conversions
WHERE conversions.tenant = 7 AND conversions.session_key IS NOT NULL AND conversions.day >= '2026-01-01' AND conversions.day < '2026-04-03' GROUP BY conversions.session_key) AS led ON led.session_key = sessions.session_key) AS visits
WHERE visits.tenant = 7 AND visits.day < '2026-04-01' AND visits.day >= '2026-01-01' GROUP BY CAST(date_trunc('month', CAST(visits.day AS TIMESTAMP WITHOUT TIME ZONE)) AS DATE)
 LIMIT 50001;

-- converting_sessions, the whole period, two countries, by plan
SELECT visits.plan AS plan, sum(visits.converted) AS converting_sessions
FROM (SELECT sessions.tenant AS tenant, sessions.session_key AS session_key, sessions.ts AS ts, sessions.day AS day, sessions.ended_at AS ended_at, sessions.user_key AS user_key, sessions.account_key AS account_key, sessions.plan AS plan, sessions.kind AS kind, sessions.country AS country, sessions.channel AS channel, sessions.device AS device, sessions.os AS os, sessions.browser AS browser, sessions.campaign AS campaign, sessions.entry_page AS entry_page, sessions.exit_page AS exit_page, sessions.events AS events, sessions.page_views AS page_views, sessions.duration_s AS duration_s, sessions.is_new_user AS is_new_user, CASE WHEN (led.session_key IS NOT NULL) THEN 1 ELSE 0 END AS converted, led.value_base_minor AS value_base_minor, led.lacking AS lacking
FROM sessions LEFT OUTER JOIN (SELECT conversions.session_key AS session_key, sum(conversions.value_base_minor) AS value_base_minor, max(CASE WHEN (conversions.value_minor IS NOT NULL AND conversions.value_base_minor IS NULL) THEN coalesce(conversions.currency, '?') END) AS lacking
FROM conversions
WHERE conversions.tenant = 7 AND conversions.session_key IS NOT NULL AND conversions.day >= '2026-01-01' AND conversions.day < '2026-04-03' GROUP BY conversions.session_key) AS led ON led.session_key = sessions.session_key) AS visits
WHERE visits.tenant = 7 AND visits.day < '2026-04-01' AND visits.day >= '2026-01-01' AND visits.country IN ('FR', 'BE') GROUP BY visits.plan
 LIMIT 50001;
