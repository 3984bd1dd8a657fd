-- One row per customer, out of event, identity and person. Windows end with the business day `as_of`.
CREATE TEMP TABLE mine AS
SELECT i.customer_id, e.*
FROM event AS e JOIN identity AS i USING (source, account_id)
WHERE e.occurred_at < getvariable('until');

CREATE TEMP MACRO since(days) AS timezone('UTC', timezone(
    getvariable('timezone'), (getvariable('as_of')::DATE + 1 - CAST(days AS INTEGER))::TIMESTAMP));

CREATE TEMP TABLE receipt AS
SELECT
    customer_id, source, account_id, order_id, min(occurred_at) AS ordered_at, count(*) AS line_count,
    coalesce(sum(net_amount) FILTER (net_amount > 0), 0) AS gross, coalesce(-sum(net_amount) FILTER (net_amount < 0), 0) AS refund,
    sum(net_amount) AS net, bool_or(event_type = 'sale') AS is_kept, min(channel) AS channel
FROM mine WHERE kind = 'transactions' GROUP BY customer_id, source, account_id, order_id;

CREATE TEMP TABLE orders AS
SELECT
    customer_id,
    count(*) FILTER (is_kept) AS order_count, count(*) FILTER (NOT is_kept) AS cancelled_order_count,
    sum(line_count)::BIGINT AS line_count, sum(gross) AS gross_amount, sum(refund) AS refund_amount, sum(net) AS net_amount,
    (sum(net) FILTER (is_kept))::DOUBLE / nullif(count(*) FILTER (is_kept), 0) AS average_basket_amount,
    sum(refund)::DOUBLE / nullif(sum(gross), 0)::DOUBLE AS refund_share,
    min(ordered_at) FILTER (is_kept) AS first_order_at, max(ordered_at) FILTER (is_kept) AS last_order_at,
    datesub('day', max(ordered_at) FILTER (is_kept), getvariable('until')) AS recency_days,
    count(*) FILTER (is_kept AND ordered_at >= since(30)) AS order_30_count,
    count(*) FILTER (is_kept AND ordered_at >= since(90)) AS order_90_count,
    count(*) FILTER (is_kept AND ordered_at >= since(365)) AS order_365_count,
    sum(net) FILTER (ordered_at >= since(30)) AS net_30_amount,
    sum(net) FILTER (ordered_at >= since(90)) AS net_90_amount,
    sum(net) FILTER (ordered_at >= since(365)) AS net_365_amount
FROM receipt GROUP BY customer_id;

CREATE TEMP TABLE category AS
SELECT customer_id, arg_max(category, (spent, category)) AS top_category
FROM (
    SELECT customer_id, category, sum(net_amount) AS spent FROM mine
    WHERE kind = 'transactions' AND category IS NOT NULL GROUP BY ALL
) GROUP BY customer_id;

CREATE TEMP TABLE channel AS
WITH counted AS (
    SELECT customer_id, channel, count(*) AS orders, count(*) / sum(count(*)) OVER (PARTITION BY customer_id) AS share
    FROM receipt WHERE is_kept AND channel IS NOT NULL GROUP BY customer_id, channel
)
SELECT
    customer_id, arg_max(channel, (orders, channel)) AS top_channel, arg_max(share, (orders, channel)) AS top_channel_share,
    string_agg(channel || ' ' || round(share * 100)::INTEGER || ' %', ', ' ORDER BY orders DESC, channel) AS channel_shares
FROM counted GROUP BY customer_id;

CREATE TEMP TABLE post AS
SELECT
    customer_id, count(*) AS post_count,
    count(*) FILTER (occurred_on > getvariable('as_of')::DATE - 30) AS post_30_count,
    count(*) FILTER (occurred_on > getvariable('as_of')::DATE - 90) AS post_90_count,
    count(*) FILTER (occurred_on > getvariable('as_of')::DATE - 365) AS post_365_count,
    sum(like_count)::BIGINT AS like_count, sum(reply_count)::BIGINT AS reply_count,
    min(occurred_at) AS first_post_at, max(occurred_at) AS last_post_at
FROM mine WHERE kind = 'social' GROUP BY customer_id;

CREATE TEMP TABLE ticket AS
SELECT
    customer_id, count(*) AS ticket_count,
    count(*) FILTER (status NOT IN ('solved', 'closed') AND (resolved_at IS NULL OR resolved_at >= getvariable('until')))
        AS open_ticket_count,
    count(*) FILTER (occurred_at >= since(90)) AS ticket_90_count,
    median(epoch(resolved_at - occurred_at) / 3600) FILTER (resolved_at BETWEEN occurred_at AND getvariable('until'))
        AS median_solve_hours,
    max(occurred_at) AS last_ticket_at
