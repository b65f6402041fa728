-- conversions, by month
SELECT CAST(date_trunc('month', CAST(`conversions`.`day` AS DATETIME)) AS DATE) AS `bucket`, count(*) AS `conversions`
FROM `conversions`
WHERE `conversions`.`tenant` = 7 AND `conversions`.`day` < '2026-04-01' AND `conversions`.`day` >= '2026-01-01' GROUP BY CAST(date_trunc('month', CAST(`conversions`.`day` AS DATETIME)) AS DATE)
 LIMIT 50001;

-- conversions, the whole period, two countries, by plan
SELECT `conversions`.`plan` AS `plan`, count(*) AS `conversions`
FROM `conversions`
WHERE `conversions`.`tenant` = 7 AND `conversions`.`day` < '2026-04-01' AND `conversions`.`day` >= '2026-01-01' AND `conversions`.`country` IN ('FR', 'BE') GROUP BY `conversions`.`plan`
 LIMIT 50001;
