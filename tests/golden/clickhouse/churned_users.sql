-- churned_users, by month
SELECT `churned`.`bucket` AS `bucket`, sum(`churned`.`users`) AS `churned_users`
FROM (SELECT CAST(date_trunc('month', CAST(`churn`.`day` AS DATETIME)) AS DATE) AS `bucket`, `churn`.`users` AS `users`
FROM (SELECT CAST(`steps`.`moment` AS DATE) + CAST(30 AS INTEGER) AS `day`, `steps`.`users` AS `users`
FROM (SELECT `active`.`moment` AS `moment`, `active`.`prev` AS `prev`, `active`.`users` AS `users`
FROM (SELECT `rollup_active`.`day` AS `moment`, `rollup_active`.`prev_day` AS `prev`, `rollup_active`.`users` AS `users`
FROM `rollup_active`
WHERE `rollup_active`.`tenant` = 7 AND `rollup_active`.`dimension` = '' AND `rollup_active`.`day` < '2026-04-01' AND `rollup_active`.`day` >= '2025-12-02') AS `active`) AS `steps` UNION ALL SELECT CAST(`steps`.`prev` AS DATE) + CAST(30 AS INTEGER) AS `day`, -`steps`.`users` AS `users`
FROM (SELECT `active`.`moment` AS `moment`, `active`.`prev` AS `prev`, `active`.`users` AS `users`
FROM (SELECT `rollup_active`.`day` AS `moment`, `rollup_active`.`prev_day` AS `prev`, `rollup_active`.`users` AS `users`
FROM `rollup_active`
WHERE `rollup_active`.`tenant` = 7 AND `rollup_active`.`dimension` = '' AND `rollup_active`.`day` < '2026-04-01' AND `rollup_active`.`day` >= '2025-12-02') AS `active`) AS `steps`
WHERE `steps`.`prev` IS NOT NULL AND dateDiff('day', `steps`.`prev`, `steps`.`moment`) <= 30) AS `churn`
WHERE `churn`.`day` >= '2026-01-01' AND `churn`.`day` < '2026-04-01') AS `churned` GROUP BY `churned`.`bucket`
 LIMIT 50001;

-- churned_users, the whole period, two countries, by plan
SELECT `churned`.`plan` AS `plan`, sum(`churned`.`users`) AS `churned_users`
FROM (SELECT `churn`.`plan` AS `plan`, `churn`.`users` AS `users`
FROM (SELECT CAST(`steps`.`moment` AS DATE) + CAST(30 AS INTEGER) AS `day`, `steps`.`users` AS `users`, `steps`.`plan` AS `plan`
FROM (SELECT `moments`.`moment` AS `moment`, lag(`moments`.`moment`) OVER (PARTITION BY `moments`.`user_key`, `moments`.`plan` ORDER BY `moments`.`moment`) AS `prev`, 1 AS `users`, `moments`.`plan` AS `plan`
FROM (SELECT DISTINCT `rollup_user_day`.`user_key` AS `user_key`, `rollup_user_day`.`day` AS `moment`, coalesce(CAST(`rollup_user_day`.`plan` AS TEXT), '') AS `plan`
FROM `rollup_user_day`
WHERE `rollup_user_day`.`tenant` = 7 AND `rollup_user_day`.`day` < '2026-04-01' AND `rollup_user_day`.`user_key` IS NOT NULL AND `rollup_user_day`.`day` >= '2025-12-02' AND `rollup_user_day`.`country` IN ('FR', 'BE')) AS `moments`) AS `steps` UNION ALL SELECT CAST(`steps`.`prev` AS DATE) + CAST(30 AS INTEGER) AS `day`, -`steps`.`users` AS `users`, `steps`.`plan` AS `plan`
FROM (SELECT `moments`.`moment` AS `moment`, lag(`moments`.`moment`) OVER (PARTITION BY `moments`.`user_key`, `moments`.`plan` ORDER BY `moments`.`moment`) AS `prev`, 1 AS `users`, `moments`.`plan` AS `plan`
FROM (SELECT DISTINCT `rollup_user_day`.`user_key` AS `user_key`, `rollup_user_day`.`day` AS `moment`, coalesce(CAST(`rollup_user_day`.`plan` AS TEXT), '') AS `plan`
FROM `rollup_user_day`
WHERE `rollup_user_day`.`tenant` = 7 AND `rollup_user_day`.`day` < '2026-04-01' AND `rollup_user_day`.`user_key` IS NOT NULL AND `rollup_user_day`.`day` >= '2025-12-02' AND `rollup_user_day`.`country` IN ('FR', 'BE')) AS `moments`) AS `steps`
WHERE `steps`.`prev` IS NOT NULL AND dateDiff('day', `steps`.`prev`, `steps`.`moment`) <= 30) AS `churn`
WHERE `churn`.`day` >= '2026-01-01' AND `churn`.`day` < '2026-04-01') AS `churned` GROUP BY `churned`.`plan`
 LIMIT 50001;
