-- Do new buyers come back: of those who first bought in a month, which share bought again in each later month?
-- One row per month of the first purchase and number of months since; a fall along a cohort is loss, a rise from cohort to cohort is progress.
WITH bought AS (
    SELECT DISTINCT customer_id, CAST(date_trunc('month', occurred_on) AS DATE) AS month
    FROM customer_event WHERE event_type = 'sale' AND customer_id IS NOT NULL
),
born AS (SELECT customer_id, min(month) AS cohort_month FROM bought GROUP BY customer_id),
sized AS (SELECT cohort_month, count(*) AS customer_count FROM born GROUP BY cohort_month)
SELECT cohort_month, date_diff('month', cohort_month, month) AS months_since, any_value(customer_count) AS customer_count,
    count(*) AS buyer_count, round(count(*) / any_value(customer_count), 3) AS buyer_share
FROM bought JOIN born USING (customer_id) JOIN sized USING (cohort_month)
GROUP BY cohort_month, months_since
ORDER BY cohort_month, months_since
