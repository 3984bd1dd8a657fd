-- profile.sql as PySpark's views: one row per customer, out of event, identity and person.

-- view: mine
SELECT i.customer_id, e.* FROM event AS e JOIN identity AS i ON e.source = i.source AND e.account_id = i.account_id

-- view: day
SELECT
    DATE '${as_of}' AS as_of, to_utc_timestamp(date_add('${as_of}', 1), '${timezone}') AS until,
    to_utc_timestamp(date_add('${as_of}', -29), '${timezone}') AS since_30,
    to_utc_timestamp(date_add('${as_of}', -89), '${timezone}') AS since_90,
    to_utc_timestamp(date_add('${as_of}', -364), '${timezone}') AS since_365

-- view: receipt
SELECT
    customer_id, source, account_id, order_id, min(occurred_at) AS ordered_at, count(*) AS line_count,
    sum(greatest(net_amount, 0)) AS gross, sum(greatest(-net_amount, 0)) AS refund, sum(net_amount) AS net,
    bool_or(event_type = 'sale') AS is_kept, min(channel) AS channel
FROM mine WHERE kind = 'transactions' GROUP BY customer_id, source, account_id, order_id

-- view: orders
SELECT
    customer_id, count_if(is_kept) AS order_count, count_if(NOT is_kept) AS cancelled_order_count, sum(line_count) AS line_count,
    sum(gross) AS gross_amount, sum(refund) AS refund_amount, sum(net) AS net_amount,
    CAST(round(try_divide(CAST(sum(net) FILTER (WHERE is_kept) AS DOUBLE), count_if(is_kept)), 2) AS DECIMAL(18, 2)) AS average_basket_amount,
    try_divide(CAST(sum(refund) AS DOUBLE), CAST(sum(gross) AS DOUBLE)) AS refund_share,
    min(ordered_at) FILTER (WHERE is_kept) AS first_order_at, max(ordered_at) FILTER (WHERE is_kept) AS last_order_at,
    CAST(floor((unix_micros(any_value(until)) - unix_micros(max(ordered_at) FILTER (WHERE is_kept))) / 86400000000) AS BIGINT) AS recency_days,
    count_if(is_kept AND ordered_at >= since_30) AS order_30_count, count_if(is_kept AND ordered_at >= since_90) AS order_90_count,
    count_if(is_kept AND ordered_at >= since_365) AS order_365_count, sum(net) FILTER (WHERE ordered_at >= since_30) AS net_30_amount,
    sum(net) FILTER (WHERE ordered_at >= since_90) AS net_90_amount, sum(net) FILTER (WHERE ordered_at >= since_365) AS net_365_amount
FROM receipt CROSS JOIN day GROUP BY customer_id

-- view: category
SELECT customer_id, max_by(category, struct(spent, category)) AS top_category
FROM (
    SELECT customer_id, category, sum(net_amount) AS spent FROM mine
    WHERE kind = 'transactions' AND category IS NOT NULL GROUP BY customer_id, category
) GROUP BY customer_id

-- view: channel
WITH counted AS (
    SELECT customer_id, channel, count(*) AS orders FROM receipt WHERE is_kept AND channel IS NOT NULL GROUP BY customer_id, channel
), listed AS (
    SELECT customer_id, sum(orders) AS total, max(struct(orders, channel)) AS top, collect_list(struct(-orders AS rank, channel, orders)) AS all
    FROM counted GROUP BY customer_id
)
SELECT
    customer_id, top.channel AS top_channel, top.orders / total AS top_channel_share,
    array_join(transform(array_sort(all), x -> x.channel || ' ' || CAST(CAST(round(CAST(x.orders AS DOUBLE) / total * 100) AS INT) AS STRING) || ' %'), ', ')
        AS channel_shares
FROM listed

-- view: post
SELECT
    customer_id, count(*) AS post_count, count_if(occurred_on > date_add(as_of, -30)) AS post_30_count,
    count_if(occurred_on > date_add(as_of, -90)) AS post_90_count, count_if(occurred_on > date_add(as_of, -365)) AS post_365_count,
    sum(like_count) AS like_count, sum(reply_count) AS reply_count, min(occurred_at) AS first_post_at, max(occurred_at) AS last_post_at
FROM mine CROSS JOIN day WHERE kind = 'social' GROUP BY customer_id

