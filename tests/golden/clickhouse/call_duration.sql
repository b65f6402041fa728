-- call_duration, by month
SELECT CAST(date_trunc('month', CAST(`calls`.`day` AS DATETIME)) AS DATE) AS `bucket`, avg(CASE WHEN (`calls`.`status` = 'completed') THEN `calls`.`duration_s` END) AS `call_duration`
FROM `calls`
WHERE `calls`.`tenant` = 7 AND `calls`.`day` < '2026-04-01' AND `calls`.`day` >= '2026-01-01' GROUP BY CAST(date_trunc('month', CAST(`calls`.`day` AS DATETIME)) AS DATE)
 LIMIT 50001;

-- call_duration, the whole period, two countries, by plan
SELECT `calls`.`plan` AS `plan`, avg(CASE WHEN (`calls`.`status` = 'completed') THEN `calls`.`duration_s` END) AS `call_duration`
FROM `calls`
WHERE `calls`.`tenant` = 7 AND `calls`.`day` < '2026-04-01' AND `calls`.`day` >= '2026-01-01' AND `calls`.`country` IN ('FR', 'BE') GROUP BY `calls`.`plan`
 LIMIT 50001;
