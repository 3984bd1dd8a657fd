"""Features as they were known at each interaction of training, asked of Feast: `python -m … EXPORT`.

Prints how many moments were asked about, and how many Feast knows features for.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pandas as pd
from feast import FeatureStore

FEATURES = ["customer_features:order_count", "customer_features:net_amount"]


def main(export: str) -> None:
    folder = Path(export).resolve()
    apply = [str(Path(sys.executable).with_name("feast")), "apply"]
    subprocess.run(apply, cwd=folder / "feast", check=True, capture_output=True)
    rows = pd.read_parquet(folder / "parquet" / "interactions_train.parquet")
    asked = rows[["customer_id", "occurred_at"]].drop_duplicates()
    asked = asked.rename(columns={"occurred_at": "event_timestamp"})
    found = FeatureStore(folder / "feast").get_historical_features(asked, FEATURES).to_df()
    print(len(asked), int(found["order_count"].notna().sum()))


if __name__ == "__main__":
    main(*sys.argv[1:])
