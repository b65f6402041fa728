-- refunds, by month
SELECT CAST(date_trunc('month', CAST(`payments`.`day` AS DATETIME)) AS DATE) AS `bucket`, sum(CASE WHEN (`payments`.`type` IN ('refunded')) THEN `payments`.`amount_base_minor` END) AS `refunds`, nullIf(arrayStringConcat(groupUniqArray(CASE WHEN (`payments`.`type` IN ('refunded') AND `payments`.`amount_minor` IS NOT NULL AND `payments`.`amount_base_minor` IS NULL) THEN coalesce(`payments`.`currency`, '?') END), ','), '') AS `refunds__unrated`
FROM `payments`
WHERE `payments`.`tenant` = 7 AND `payments`.`day` < '2026-04-01' AND `payments`.`day` >= '2026-01-01' GROUP BY CAST(date_trunc('month', CAST(`payments`.`day` AS DATETIME)) AS DATE)
 LIMIT 50001;

-- refunds, the whole period, two countries, by plan
SELECT `payments`.`plan` AS `plan`, sum(CASE WHEN (`payments`.`type` IN ('refunded')) THEN `payments`.`amount_base_minor` END) AS `refunds`, nullIf(arrayStringConcat(groupUniqArray(CASE WHEN (`payments`.`type` IN ('refunded') AND `payments`.`amount_minor` IS NOT NULL AND `payments`.`amount_base_minor` IS NULL) THEN coalesce(`payments`.`currency`, '?') END), ','), '') AS `refunds__unrated`
FROM `payments`
WHERE `payments`.`tenant` = 7 AND `payments`.`day` < '2026-04-01' AND `payments`.`day` >= '2026-01-01' AND `payments`.`country` IN ('FR', 'BE') GROUP BY `payments`.`plan`
 LIMIT 50001;
