-- checks, by month
SELECT CAST(date_trunc('month', CAST(`checks`.`day` AS DATETIME)) AS DATE) AS `bucket`, count(*) AS `checks`
FROM `checks`
WHERE `checks`.`tenant` = 7 AND `checks`.`day` < '2026-04-01' AND `checks`.`day` >= '2026-01-01' GROUP BY CAST(date_trunc('month', CAST(`checks`.`day` AS DATETIME)) AS DATE)
 LIMIT 50001;
