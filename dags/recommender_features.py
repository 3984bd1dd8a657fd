"""**customer_360 is published → export**.

Each time a generation of the customer-360 is published, what recommenders learn from is rewritten: interactions
split by time, items, customers with their features, as Parquet, RecBole's atomic files, sparse matrices and a Feast
repository. It is what `c360 export recommender` writes.

### Where it works

`C360_HOME` and `C360_CONTRACTS` are those of the DAG `customer_360`, whose asset wakes this one. The export stands in
`C360_RECOMMENDER_OUT` (default `exports/recommender` in the home); a relative path starts at the project's folder. It
reads the home and writes nothing in a generation, so it needs no place in the writer's pool.

The parameters `k_core`, `purpose`, `validation_from` and `test_from` are the options of the command. Those who train
on it can wait for the asset `recommender_features`; its event says which generation it is of.

### When it fails

The export that was there before stays. **export** skips where nobody has done anything with an item, or nobody
consented.

* *the export is refused*: the leakage audit found what was known only later. A fault of ours: keep the message, train
  on the export before, and do not go round it.
* *holds something other than an export*: the folder is not ours. Empty it, or name another one.
* *has no contract for …*: `C360_CONTRACTS` is not the folder of which the home was built.
* *consents.parquet is missing*, or *is damaged*: nobody can say who withdrew consent, so nothing goes out. Put it back
  from a backup, or run a night (`c360 run`), which writes it again.
* Anything else is a disk or a share, and is tried again after one minute and after two.

### How to run it again

Trigger it. It takes the generation that is served, whichever it is; after `c360 rollback` trigger it too.
"""

from __future__ import annotations

import os
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import Asset, Param, dag, get_current_context, task
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException

ROOT = Path(__file__).resolve().parents[1]
RECOMMENDER_FEATURES = Asset("recommender_features")
DAY = Param(None, type=["null", "string"], format="date", description="First day; by the shares, if none is given.")


@dag(
    schedule=[Asset("customer_360")],
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=6),
    params={
        "k_core": Param(0, type="integer", minimum=0, description="Keep who and what is that frequent only."),
        "purpose": Param(None, type=["null", "string"], description="Purpose by which consent is asked."),
        "validation_from": DAY,
        "test_from": DAY,
    },
    tags=["customer-360", "recommenders"],
    doc_md=__doc__,
)
def recommender_features() -> None:
    """One export for each generation that is published."""
    export()


@task(retries=2, retry_delay=timedelta(minutes=1), retry_exponential_backoff=2.0, outlets=[RECOMMENDER_FEATURES])
def export() -> dict[str, Any]:
    """Write the export and put it in the place of the one before; gives its generation and counts."""
    from serving.recommender.export import ExportOptions, export_recommender
    from serving.recommender.selection import NothingError
    from warehouse.errors import describe_error, is_verdict, without_panic

    context = get_current_context()
    try:
        with without_panic():
            manifest = export_recommender(ExportOptions(*find_folders(), **read_params(context["params"])))
    except NothingError as error:
        raise AirflowSkipException(str(error)) from None
    except Exception as error:  # without its traceback, which may quote a row
        kind = AirflowFailException if is_verdict(error) else AirflowException
        raise kind(describe_error(error)) from None
    told = {"generation": manifest["generation"], **manifest["counts"]}
    context["outlet_events"][RECOMMENDER_FEATURES].extra = told
    return told


def find_folders() -> tuple[Path, Path, Path]:
    """The home, the contracts, and where the export stands."""
    home = ROOT / os.environ.get("C360_HOME", "var")
    contracts = ROOT / os.environ.get("C360_CONTRACTS", "contracts")
    return home, contracts, ROOT / os.environ.get("C360_RECOMMENDER_OUT", home / "exports" / "recommender")


def read_params(params: Any) -> dict[str, Any]:
    """The parameters as the export takes them."""
    days = {name: params[name] and date.fromisoformat(params[name]) for name in ("validation_from", "test_from")}
    return {"core": params["k_core"], "purpose": params["purpose"], **days}


recommender_features()
