-- ad_impressions, by month
SELECT CAST(date_trunc('month', CAST(channel_costs.day AS TIMESTAMP WITHOUT TIME ZONE)) AS DATE) AS bucket, sum(channel_costs.impressions) AS ad_impressions
FROM channel_costs
WHERE channel_costs.tenant = 7 AND channel_costs.day < '2026-04-01' AND channel_costs.day >= '2026-01-01' GROUP BY CAST(date_trunc('month', CAST(channel_costs.day AS TIMESTAMP WITHOUT TIME ZONE)) AS DATE)
 LIMIT 50001;
