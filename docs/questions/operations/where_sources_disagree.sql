-- Of whom do sources disagree on what cannot have two values?
-- Two birth dates, genders or national ids of one customer: a mistyped value, or two people who were taken for one (c360 explain).
SELECT v.customer_id, v.attribute, count(*) AS value_count, any_value(p.confidence) AS confidence,
    string_agg(DISTINCT v.origin, ', ' ORDER BY v.origin) AS told_by
FROM customer_profile_provenance AS v JOIN customer_profile AS p USING (customer_id)
WHERE v.attribute IN ('birth_date', 'gender', 'national_id')
GROUP BY v.customer_id, v.attribute
HAVING count(*) > 1
ORDER BY confidence, v.customer_id
LIMIT 50
