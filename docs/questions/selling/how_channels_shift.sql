-- How do sales shift between channels, month by month?
-- share is a channel's part of the month's net amount; change_share what it gained or lost since the month before. A last month may be incomplete.
WITH sold AS (
    SELECT CAST(date_trunc('month', occurred_on) AS DATE) AS month, coalesce(channel, 'unknown') AS channel,
        sum(net_amount) AS net_amount
    FROM customer_event WHERE kind = 'transactions'
    GROUP BY ALL
),
shared AS (SELECT *, net_amount / sum(net_amount) OVER (PARTITION BY month) AS share FROM sold)
SELECT month, channel, round(net_amount, 2) AS net_amount, round(share, 3) AS share,
    round(share - lag(share) OVER (PARTITION BY channel ORDER BY month), 3) AS change_share
FROM shared
ORDER BY month, net_amount DESC
