-- Who opened three or more tickets within 30 days?
-- most_in_30_days is the busiest such time of the last year; open_ticket_count says who still waits.
WITH opened AS (
    SELECT customer_id, coalesce(parent_id, event_id) AS ticket, min(occurred_at) AS opened_at
    FROM customer_event WHERE kind = 'support' AND customer_id IS NOT NULL
    GROUP BY ALL
),
counted AS (
    SELECT customer_id, opened_at,
        count(*) OVER (PARTITION BY customer_id ORDER BY opened_at RANGE INTERVAL 30 DAYS PRECEDING) AS ticket_count
    FROM opened
)
SELECT customer_id, full_name, max(c.ticket_count) AS most_in_30_days, any_value(p.ticket_count) AS ticket_count,
    any_value(open_ticket_count) AS open_ticket_count
FROM counted AS c JOIN customer_profile AS p USING (customer_id)
WHERE c.opened_at > p.as_of - INTERVAL 365 DAYS
GROUP BY customer_id, full_name
HAVING most_in_30_days >= 3
ORDER BY most_in_30_days DESC, customer_id
LIMIT 50
