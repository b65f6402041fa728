-- events, by month
SELECT CAST(date_trunc('month', CAST(`rollup_event_day`.`day` AS DATETIME)) AS DATE) AS `bucket`, sum(`rollup_event_day`.`events`) AS `events`
FROM `rollup_event_day`
WHERE `rollup_event_day`.`tenant` = 7 AND `rollup_event_day`.`day` < '2026-04-01' AND `rollup_event_day`.`day` >= '2026-01-01' GROUP BY CAST(date_trunc('month', CAST(`rollup_event_day`.`day` AS DATETIME)) AS DATE)
 LIMIT 50001;

-- events, the whole period, two countries, by plan
SELECT `rollup_event_day`.`plan` AS `plan`, sum(`rollup_event_day`.`events`) AS `events`
FROM `rollup_event_day`
WHERE `rollup_event_day`.`tenant` = 7 AND `rollup_event_day`.`day` < '2026-04-01' AND `rollup_event_day`.`day` >= '2026-01-01' AND `rollup_event_day`.`country` IN ('FR', 'BE') GROUP BY `rollup_event_day`.`plan`
 LIMIT 50001;
