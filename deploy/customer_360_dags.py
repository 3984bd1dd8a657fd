"""The DAGs of one home, in an Airflow whose tasks have an environment of their own."""

from c360.airflow import customer_360_dag, recommender_features_dag

PLACE = {"home": "/srv/c360/home", "contracts": "/srv/c360/contracts", "python": "/opt/customer-360/bin/python"}

customer_360_dag(**PLACE)
recommender_features_dag(**PLACE, out="/srv/c360/recommender")
