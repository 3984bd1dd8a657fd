"""The command `c360`, and DAGs for any Airflow: all that an installed customer-360 adds to what others import."""
