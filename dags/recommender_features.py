"""The export for recommenders of this project's own Airflow, in `C360_RECOMMENDER_OUT` (default: in the home)."""

import os
from pathlib import Path

from c360.airflow import recommender_features_dag

ROOT = Path(__file__).resolve().parents[1]
HOME = ROOT / os.environ.get("C360_HOME", "var")

recommender_features_dag(
    home=HOME,
    contracts=ROOT / os.environ.get("C360_CONTRACTS", "contracts"),
    out=ROOT / os.environ.get("C360_RECOMMENDER_OUT", HOME / "exports" / "recommender"),
)
