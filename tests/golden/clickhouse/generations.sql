-- generations, by month
SELECT CAST(date_trunc('month', CAST(`ai_generations`.`day` AS DATETIME)) AS DATE) AS `bucket`, count(*) AS `generations`
FROM `ai_generations`
WHERE `ai_generations`.`tenant` = 7 AND `ai_generations`.`day` < '2026-04-01' AND `ai_generations`.`day` >= '2026-01-01' GROUP BY CAST(date_trunc('month', CAST(`ai_generations`.`day` AS DATETIME)) AS DATE)
 LIMIT 50001;

-- generations, the whole period, two countries, by plan
SELECT `ai_generations`.`plan` AS `plan`, count(*) AS `generations`
FROM `ai_generations`
WHERE `ai_generations`.`tenant` = 7 AND `ai_generations`.`day` < '2026-04-01' AND `ai_generations`.`day` >= '2026-01-01' AND `ai_generations`.`country` IN ('FR', 'BE') GROUP BY `ai_generations`.`plan`
 LIMIT 50001;
