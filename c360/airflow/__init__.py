"""DAGs for any Airflow: a file in its `dags` folder calls `customer_360_dag`, and `recommender_features_dag` if wanted.

Nothing else of the program is imported into Airflow's processes; what tasks do, they do in processes of `python`.
"""

from c360.airflow.nightly import customer_360_dag
from c360.airflow.recommender import recommender_features_dag

__all__ = ["customer_360_dag", "recommender_features_dag"]
