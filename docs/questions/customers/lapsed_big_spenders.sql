-- Which big spenders have not bought for a month?
-- The quarter of buyers with the highest net amount, without an order in 30 days; may_be_written_to is their answer on direct marketing.
SELECT p.customer_id, p.full_name, p.net_amount, p.order_count, p.last_order_at, p.recency_days,
    coalesce(c.is_granted, false) AS may_be_written_to
FROM customer_profile AS p
LEFT JOIN customer_consent AS c ON c.customer_id = p.customer_id AND c.purpose = 'direct_marketing'
WHERE p.order_30_count = 0
    AND p.net_amount >= (SELECT quantile_cont(net_amount, 0.75) FROM customer_profile WHERE order_count > 0)
ORDER BY p.net_amount DESC, p.customer_id
LIMIT 50
