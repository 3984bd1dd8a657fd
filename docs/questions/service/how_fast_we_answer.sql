-- How fast are tickets solved, by channel?
-- Median and slowest tenth in hours, of solved tickets; unsolved_count has no time of solving. A channel that is slow and busy comes first.
WITH ticket AS (
    SELECT coalesce(parent_id, event_id) AS ticket, source, any_value(channel) AS channel,
        min(occurred_at) AS opened_at, max(resolved_at) AS solved_at
    FROM customer_event WHERE kind = 'support'
    GROUP BY ALL
),
timed AS (SELECT *, date_diff('minute', opened_at, solved_at) / 60 AS hours FROM ticket)
SELECT coalesce(channel, 'unknown') AS channel, count(*) AS ticket_count,
    count(*) FILTER (solved_at IS NULL) AS unsolved_count,
    round(median(hours), 1) AS median_hours, round(quantile_cont(hours, 0.9), 1) AS slowest_tenth_hours
FROM timed
GROUP BY channel
ORDER BY median_hours DESC NULLS LAST
