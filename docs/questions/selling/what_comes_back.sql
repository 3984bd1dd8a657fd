-- What is returned or cancelled most?
-- By category: returned_share is the part of the sold amount that was paid back; cancelled lines count by their number.
SELECT coalesce(category, 'unknown') AS category, count(*) FILTER (event_type = 'sale') AS sold_line_count,
    count(*) FILTER (event_type = 'refund') AS returned_line_count,
    count(*) FILTER (event_type = 'cancelled') AS cancelled_line_count,
    round(-sum(net_amount) FILTER (net_amount < 0) / sum(net_amount) FILTER (net_amount > 0), 4) AS returned_share
FROM customer_event
WHERE kind = 'transactions'
GROUP BY category
ORDER BY returned_share DESC NULLS LAST
