-- The generated events: four sources, loaded as they are, typed, exact repeats dropped.
CREATE TABLE raw_sale AS
FROM read_parquet(getvariable('data') || '/sales/*.parquet', filename = true, file_row_number = true);

CREATE TABLE raw_post AS
FROM read_csv(getvariable('data') || '/posts/*.csv', all_varchar = true, header = true, delim = ',', quote = '"');

CREATE TABLE raw_ticket AS FROM read_parquet(getvariable('data') || '/tickets/*.parquet');

CREATE TABLE raw_member AS FROM read_parquet(getvariable('data') || '/members/*.parquet');

CREATE TEMP MACRO to_email(value) AS nullif(lower(trim(value)), '');
CREATE TEMP MACRO to_phone(value) AS nullif(regexp_replace(regexp_replace(value, '[^0-9]', '', 'g'), '^852(\d{8})$', '\1'), '');
CREATE TEMP MACRO to_utc(local) AS timezone('UTC', timezone(getvariable('timezone'), local));

CREATE TABLE sale AS
FROM raw_sale
WHERE LineTotal IS NOT NULL AND Pieces BETWEEN -1000 AND 1000 AND SoldAt < getvariable('as_of')::DATE + 1
QUALIFY row_number() OVER (PARTITION BY LineRef ORDER BY filename, file_row_number) = 1;

CREATE TABLE post AS
SELECT DISTINCT
    post_ref, writer, handle, shown_name, mail, body, timezone('UTC', posted::TIMESTAMPTZ) AS occurred_at,
    hearts::BIGINT AS hearts, answers::BIGINT AS answers
FROM raw_post WHERE timezone('UTC', posted::TIMESTAMPTZ) < getvariable('until');

CREATE TABLE event AS
SELECT
    'sales' AS source, MemberNo AS account_id, 'transactions' AS kind, ReceiptNo AS order_id,
    CASE WHEN State = 'void' THEN 'cancelled' WHEN Pieces < 0 THEN 'refund' ELSE 'sale' END AS event_type,
    to_utc(SoldAt) AS occurred_at, SoldAt::DATE AS occurred_on, Article AS item_id, ArticleName AS item_name,
    CASE WHEN State = 'void' THEN 0 WHEN Pieces < 0 THEN -abs(LineTotal) ELSE LineTotal END AS net_amount, Department AS category,
    Outlet AS channel, State AS status, NULL::TIMESTAMP AS resolved_at, NULL::BIGINT AS like_count, NULL::BIGINT AS reply_count,
    NULL::VARCHAR AS text
FROM sale
UNION ALL BY NAME
SELECT 'posts' AS source, writer AS account_id, 'social' AS kind, post_ref AS order_id, 'post' AS event_type, occurred_at,
    timezone(getvariable('timezone'), timezone('UTC', occurred_at))::DATE AS occurred_on, hearts AS like_count, answers AS reply_count,
    body AS text
FROM post
UNION ALL BY NAME
SELECT DISTINCT 'members' AS source, cust_no AS account_id, 'support' AS kind, case_no AS order_id, 'ticket' AS event_type,
    to_utc(opened) AS occurred_at, opened::DATE AS occurred_on, via AS channel, state AS status, to_utc(closed) AS resolved_at, matter AS text
FROM raw_ticket WHERE to_utc(opened) < getvariable('until');

-- The latest word of the register about a customer counts.
CREATE TABLE person AS
SELECT
    'members' AS source, cust_no AS account_id, 1 AS trust, told_on::TIMESTAMP AS seen_at, full_name, mail AS email, mobile AS phone,
    born AS birth_date, CASE sex WHEN 'F' THEN 'female' WHEN 'M' THEN 'male' END AS gender, language, town AS district,
    NULL::VARCHAR AS given_name, NULL::VARCHAR AS surname, NULL::VARCHAR AS national_id, NULL::VARCHAR AS handle,
    NULL::VARCHAR AS address, NULL::VARCHAR AS postcode
FROM raw_member QUALIFY row_number() OVER (PARTITION BY cust_no ORDER BY told_on DESC) = 1
UNION ALL BY NAME
SELECT 'sales' AS source, MemberNo AS account_id, 3 AS trust, max(to_utc(SoldAt)) AS seen_at, MemberEmail AS email
FROM sale WHERE MemberNo IS NOT NULL GROUP BY ALL
UNION ALL BY NAME
SELECT 'posts' AS source, writer AS account_id, 4 AS trust, max(occurred_at) AS seen_at, shown_name AS full_name, mail AS email, handle
FROM post GROUP BY ALL;
