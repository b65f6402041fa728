-- bookings_started, by month
SELECT CAST(date_trunc('month', CAST(`bookings`.`day` AS DATETIME)) AS DATE) AS `bucket`, sum(CASE WHEN (`bookings`.`type` IN ('started')) THEN 1 ELSE 0 END) AS `bookings_started`
FROM `bookings`
WHERE `bookings`.`tenant` = 7 AND `bookings`.`day` < '2026-04-01' AND `bookings`.`day` >= '2026-01-01' GROUP BY CAST(date_trunc('month', CAST(`bookings`.`day` AS DATETIME)) AS DATE)
 LIMIT 50001;

-- bookings_started, the whole period, two countries, by plan
SELECT `bookings`.`plan` AS `plan`, sum(CASE WHEN (`bookings`.`type` IN ('started')) THEN 1 ELSE 0 END) AS `bookings_started`
FROM `bookings`
WHERE `bookings`.`tenant` = 7 AND `bookings`.`day` < '2026-04-01' AND `bookings`.`day` >= '2026-01-01' AND `bookings`.`country` IN ('FR', 'BE') GROUP BY `bookings`.`plan`
 LIMIT 50001;
