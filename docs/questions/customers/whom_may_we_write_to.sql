-- Whom may we write to: what do customers say to direct marketing?
-- Only granted counts; never asked is no consent. reachable_count has an email or a phone besides.
SELECT CASE WHEN c.is_granted THEN 'granted' WHEN NOT c.is_granted THEN 'withdrawn' ELSE 'never asked' END AS answer,
    count(*) AS customer_count, count(*) FILTER (p.email IS NOT NULL OR p.phone IS NOT NULL) AS reachable_count,
    round(sum(p.net_365_amount), 2) AS net_365_amount
FROM customer_profile AS p
LEFT JOIN customer_consent AS c ON c.customer_id = p.customer_id AND c.purpose = 'direct_marketing'
GROUP BY answer
ORDER BY customer_count DESC
