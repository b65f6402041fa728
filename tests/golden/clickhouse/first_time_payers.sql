-- first_time_payers, by month
SELECT CAST(date_trunc('month', CAST(`first_payments`.`day` AS DATETIME)) AS DATE) AS `bucket`, count(*) AS `first_time_payers`
FROM (SELECT `ranked_payments`.`tenant` AS `tenant`, `ranked_payments`.`user_key` AS `user_key`, `ranked_payments`.`ts` AS `ts`, `ranked_payments`.`day` AS `day`, `ranked_payments`.`plan` AS `plan`, `ranked_payments`.`kind` AS `kind`, `ranked_payments`.`country` AS `country`, `ranked_payments`.`channel` AS `channel`
FROM (SELECT `payments`.`tenant` AS `tenant`, `payments`.`user_key` AS `user_key`, `payments`.`ts` AS `ts`, `payments`.`day` AS `day`, `payments`.`plan` AS `plan`, `payments`.`kind` AS `kind`, `payments`.`country` AS `country`, `payments`.`channel` AS `channel`, row_number() OVER (PARTITION BY `payments`.`user_key` ORDER BY `payments`.`ts`, `payments`.`id`) AS `place`
FROM `payments`
WHERE `payments`.`tenant` = 7 AND `payments`.`user_key` IS NOT NULL AND `payments`.`type` = 'captured' AND `payments`.`amount_minor` > 0) AS `ranked_payments`
WHERE `ranked_payments`.`place` = 1) AS `first_payments`
WHERE `first_payments`.`tenant` = 7 AND `first_payments`.`day` < '2026-04-01' AND `first_payments`.`day` >= '2026-01-01' GROUP BY CAST(date_trunc('month', CAST(`first_payments`.`day` AS DATETIME)) AS DATE)
 LIMIT 50001;

-- first_time_payers, the whole period, two countries, by plan
SELECT `first_payments`.`plan` AS `plan`, count(*) AS `first_time_payers`
FROM (SELECT `ranked_payments`.`tenant` AS `tenant`, `ranked_payments`.`user_key` AS `user_key`, `ranked_payments`.`ts` AS `ts`, `ranked_payments`.`day` AS `day`, `ranked_payments`.`plan` AS `plan`, `ranked_payments`.`kind` AS `kind`, `ranked_payments`.`country` AS `country`, `ranked_payments`.`channel` AS `channel`
FROM (SELECT `payments`.`tenant` AS `tenant`, `payments`.`user_key` AS `user_key`, `payments`.`ts` AS `ts`, `payments`.`day` AS `day`, `payments`.`plan` AS `plan`, `payments`.`kind` AS `kind`, `payments`.`country` AS `country`, `payments`.`channel` AS `channel`, row_number() OVER (PARTITION BY `payments`.`user_key` ORDER BY `payments`.`ts`, `payments`.`id`) AS `place`
FROM `payments`
WHERE `payments`.`tenant` = 7 AND `payments`.`user_key` IS NOT NULL AND `payments`.`type` = 'captured' AND `payments`.`amount_minor` > 0) AS `ranked_payments`
WHERE `ranked_payments`.`place` = 1) AS `first_payments`
WHERE `first_payments`.`tenant` = 7 AND `first_payments`.`day` < '2026-04-01' AND `first_payments`.`day` >= '2026-01-01' AND `first_payments`.`country` IN ('FR', 'BE') GROUP BY `first_payments`.`plan`
 LIMIT 50001;
