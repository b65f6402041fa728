-- payment_fees, by month
SELECT CAST(date_trunc('month', CAST(`payments`.`day` AS DATETIME)) AS DATE) AS `bucket`, sum(round(`payments`.`fee_minor` * (CAST(`payments`.`amount_base_minor` AS DOUBLE) / CAST(nullif(`payments`.`amount_minor`, 0) AS NUMERIC)))) AS `payment_fees`, nullIf(arrayStringConcat(groupUniqArray(CASE WHEN (coalesce(`payments`.`fee_minor`, 0) != 0 AND `payments`.`amount_minor` IS NOT NULL AND `payments`.`amount_base_minor` IS NULL) THEN coalesce(`payments`.`currency`, '?') END), ','), '') AS `payment_fees__unrated`
FROM `payments`
WHERE `payments`.`tenant` = 7 AND `payments`.`day` < '2026-04-01' AND `payments`.`day` >= '2026-01-01' GROUP BY CAST(date_trunc('month', CAST(`payments`.`day` AS DATETIME)) AS DATE)
 LIMIT 50001;

-- payment_fees, the whole period, two countries, by plan
SELECT `payments`.`plan` AS `plan`, sum(round(`payments`.`fee_minor` * (CAST(`payments`.`amount_base_minor` AS DOUBLE) / CAST(nullif(`payments`.`amount_minor`, 0) AS NUMERIC)))) AS `payment_fees`, nullIf(arrayStringConcat(groupUniqArray(CASE WHEN (coalesce(`payments`.`fee_minor`, 0) != 0 AND `payments`.`amount_minor` IS NOT NULL AND `payments`.`amount_base_minor` IS NULL) THEN coalesce(`payments`.`currency`, '?') END), ','), '') AS `payment_fees__unrated`
FROM `payments`
WHERE `payments`.`tenant` = 7 AND `payments`.`day` < '2026-04-01' AND `payments`.`day` >= '2026-01-01' AND `payments`.`country` IN ('FR', 'BE') GROUP BY `payments`.`plan`
 LIMIT 50001;
