-- active_before, by month
SELECT `windowed`.`bucket` AS `bucket`, sum(`windowed`.`users`) AS `active_before`
FROM (SELECT `windows`.`bucket` AS `bucket`, `steps`.`users` AS `users`
FROM (SELECT `active`.`moment` AS `moment`, `active`.`prev` AS `prev`, `active`.`users` AS `users`
FROM (SELECT `rollup_active`.`day` AS `moment`, `rollup_active`.`prev_day` AS `prev`, `rollup_active`.`users` AS `users`
FROM `rollup_active`
WHERE `rollup_active`.`tenant` = 7 AND `rollup_active`.`dimension` = '' AND `rollup_active`.`day` < '2026-04-01' AND `rollup_active`.`day` >= '2025-12-01') AS `active`) AS `steps` INNER JOIN (SELECT CAST(`listed`.`bucket` AS DATE) AS `bucket`, CAST(`listed`.`begin` AS DATE) AS `begin`, CAST(`listed`.`stop` AS DATE) AS `stop`
FROM VALUES('bucket Date, begin Date, stop Date', ('2026-01-01', '2025-12-01', '2026-01-01'), ('2026-02-01', '2026-01-01', '2026-02-01'), ('2026-03-01', '2026-02-01', '2026-03-01')) AS `listed`) AS `windows` ON `steps`.`moment` >= `windows`.`begin` AND `steps`.`moment` < `windows`.`stop` AND (`steps`.`prev` IS NULL OR `steps`.`prev` < `windows`.`begin`)) AS `windowed` GROUP BY `windowed`.`bucket`
 LIMIT 50001;

-- active_before, the whole period, two countries, by plan
SELECT `windowed`.`plan` AS `plan`, sum(`windowed`.`users`) AS `active_before`
FROM (SELECT `steps`.`plan` AS `plan`, `steps`.`users` AS `users`
FROM (SELECT `moments`.`moment` AS `moment`, lag(`moments`.`moment`) OVER (PARTITION BY `moments`.`user_key`, `moments`.`plan` ORDER BY `moments`.`moment`) AS `prev`, 1 AS `users`, `moments`.`plan` AS `plan`
FROM (SELECT DISTINCT `rollup_user_day`.`user_key` AS `user_key`, `rollup_user_day`.`day` AS `moment`, coalesce(CAST(`rollup_user_day`.`plan` AS TEXT), '') AS `plan`
FROM `rollup_user_day`
WHERE `rollup_user_day`.`tenant` = 7 AND `rollup_user_day`.`day` < '2026-04-01' AND `rollup_user_day`.`user_key` IS NOT NULL AND `rollup_user_day`.`day` >= '2025-10-01' AND `rollup_user_day`.`country` IN ('FR', 'BE')) AS `moments`) AS `steps` INNER JOIN (SELECT CAST(`listed`.`bucket` AS DATE) AS `bucket`, CAST(`listed`.`begin` AS DATE) AS `begin`, CAST(`listed`.`stop` AS DATE) AS `stop`
FROM VALUES('bucket Date, begin Date, stop Date', ('2026-01-01', '2025-10-01', '2026-01-01')) AS `listed`) AS `windows` ON `steps`.`moment` >= `windows`.`begin` AND `steps`.`moment` < `windows`.`stop` AND (`steps`.`prev` IS NULL OR `steps`.`prev` < `windows`.`begin`)) AS `windowed` GROUP BY `windowed`.`plan`
 LIMIT 50001;
