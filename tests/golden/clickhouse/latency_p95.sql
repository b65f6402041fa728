-- latency_p95, by month
SELECT `latency`.`bucket` AS `bucket`, max(`latency`.`p95`) AS `latency_p95`
FROM (SELECT `ranked`.`bucket` AS `bucket`, min(CASE WHEN (`ranked`.`below` >= 0.5 * `ranked`.`total`) THEN power(1.01, `ranked`.`bucket_ms` + 0.5) END) AS `p50`, min(CASE WHEN (`ranked`.`below` >= 0.75 * `ranked`.`total`) THEN power(1.01, `ranked`.`bucket_ms` + 0.5) END) AS `p75`, min(CASE WHEN (`ranked`.`below` >= 0.95 * `ranked`.`total`) THEN power(1.01, `ranked`.`bucket_ms` + 0.5) END) AS `p95`, min(CASE WHEN (`ranked`.`below` >= 0.99 * `ranked`.`total`) THEN power(1.01, `ranked`.`bucket_ms` + 0.5) END) AS `p99`
FROM (SELECT `counted`.`bucket` AS `bucket`, `counted`.`bucket_ms` AS `bucket_ms`, sum(`counted`.`n`) OVER (PARTITION BY `counted`.`bucket` ORDER BY `counted`.`bucket_ms`) AS `below`, sum(`counted`.`n`) OVER (PARTITION BY `counted`.`bucket`) AS `total`
FROM (SELECT CAST(date_trunc('month', CAST(`timed`.`day` AS DATETIME)) AS DATE) AS `bucket`, `timed`.`bucket_ms` AS `bucket_ms`, sum(`timed`.`requests`) AS `n`
FROM (SELECT `rollup_latency`.`tenant` AS `tenant`, `rollup_latency`.`day` AS `day`, `rollup_latency`.`requests` AS `requests`, `rollup_latency`.`name` AS `endpoint`, `rollup_latency`.`hour` AS `ts`, `rollup_latency`.`bucket` AS `bucket_ms`
FROM `rollup_latency`
WHERE `rollup_latency`.`source` = 'api') AS `timed`
WHERE `timed`.`tenant` = 7 AND `timed`.`day` < '2026-04-01' AND `timed`.`day` >= '2026-01-01' GROUP BY CAST(date_trunc('month', CAST(`timed`.`day` AS DATETIME)) AS DATE), `timed`.`bucket_ms`) AS `counted`) AS `ranked` GROUP BY `ranked`.`bucket`) AS `latency` GROUP BY `latency`.`bucket`
 LIMIT 50001;

-- latency_p95, the whole period, two countries, by plan
SELECT `latency`.`plan` AS `plan`, max(`latency`.`p95`) AS `latency_p95`
FROM (SELECT `ranked`.`plan` AS `plan`, min(CASE WHEN (`ranked`.`below` >= 0.5 * `ranked`.`total`) THEN power(1.01, `ranked`.`bucket_ms` + 0.5) END) AS `p50`, min(CASE WHEN (`ranked`.`below` >= 0.75 * `ranked`.`total`) THEN power(1.01, `ranked`.`bucket_ms` + 0.5) END) AS `p75`, min(CASE WHEN (`ranked`.`below` >= 0.95 * `ranked`.`total`) THEN power(1.01, `ranked`.`bucket_ms` + 0.5) END) AS `p95`, min(CASE WHEN (`ranked`.`below` >= 0.99 * `ranked`.`total`) THEN power(1.01, `ranked`.`bucket_ms` + 0.5) END) AS `p99`
FROM (SELECT `counted`.`plan` AS `plan`, `counted`.`bucket_ms` AS `bucket_ms`, sum(`counted`.`n`) OVER (PARTITION BY `counted`.`plan` ORDER BY `counted`.`bucket_ms`) AS `below`, sum(`counted`.`n`) OVER (PARTITION BY `counted`.`plan`) AS `total`
FROM (SELECT coalesce(CAST(`timed`.`plan` AS TEXT), '') AS `plan`, `timed`.`bucket_ms` AS `bucket_ms`, sum(`timed`.`requests`) AS `n`
FROM (SELECT `api_requests`.`tenant` AS `tenant`, `api_requests`.`id` AS `id`, `api_requests`.`ts` AS `ts`, `api_requests`.`day` AS `day`, `api_requests`.`endpoint` AS `endpoint`, `api_requests`.`method` AS `method`, `api_requests`.`status` AS `status`, `api_requests`.`latency_ms` AS `latency_ms`, `api_requests`.`error_code` AS `error_code`, `api_requests`.`request_id` AS `request_id`, `api_requests`.`service` AS `service`, `api_requests`.`region` AS `region`, `api_requests`.`user_key` AS `user_key`, `api_requests`.`account_key` AS `account_key`, `api_requests`.`plan` AS `plan`, `api_requests`.`kind` AS `kind`, `api_requests`.`country` AS `country`, `api_requests`.`channel` AS `channel`, CAST(floor(ln(greatest(`api_requests`.`latency_ms`, 0.001)) / CAST(ln(1.01) AS NUMERIC)) AS BIGINT) AS `bucket_ms`, 1 AS `requests`
FROM `api_requests`
WHERE `api_requests`.`latency_ms` IS NOT NULL) AS `timed`
WHERE `timed`.`tenant` = 7 AND `timed`.`day` < '2026-04-01' AND `timed`.`day` >= '2026-01-01' AND `timed`.`country` IN ('FR', 'BE') GROUP BY coalesce(CAST(`timed`.`plan` AS TEXT), ''), `timed`.`bucket_ms`) AS `counted`) AS `ranked` GROUP BY `ranked`.`plan`) AS `latency` GROUP BY `latency`.`plan`
 LIMIT 50001;
