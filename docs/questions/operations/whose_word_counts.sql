-- Whose word counts: from which source do the values of the golden record come, and why?
-- won_share is a source's part of the values that stand; a source that wins much and is trusted little deserves a look.
SELECT attribute, origin AS source, rule, count(*) AS won_count,
    round(count(*) / sum(count(*)) OVER (PARTITION BY attribute), 3) AS won_share
FROM customer_profile_provenance
WHERE place = 1
GROUP BY attribute, origin, rule
ORDER BY attribute, won_count DESC, source, rule
