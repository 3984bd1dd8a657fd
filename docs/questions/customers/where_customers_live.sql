-- In which districts do customers live, and how much do they buy there?
-- Hong Kong's 18 districts and other places; customers without one are left out.
SELECT district, is_hk_district, count(*) AS customer_count, round(sum(net_365_amount), 2) AS net_365_amount,
    round(avg(net_365_amount), 2) AS mean_net_amount
FROM customer_profile
WHERE district IS NOT NULL
GROUP BY district, is_hk_district
ORDER BY net_365_amount DESC
