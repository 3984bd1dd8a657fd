"""Where deadlines that Airflow scheduled before the move look for their callback; goes with the next release."""

from warehouse.monitoring.alerts import notify_if_missing as tell_if_missing

__all__ = ["tell_if_missing"]
