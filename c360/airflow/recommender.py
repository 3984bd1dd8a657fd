"""**customer_360 is published → export**.

Each time a generation of the customer-360 is published, what recommenders learn from is rewritten: interactions
split by time, items, customers with their features, as Parquet, RecBole's atomic files, sparse matrices and a Feast
repository. It is what `c360 export recommender` writes.

### Where it works

The file that makes this DAG says which home it exports, by which contracts, and into which folder (`out`); the asset of
the home's nightly DAG wakes it. It reads the home and writes nothing in a generation, so it needs no place in the
writer's pool.

The parameters `k_core`, `purpose`, `validation_from` and `test_from` are the options of the command. Those who train
on it can wait for the asset `recommender_features`; its event says which generation it is of.

### When it fails

The export that was there before stays. **export** skips where nobody has done anything with an item, or nobody
consented.

* *the export is refused*: the leakage audit found what was known only later. A fault of ours: keep the message, train
  on the export before, and do not go round it.
* *holds something other than an export*: the folder is not ours. Empty it, or name another one.
* *has no contract for …*: `contracts` is not the folder of which the home was built.
* *consents.parquet is missing*, or *is damaged*: nobody can say who withdrew consent, so nothing goes out. Put it back
  from a backup, or run a night (`c360 run`), which writes it again.
* Anything else is a disk or a share, and is tried again after one minute and after two.

### How to run it again

Trigger it. It takes the generation that is served, whichever it is; after `c360 rollback` trigger it too.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import DAG, Asset, Param, dag, get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException

from c360.airflow.place import RETRIED, make_place

DAY = Param(None, type=["null", "string"], format="date", description="First day; by the shares, if none is given.")
PARAMS = {
    "k_core": Param(0, type="integer", minimum=0, description="Keep who and what is that frequent only."),
    "purpose": Param(None, type=["null", "string"], description="Purpose by which consent is asked."),
    "validation_from": DAY,
    "test_from": DAY,
}


def recommender_features_dag(
    home: str | Path,
    contracts: str | Path,
    out: str | Path,
    *,
    dag_id: str = "recommender_features",
    woken_by: str = "customer_360",
    python: str | Path | None = None,
) -> DAG:
    """The DAG that exports each published generation of a home to the folder `out`.

    Args:
        home: as given to `customer_360_dag`.
        contracts: likewise.
        out: absolute path of the folder of the export.
        dag_id: its name, and that of the asset that exporting updates.
        woken_by: the asset that publishing updates.
        python: as given to `customer_360_dag`.

    Raises:
        ValueError: a path is not absolute.
    """
    place, exported = make_place(home, contracts, python), Asset(dag_id)

    @task(outlets=[exported], **RETRIED)
    def export() -> dict[str, Any]:
        """Write the export and put it in the place of the one before; gives its generation and counts."""
        context = get_current_context()
        params = {name: context["params"][name] for name in PARAMS}
        given = dict(place.on_home("export", contracts=place.contracts, out=str(out), params=params))
        if "skipped" in given:
            raise AirflowSkipException(given["skipped"])
        context["outlet_events"][exported].extra = given
        return given

    @dag(
        dag_id=dag_id,
        schedule=[Asset(woken_by)],
        catchup=False,
        max_active_runs=1,
        dagrun_timeout=timedelta(hours=6),
        params=PARAMS,
        tags=["customer-360", "recommenders"],
        doc_md=__doc__,
    )
    def exports() -> None:
        """One export for each generation that is published."""
        export()

    return exports()
