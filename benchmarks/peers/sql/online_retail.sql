-- UCI Online Retail: one Parquet file of invoice lines; a customer is an account. Equal lines are lines of their own.
CREATE TABLE raw AS FROM read_parquet(getvariable('data'));

CREATE TABLE event AS
WITH typed AS (
    SELECT
        InvoiceNo AS order_id, CAST(CustomerID AS BIGINT)::VARCHAR AS account_id, CAST(Quantity AS BIGINT) AS quantity,
        CAST(UnitPrice AS DECIMAL(18, 3)) AS unit_price, InvoiceDate AS local_at,
        nullif(trim(StockCode), '') AS item_id, nullif(trim(Description), '') AS item_name, Country AS country
    FROM raw
)
SELECT
    'transactions' AS source, account_id, 'transactions' AS kind, order_id,
    CASE WHEN quantity < 0 OR quantity = 0 AND unit_price < 0 THEN 'refund' ELSE 'sale' END AS event_type,
    timezone('UTC', timezone(getvariable('timezone'), local_at)) AS occurred_at, CAST(local_at AS DATE) AS occurred_on,
    CAST(quantity * unit_price AS DECIMAL(18, 4)) AS net_amount, quantity, item_id, item_name, country,
    NULL::VARCHAR AS category, NULL::VARCHAR AS channel, NULL::VARCHAR AS status, NULL::TIMESTAMP AS resolved_at,
    NULL::BIGINT AS like_count, NULL::BIGINT AS reply_count
FROM typed;

CREATE TABLE identity AS
SELECT DISTINCT source, account_id, 'C' || account_id AS customer_id FROM event WHERE account_id IS NOT NULL;

CREATE TABLE person AS
SELECT
    source, account_id, 1 AS trust, max(occurred_at) AS seen_at, trim(country) AS district,
    NULL::VARCHAR AS full_name, NULL::VARCHAR AS given_name, NULL::VARCHAR AS surname, NULL::VARCHAR AS email,
    NULL::VARCHAR AS phone, NULL::VARCHAR AS national_id, NULL::VARCHAR AS handle, NULL::DATE AS birth_date,
    NULL::VARCHAR AS gender, NULL::VARCHAR AS language, NULL::VARCHAR AS address, NULL::VARCHAR AS postcode
FROM event WHERE account_id IS NOT NULL GROUP BY ALL;
