-- The generated events as PySpark's views, typed, exact repeats dropped.

-- view: sale
SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY LineRef ORDER BY SoldAt) AS place FROM raw_sales)
WHERE place = 1 AND LineTotal IS NOT NULL AND Pieces BETWEEN -1000 AND 1000

-- view: post
SELECT DISTINCT post_ref, to_timestamp(posted) AS occurred_at, writer, handle, shown_name, mail, body, hearts, answers FROM raw_posts

-- view: event
SELECT
    'sales' AS source, MemberNo AS account_id, 'transactions' AS kind, ReceiptNo AS order_id,
    CASE WHEN State = 'void' THEN 'cancelled' WHEN Pieces < 0 THEN 'refund' ELSE 'sale' END AS event_type,
    to_utc_timestamp(SoldAt, '${timezone}') AS occurred_at, to_date(SoldAt) AS occurred_on, Article AS item_id, ArticleName AS item_name,
    CASE WHEN State = 'void' THEN 0 WHEN Pieces < 0 THEN -abs(LineTotal) ELSE LineTotal END AS net_amount, Department AS category,
    Outlet AS channel, State AS status, CAST(NULL AS TIMESTAMP) AS resolved_at, CAST(NULL AS BIGINT) AS like_count,
    CAST(NULL AS BIGINT) AS reply_count, CAST(NULL AS STRING) AS text
FROM sale WHERE to_utc_timestamp(SoldAt, '${timezone}') < to_utc_timestamp(date_add('${as_of}', 1), '${timezone}')
UNION ALL
SELECT
    'posts', writer, 'social', post_ref, 'post', occurred_at, to_date(from_utc_timestamp(occurred_at, '${timezone}')), NULL, NULL, NULL,
    NULL, NULL, NULL, NULL, hearts, answers, body
FROM post WHERE occurred_at < to_utc_timestamp(date_add('${as_of}', 1), '${timezone}')
UNION ALL
SELECT DISTINCT
    'members', cust_no, 'support', case_no, 'ticket', to_utc_timestamp(opened, '${timezone}'), to_date(opened), NULL, NULL, NULL,
    NULL, via, state, to_utc_timestamp(closed, '${timezone}'), NULL, NULL, matter
FROM raw_tickets WHERE to_utc_timestamp(opened, '${timezone}') < to_utc_timestamp(date_add('${as_of}', 1), '${timezone}')

-- view: person
SELECT
    'members' AS source, cust_no AS account_id, 1 AS trust, CAST(max(told_on) AS TIMESTAMP) AS seen_at,
    max_by(full_name, told_on) AS full_name, max_by(mail, told_on) AS email, max_by(mobile, told_on) AS phone,
    CAST(NULL AS STRING) AS handle, max_by(born, told_on) AS birth_date,
    CASE max_by(sex, told_on) WHEN 'F' THEN 'female' WHEN 'M' THEN 'male' END AS gender, max_by(language, told_on) AS language,
    max_by(town, told_on) AS district
FROM raw_members GROUP BY cust_no
UNION ALL
SELECT 'sales', MemberNo, 3, max(to_utc_timestamp(SoldAt, '${timezone}')), NULL, MemberEmail, NULL, NULL, NULL, NULL, NULL, NULL
FROM sale WHERE MemberNo IS NOT NULL GROUP BY MemberNo, MemberEmail
UNION ALL
SELECT 'posts', writer, 4, max(occurred_at), shown_name, mail, NULL, handle, NULL, NULL, NULL, NULL
FROM post GROUP BY writer, shown_name, mail, handle
