-- booking_value, by month
SELECT CAST(date_trunc('month', CAST(`bookings`.`day` AS DATETIME)) AS DATE) AS `bucket`, sum(CASE WHEN (`bookings`.`type` = 'completed') THEN `bookings`.`amount_base_minor` END) AS `booking_value`, nullIf(arrayStringConcat(groupUniqArray(CASE WHEN (`bookings`.`type` = 'completed' AND `bookings`.`amount_minor` IS NOT NULL AND `bookings`.`amount_base_minor` IS NULL) THEN coalesce(`bookings`.`currency`, '?') END), ','), '') AS `booking_value__unrated`
FROM `bookings`
WHERE `bookings`.`tenant` = 7 AND `bookings`.`day` < '2026-04-01' AND `bookings`.`day` >= '2026-01-01' GROUP BY CAST(date_trunc('month', CAST(`bookings`.`day` AS DATETIME)) AS DATE)
 LIMIT 50001;

-- booking_value, the whole period, two countries, by plan
SELECT `bookings`.`plan` AS `plan`, sum(CASE WHEN (`bookings`.`type` = 'completed') THEN `bookings`.`amount_base_minor` END) AS `booking_value`, nullIf(arrayStringConcat(groupUniqArray(CASE WHEN (`bookings`.`type` = 'completed' AND `bookings`.`amount_minor` IS NOT NULL AND `bookings`.`amount_base_minor` IS NULL) THEN coalesce(`bookings`.`currency`, '?') END), ','), '') AS `booking_value__unrated`
FROM `bookings`
WHERE `bookings`.`tenant` = 7 AND `bookings`.`day` < '2026-04-01' AND `bookings`.`day` >= '2026-01-01' AND `bookings`.`country` IN ('FR', 'BE') GROUP BY `bookings`.`plan`
 LIMIT 50001;