FROM mine WHERE kind = 'support' GROUP BY customer_id;

CREATE TEMP TABLE golden AS
SELECT
    customer_id,
    arg_max(full_name, (-trust, seen_at, full_name)) FILTER (full_name IS NOT NULL) AS full_name,
    arg_max(given_name, (-trust, seen_at, given_name)) FILTER (given_name IS NOT NULL) AS given_name,
    arg_max(surname, (-trust, seen_at, surname)) FILTER (surname IS NOT NULL) AS surname,
    arg_max(email, (-trust, seen_at, email)) FILTER (email IS NOT NULL) AS email,
    arg_max(phone, (-trust, seen_at, phone)) FILTER (phone IS NOT NULL) AS phone,
    arg_max(national_id, (-trust, seen_at, national_id)) FILTER (national_id IS NOT NULL) AS national_id,
    arg_max(handle, (-trust, seen_at, handle)) FILTER (handle IS NOT NULL) AS handle,
    arg_max(birth_date, (-trust, seen_at, birth_date)) FILTER (birth_date IS NOT NULL) AS birth_date,
    arg_max(gender, (-trust, seen_at, gender)) FILTER (gender IS NOT NULL) AS gender,
    arg_max(language, (-trust, seen_at, language)) FILTER (language IS NOT NULL) AS language,
    arg_max(district, (-trust, seen_at, district)) FILTER (district IS NOT NULL) AS district,
    arg_max(address, (-trust, seen_at, address)) FILTER (address IS NOT NULL) AS address,
    arg_max(postcode, (-trust, seen_at, postcode)) FILTER (postcode IS NOT NULL) AS postcode
FROM person JOIN identity USING (source, account_id) GROUP BY customer_id;

CREATE TEMP TABLE presence AS
SELECT
    customer_id, count(*) AS account_count, count(DISTINCT source) AS source_count,
    string_agg(DISTINCT source, ', ' ORDER BY source) AS sources
FROM identity GROUP BY customer_id;

CREATE TEMP TABLE span AS
SELECT customer_id, min(occurred_at) AS first_seen_at, max(occurred_at) AS last_seen_at FROM mine GROUP BY customer_id;

CREATE TABLE customer_profile AS
SELECT
    customer_id, getvariable('as_of')::DATE AS as_of, full_name, given_name, surname, email, phone, national_id, handle,
    birth_date, gender, language, district, address, postcode, account_count, source_count, sources, first_seen_at, last_seen_at,
    coalesce(order_count, 0) AS order_count, coalesce(cancelled_order_count, 0) AS cancelled_order_count,
    coalesce(line_count, 0) AS line_count, coalesce(gross_amount, 0)::DECIMAL(18, 2) AS gross_amount,
    coalesce(refund_amount, 0)::DECIMAL(18, 2) AS refund_amount, coalesce(net_amount, 0)::DECIMAL(18, 2) AS net_amount,
    average_basket_amount::DECIMAL(18, 2) AS average_basket_amount, refund_share, first_order_at, last_order_at, recency_days,
    coalesce(order_30_count, 0) AS order_30_count, coalesce(order_90_count, 0) AS order_90_count,
    coalesce(order_365_count, 0) AS order_365_count, coalesce(net_30_amount, 0)::DECIMAL(18, 2) AS net_30_amount,
    coalesce(net_90_amount, 0)::DECIMAL(18, 2) AS net_90_amount, coalesce(net_365_amount, 0)::DECIMAL(18, 2) AS net_365_amount,
    top_category, top_channel, top_channel_share, channel_shares, coalesce(post_count, 0) AS post_count,
    coalesce(post_30_count, 0) AS post_30_count, coalesce(post_90_count, 0) AS post_90_count,
    coalesce(post_365_count, 0) AS post_365_count, like_count, reply_count, first_post_at, last_post_at,
    coalesce(ticket_count, 0) AS ticket_count, coalesce(open_ticket_count, 0) AS open_ticket_count,
    coalesce(ticket_90_count, 0) AS ticket_90_count, median_solve_hours, last_ticket_at
FROM presence
LEFT JOIN golden USING (customer_id) LEFT JOIN span USING (customer_id) LEFT JOIN orders USING (customer_id)
LEFT JOIN category USING (customer_id) LEFT JOIN channel USING (customer_id) LEFT JOIN post USING (customer_id)
LEFT JOIN ticket USING (customer_id)
ORDER BY customer_id;
