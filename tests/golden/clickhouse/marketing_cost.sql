-- marketing_cost, by month
SELECT CAST(date_trunc('month', CAST(`channel_costs`.`day` AS DATETIME)) AS DATE) AS `bucket`, sum(`channel_costs`.`cost_base_minor`) AS `marketing_cost`, nullIf(arrayStringConcat(groupUniqArray(CASE WHEN (`channel_costs`.`cost_minor` IS NOT NULL AND `channel_costs`.`cost_base_minor` IS NULL) THEN coalesce(`channel_costs`.`currency`, '?') END), ','), '') AS `marketing_cost__unrated`
FROM `channel_costs`
WHERE `channel_costs`.`tenant` = 7 AND `channel_costs`.`day` < '2026-04-01' AND `channel_costs`.`day` >= '2026-01-01' GROUP BY CAST(date_trunc('month', CAST(`channel_costs`.`day` AS DATETIME)) AS DATE)
 LIMIT 50001;
