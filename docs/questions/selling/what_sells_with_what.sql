-- What is bought together?
-- lift: how much more often two items stand on one order than if they had nothing to do with each other; 1 is chance.
WITH line AS (
    SELECT DISTINCT source, coalesce(parent_id, event_id) AS order_id, item_name
    FROM customer_event WHERE event_type = 'sale' AND item_name IS NOT NULL
),
total AS (SELECT count(DISTINCT (source, order_id)) AS orders FROM line),
item AS (SELECT item_name, count(*) AS orders FROM line GROUP BY item_name),
pair AS (
    SELECT a.item_name AS item, b.item_name AS other_item, count(*) AS order_count
    FROM line AS a JOIN line AS b
        ON a.source = b.source AND a.order_id = b.order_id AND a.item_name < b.item_name
    GROUP BY ALL
)
SELECT item, other_item, order_count, round(order_count * total.orders / (one.orders * two.orders), 2) AS lift
FROM pair, total, item AS one, item AS two
WHERE one.item_name = item AND two.item_name = other_item AND order_count >= 10
ORDER BY lift DESC, item, other_item
LIMIT 50
