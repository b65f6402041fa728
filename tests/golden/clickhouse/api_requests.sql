-- api_requests, by month
SELECT CAST(date_trunc('month', CAST(`api_requests`.`day` AS DATETIME)) AS DATE) AS `bucket`, count(*) AS `api_requests`
FROM `api_requests`
WHERE `api_requests`.`tenant` = 7 AND `api_requests`.`day` < '2026-04-01' AND `api_requests`.`day` >= '2026-01-01' GROUP BY CAST(date_trunc('month', CAST(`api_requests`.`day` AS DATETIME)) AS DATE)
 LIMIT 50001;

-- api_requests, the whole period, two countries, by plan
SELECT `api_requests`.`plan` AS `plan`, count(*) AS `api_requests`
FROM `api_requests`
WHERE `api_requests`.`tenant` = 7 AND `api_requests`.`day` < '2026-04-01' AND `api_requests`.`day` >= '2026-01-01' AND `api_requests`.`country` IN ('FR', 'BE') GROUP BY `api_requests`.`plan`
 LIMIT 50001;
