-- One customer for all accounts that an email or a phone joins, out of person and event; a world's own script makes to_email and to_phone.
-- A key that stands on more than 8 accounts (the shop's own phone, 99999999) says nothing.
CREATE TEMP TABLE key AS
FROM (
    SELECT DISTINCT 'email' AS kind, to_email(email) AS key, source, account_id FROM person WHERE to_email(email) IS NOT NULL
    UNION ALL
    SELECT DISTINCT 'phone', to_phone(phone), source, account_id FROM person WHERE length(to_phone(phone)) >= 7
) QUALIFY count(*) OVER (PARTITION BY kind, key) <= 8;

CREATE TEMP TABLE account AS
SELECT row_number() OVER (ORDER BY source, account_id) AS node, source, account_id
FROM (SELECT source, account_id FROM person UNION SELECT source, account_id FROM event WHERE account_id IS NOT NULL)
WHERE account_id NOT LIKE 'guest-%' OR (source, account_id) IN (SELECT (source, account_id) FROM key);

CREATE TEMP TABLE link AS
WITH hub AS (SELECT node, min(node) OVER (PARTITION BY kind, key) AS first FROM key JOIN account USING (source, account_id))
SELECT node AS a, first AS b FROM hub WHERE node <> first UNION SELECT first, node FROM hub WHERE node <> first;

CREATE TABLE identity AS
WITH RECURSIVE label(node, component) USING KEY (node) AS (
    SELECT DISTINCT a, a FROM link
    UNION
    SELECT link.b, min(label.component)
    FROM label JOIN link ON link.a = label.node JOIN recurring.label AS seen ON seen.node = link.b
    WHERE label.component < seen.component GROUP BY link.b
)
SELECT source, account_id, 'C' || coalesce(component, node) AS customer_id FROM account LEFT JOIN label USING (node);
