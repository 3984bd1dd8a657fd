-- Who talks unhappily and buys much?
-- Good customers with posts or tickets of the last 90 days that blame (polarity -0.2 or less); last_text is the latest of these.
WITH complaint AS (
    SELECT e.customer_id, count(*) AS complaint_count, arg_max(e.text, e.occurred_at) AS last_text
    FROM customer_event AS e JOIN customer_profile AS p USING (customer_id)
    WHERE e.kind IN ('social', 'support') AND e.occurred_on > p.as_of - 90 AND e.polarity <= -0.2
    GROUP BY e.customer_id
)
SELECT customer_id, full_name, net_365_amount, complaint_count, open_ticket_count, last_text
FROM customer_profile JOIN complaint USING (customer_id)
WHERE net_365_amount >= (SELECT quantile_cont(net_365_amount, 0.8) FROM customer_profile)
ORDER BY net_365_amount DESC, customer_id
LIMIT 50
