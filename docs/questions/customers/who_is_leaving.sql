-- Who is leaving: which regular buyers have been silent for longer than is usual with them?
-- usual_days is a customer's own mean gap between orders; silent_ratio 3 means silent for three such gaps. Call from the top.
SELECT customer_id, full_name, order_count, net_365_amount,
    round(date_diff('day', first_order_at, last_order_at) / (order_count - 1), 1) AS usual_days,
    recency_days AS silent_days,
    round(silent_days / greatest(usual_days, 1), 1) AS silent_ratio,
    round(p_alive, 2) AS p_alive
FROM customer_profile
WHERE order_count >= 3 AND recency_days >= 14 AND silent_ratio >= 2
ORDER BY net_365_amount DESC, customer_id
LIMIT 50
