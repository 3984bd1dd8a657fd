-- Which customers were merged or split in the last night?
-- One row per account that changed hands: from_customer had it until the last night, to_customer has it now; c360 explain says why.
WITH night AS (SELECT max(as_of) AS as_of FROM customer_profile)
SELECT before.source, before.account_id, before.customer_id AS from_customer, now.customer_id AS to_customer,
    i.rule, i.confidence
FROM customer_identity_history AS before
JOIN night ON before.valid_to = night.as_of
JOIN customer_identity_history AS now
    ON now.source = before.source AND now.account_id = before.account_id AND now.valid_from = night.as_of
JOIN customer_identity AS i ON i.source = now.source AND i.account_id = now.account_id
ORDER BY from_customer, before.source, before.account_id
