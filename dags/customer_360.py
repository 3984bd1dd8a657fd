"""The night of this project's own Airflow (`make up`, `make run`). Another Airflow needs a file like this one.

`C360_HOME` (default `var/` of the project) and `C360_CONTRACTS` (default `contracts/`) are read from the environment of
Airflow's processes; a relative path starts at the project's folder.
"""

import os
from pathlib import Path

from c360.airflow import customer_360_dag

ROOT = Path(__file__).resolve().parents[1]

customer_360_dag(
    home=ROOT / os.environ.get("C360_HOME", "var"),
    contracts=ROOT / os.environ.get("C360_CONTRACTS", "contracts"),
)
