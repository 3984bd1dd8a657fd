-- What did a campaign do: did those who may be written to buy more in the last 30 days than before, and the others too?
-- The change of the granted group less that of the others is what may be the campaign's; groups differ in more than consent, so take it as a hint.
WITH answer AS (SELECT customer_id, is_granted FROM customer_consent WHERE purpose = 'direct_marketing'),
spent AS (
    SELECT p.customer_id, coalesce(a.is_granted, false) AS is_written_to, p.net_30_amount AS last_amount,
        coalesce(sum(e.net_amount), 0) AS before_amount
    FROM customer_profile AS p
    LEFT JOIN answer AS a USING (customer_id)
    LEFT JOIN customer_event AS e
        ON e.customer_id = p.customer_id AND e.occurred_on > p.as_of - 60 AND e.occurred_on <= p.as_of - 30
    GROUP BY ALL
)
SELECT is_written_to, count(*) AS customer_count,
    round(avg(before_amount), 2) AS before_mean_amount, round(avg(last_amount), 2) AS last_mean_amount,
    round(avg(last_amount) / avg(before_amount) - 1, 3) AS change_share
FROM spent
GROUP BY is_written_to
ORDER BY is_written_to
