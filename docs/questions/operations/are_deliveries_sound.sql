-- Are deliveries sound: how fresh is each source, and how much of it was put aside?
-- last_landed_at that stands still is a source that has stopped; quarantined_share above its usual is a source that has changed.
SELECT source, count(*) AS delivery_count, max(landed_at) AS last_landed_at, sum(physical_count) AS record_count,
    sum(quarantined_count) AS quarantined_count,
    round(sum(quarantined_count) / greatest(sum(physical_count), 1), 4) AS quarantined_share
FROM delivery
GROUP BY source
ORDER BY source
