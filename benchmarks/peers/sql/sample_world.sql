-- The sample world: five sources, loaded as they are, typed, exact repeats dropped, one account a customer by email and phone.
CREATE TABLE raw_sale AS
FROM read_parquet(getvariable('data') || '/transactions/*.parquet', filename = true, file_row_number = true);

CREATE TABLE raw_crm AS
FROM read_csv(getvariable('data') || '/crm/*.csv', all_varchar = true, header = true, delim = ',', quote = '"', strict_mode = false, ignore_errors = true);

CREATE TABLE raw_post AS
FROM read_json(getvariable('data') || '/social/*.jsonl', format = 'newline_delimited', ignore_errors = true, columns = {
    id: 'VARCHAR', created_at: 'VARCHAR', text: 'VARCHAR',
    author: 'STRUCT(id VARCHAR, username VARCHAR, name VARCHAR, email VARCHAR, location VARCHAR)',
    metrics: 'STRUCT(like_count VARCHAR, reply_count VARCHAR)'});

CREATE TABLE raw_user AS
FROM read_json(getvariable('data') || '/support/users*.jsonl', format = 'newline_delimited', ignore_errors = true, columns = {
    id: 'VARCHAR', name: 'VARCHAR', email: 'VARCHAR', phone: 'VARCHAR', locale: 'VARCHAR', identity_document: 'VARCHAR',
    created_at: 'VARCHAR'});

CREATE TABLE raw_ticket AS
FROM read_json(getvariable('data') || '/support/tickets*.jsonl', format = 'newline_delimited', ignore_errors = true, columns = {
    id: 'VARCHAR', requester_id: 'VARCHAR', description: 'VARCHAR', status: 'VARCHAR', via: 'STRUCT(channel VARCHAR)',
    created_at: 'VARCHAR', solved_at: 'VARCHAR'});

CREATE TABLE raw_consent AS
FROM read_csv(getvariable('data') || '/consent/*.csv', all_varchar = true, header = true, delim = ';', ignore_errors = true);

CREATE TABLE rate AS
SELECT currency, valid_from::DATE AS valid_from, rate_to_hkd::DECIMAL(18, 6) AS rate
FROM read_csv(getvariable('data') || '/../../contracts/reference/fx_rates.csv', all_varchar = true);

CREATE TEMP MACRO to_email(value) AS nullif(lower(trim(value)), '');
CREATE TEMP MACRO to_phone(value) AS nullif(regexp_replace(regexp_replace(value, '[^0-9]', '', 'g'), '^852(\d{8})$', '\1'), '');
CREATE TEMP MACRO to_utc(value) AS timezone('UTC', try_cast(value AS TIMESTAMPTZ));
CREATE TEMP MACRO guest(email, phone, name) AS 'guest-' || md5(concat_ws('|', to_email(email), to_phone(phone), trim(name)));

CREATE TABLE sale AS
SELECT
    coalesce(nullif(trim(account), ''), CASE WHEN coalesce(to_email(buyer_email), to_phone(buyer_phone)) IS NOT NULL
        THEN guest(buyer_email, buyer_phone, buyer_name) END) AS account_id,
    * EXCLUDE (sold_at), try_cast(sold_at AS TIMESTAMP) AS sold_at
FROM raw_sale
WHERE amount IS NOT NULL AND try_cast(sold_at AS TIMESTAMP) < getvariable('as_of')::DATE + 1 AND quantity BETWEEN -1000 AND 1000
QUALIFY row_number() OVER (PARTITION BY line_id ORDER BY filename, file_row_number) = 1;

CREATE TABLE post AS
SELECT DISTINCT
    id, author.id AS account_id, text, author, to_utc(created_at) AS occurred_at,
    try_cast(metrics.like_count AS BIGINT) AS like_count, try_cast(metrics.reply_count AS BIGINT) AS reply_count
FROM raw_post WHERE author.id IS NOT NULL AND to_utc(created_at) < getvariable('until');

CREATE TABLE ticket AS
SELECT DISTINCT id, requester_id AS account_id, description, status, via.channel AS channel,
    to_utc(created_at) AS occurred_at, to_utc(solved_at) AS resolved_at
FROM raw_ticket WHERE requester_id IS NOT NULL AND to_utc(created_at) < getvariable('until');

CREATE TABLE event AS
SELECT
    'transactions' AS source, account_id, 'transactions' AS kind, order_no AS order_id,
    CASE WHEN status = 'cancelled' THEN 'cancelled' WHEN quantity < 0 THEN 'refund' ELSE 'sale' END AS event_type,
    timezone('UTC', timezone(getvariable('timezone'), sold_at)) AS occurred_at, sold_at::DATE AS occurred_on,
    CASE WHEN status = 'cancelled' THEN 0 WHEN quantity < 0 THEN -abs(amount) ELSE amount END * rate AS net_amount,
    category, channel, status, NULL::TIMESTAMP AS resolved_at, NULL::BIGINT AS like_count, NULL::BIGINT AS reply_count,
    item AS text
FROM sale ASOF JOIN rate ON sale.currency = rate.currency AND sale.sold_at::DATE >= rate.valid_from
UNION ALL BY NAME
SELECT 'social' AS source, account_id, 'social' AS kind, id AS order_id, 'post' AS event_type, occurred_at,
    timezone(getvariable('timezone'), timezone('UTC', occurred_at))::DATE AS occurred_on, like_count, reply_count, text
FROM post
UNION ALL BY NAME
SELECT 'users' AS source, account_id, 'support' AS kind, id AS order_id, 'ticket' AS event_type, occurred_at,
    timezone(getvariable('timezone'), timezone('UTC', occurred_at))::DATE AS occurred_on, channel, status, resolved_at, description AS text
FROM ticket;

CREATE TABLE person AS
SELECT DISTINCT
    'crm' AS source, customer_no AS account_id, 1 AS trust, getvariable('as_of')::TIMESTAMP AS seen_at, nullif(name_zh, '') AS full_name,
    given_name, surname, email, phone, hkid AS national_id, try_strptime(birth_date, '%d/%m/%Y')::DATE AS birth_date,
    CASE upper(gender[1]) WHEN 'F' THEN 'female' WHEN 'M' THEN 'male' END AS gender, language, district, address,
    NULL::VARCHAR AS handle, NULL::VARCHAR AS postcode
FROM raw_crm WHERE customer_no IS NOT NULL AND try_cast(joined_on AS DATE) IS NOT NULL
UNION ALL BY NAME
SELECT DISTINCT 'users' AS source, id AS account_id, 2 AS trust, getvariable('as_of')::TIMESTAMP AS seen_at, name AS full_name, email,
    phone, identity_document AS national_id, locale AS language
FROM raw_user WHERE id IS NOT NULL AND to_utc(created_at) IS NOT NULL
UNION ALL BY NAME
SELECT 'transactions' AS source, account_id, 3 AS trust, max(sold_at) AS seen_at, buyer_name AS full_name, buyer_email AS email,
    buyer_phone AS phone
FROM sale WHERE account_id IS NOT NULL GROUP BY ALL
UNION ALL BY NAME
SELECT 'social' AS source, account_id, 4 AS trust, max(occurred_at) AS seen_at, author.name AS full_name, author.email AS email,
    author.username AS handle, author.location AS district
FROM post GROUP BY ALL;
