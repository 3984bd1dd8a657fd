-- How complete is what each source knows of customers?
-- known_share: of the customers of whom the source says anything, how many it tells this attribute of; a low one is a field to ask for.
WITH told AS (SELECT DISTINCT origin, attribute, customer_id FROM customer_profile_provenance),
reached AS (SELECT origin, count(DISTINCT customer_id) AS customer_count FROM told GROUP BY origin)
SELECT origin AS source, attribute, count(*) AS known_count, any_value(customer_count) AS customer_count,
    round(count(*) / any_value(customer_count), 3) AS known_share
FROM told JOIN reached USING (origin)
GROUP BY origin, attribute
ORDER BY source, known_share DESC, attribute
