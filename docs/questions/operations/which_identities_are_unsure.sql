-- Which identities are unsure, and matter?
-- Customers of several accounts held together by a link below 0.9, those with most money first; c360 explain and c360 unlink settle them.
SELECT customer_id, full_name, account_count, sources, round(confidence, 3) AS confidence, net_amount
FROM customer_profile
WHERE account_count > 1 AND confidence < 0.9
ORDER BY net_amount DESC, customer_id
LIMIT 50
