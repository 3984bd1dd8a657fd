-- Who are our customers: age and gender, and what do they spend?
-- One row per age band and gender; unknown is a row too. mean_net_amount is over the last 365 days.
SELECT coalesce(age_band, 'unknown') AS age_band, coalesce(gender, 'unknown') AS gender, count(*) AS customer_count,
    round(avg(net_365_amount), 2) AS mean_net_amount, round(avg(order_365_count), 1) AS mean_order_count
FROM customer_profile
GROUP BY ALL
ORDER BY age_band, gender
