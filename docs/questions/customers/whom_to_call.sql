-- Whom to call today: who of the best customers waits for an answer?
-- The fifth that spends most and has an open ticket, the highest spender first; call in the language that is given.
SELECT customer_id, coalesce(chinese_name, full_name) AS name, phone, language, open_ticket_count, last_ticket_at,
    service_mode, service_reasons, net_365_amount
FROM customer_profile
WHERE open_ticket_count > 0 AND net_365_amount >= (SELECT quantile_cont(net_365_amount, 0.8) FROM customer_profile)
ORDER BY net_365_amount DESC, customer_id
LIMIT 50
