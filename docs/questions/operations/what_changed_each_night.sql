-- How much changed each night: how many profiles got a new version, and how many ended?
-- A night that changes many more profiles than its neighbours is a late delivery, a mass merge, or a changed contract.
SELECT night, count(*) FILTER (kind = 'began') AS began_count, count(*) FILTER (kind = 'ended') AS ended_count
FROM (
    SELECT valid_from AS night, 'began' AS kind FROM customer_profile_history
    UNION ALL SELECT valid_to, 'ended' FROM customer_profile_history WHERE valid_to IS NOT NULL
)
GROUP BY night
ORDER BY night DESC