-- view: ticket
SELECT
    customer_id, count(*) AS ticket_count,
    count_if(status NOT IN ('solved', 'closed') AND (resolved_at IS NULL OR resolved_at >= until)) AS open_ticket_count,
    count_if(occurred_at >= since_90) AS ticket_90_count,
    median((unix_micros(resolved_at) - unix_micros(occurred_at)) / 3600000000) FILTER (WHERE resolved_at BETWEEN occurred_at AND until)
        AS median_solve_hours,
    max(occurred_at) AS last_ticket_at
FROM mine CROSS JOIN day WHERE kind = 'support' GROUP BY customer_id

-- view: golden
SELECT
    customer_id, max_by(full_name, struct(-trust, seen_at, full_name)) FILTER (WHERE full_name IS NOT NULL) AS full_name,
    CAST(NULL AS STRING) AS given_name, CAST(NULL AS STRING) AS surname,
    max_by(email, struct(-trust, seen_at, email)) FILTER (WHERE email IS NOT NULL) AS email,
    max_by(phone, struct(-trust, seen_at, phone)) FILTER (WHERE phone IS NOT NULL) AS phone, CAST(NULL AS STRING) AS national_id,
    max_by(handle, struct(-trust, seen_at, handle)) FILTER (WHERE handle IS NOT NULL) AS handle,
    max_by(birth_date, struct(-trust, seen_at, birth_date)) FILTER (WHERE birth_date IS NOT NULL) AS birth_date,
    max_by(gender, struct(-trust, seen_at, gender)) FILTER (WHERE gender IS NOT NULL) AS gender,
    max_by(language, struct(-trust, seen_at, language)) FILTER (WHERE language IS NOT NULL) AS language,
    max_by(district, struct(-trust, seen_at, district)) FILTER (WHERE district IS NOT NULL) AS district,
    CAST(NULL AS STRING) AS address, CAST(NULL AS STRING) AS postcode
FROM person AS p JOIN identity AS i ON p.source = i.source AND p.account_id = i.account_id GROUP BY customer_id

-- view: presence
SELECT
    customer_id, count(*) AS account_count, count(DISTINCT source) AS source_count,
    array_join(array_sort(collect_set(source)), ', ') AS sources
FROM identity GROUP BY customer_id

-- view: span
SELECT customer_id, min(occurred_at) AS first_seen_at, max(occurred_at) AS last_seen_at FROM mine GROUP BY customer_id

-- view: customer_profile
SELECT
    customer_id, DATE '${as_of}' AS as_of, full_name, given_name, surname, email, phone, national_id, handle, birth_date, gender,
    language, district, address, postcode, account_count, source_count, sources, first_seen_at, last_seen_at,
    coalesce(order_count, 0) AS order_count, coalesce(cancelled_order_count, 0) AS cancelled_order_count,
    coalesce(line_count, 0) AS line_count, coalesce(gross_amount, 0) AS gross_amount, coalesce(refund_amount, 0) AS refund_amount,
    coalesce(net_amount, 0) AS net_amount, average_basket_amount, refund_share, first_order_at, last_order_at, recency_days,
    coalesce(order_30_count, 0) AS order_30_count, coalesce(order_90_count, 0) AS order_90_count,
    coalesce(order_365_count, 0) AS order_365_count, coalesce(net_30_amount, 0) AS net_30_amount,
    coalesce(net_90_amount, 0) AS net_90_amount, coalesce(net_365_amount, 0) AS net_365_amount, top_category, top_channel,
    top_channel_share, channel_shares, coalesce(post_count, 0) AS post_count, coalesce(post_30_count, 0) AS post_30_count,
    coalesce(post_90_count, 0) AS post_90_count, coalesce(post_365_count, 0) AS post_365_count, like_count, reply_count,
    first_post_at, last_post_at, coalesce(ticket_count, 0) AS ticket_count, coalesce(open_ticket_count, 0) AS open_ticket_count,
    coalesce(ticket_90_count, 0) AS ticket_90_count, median_solve_hours, last_ticket_at
FROM presence
LEFT JOIN golden USING (customer_id) LEFT JOIN span USING (customer_id) LEFT JOIN orders USING (customer_id)
LEFT JOIN category USING (customer_id) LEFT JOIN channel USING (customer_id) LEFT JOIN post USING (customer_id)
LEFT JOIN ticket USING (customer_id)
