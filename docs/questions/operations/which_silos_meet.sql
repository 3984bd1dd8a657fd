-- In which silos are customers seen, and who of them in two only?
-- One row per combination; the accounts in it were found to be the same people. Missing combinations are what is not linked.
SELECT source_count, sources, count(*) AS customer_count, round(avg(confidence), 3) AS mean_confidence,
    round(sum(net_amount), 2) AS net_amount
FROM customer_profile
GROUP BY source_count, sources
ORDER BY source_count = 2 DESC, customer_count DESC
