"""The generated events in PySpark on two cores: `python spark_events.py DATA OUT AS_OF TIMEZONE`.

What event_world.sql, identity.sql and profile.sql do, under the same names. OUT is a folder: event, identity and
customer_profile, each a folder of Parquet files.
"""

from __future__ import annotations

import sys
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

SQL = Path(__file__).parent / "sql"
SHARED_BY = 8
"""A key that stands on more accounts than this says nothing."""
KEPT = ("sale", "post", "mine", "receipt")
CONF = {
    "spark.driver.memory": "6g",
    "spark.sql.shuffle.partitions": "8",  # two cores: 200, the default, is many times slower
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}


def main(data: str, out: str, as_of: str, timezone: str) -> None:
    """Load, type, join accounts, build the profile."""
    builder = SparkSession.builder.master("local[2]").appName("events")
    for name, value in CONF.items():
        builder = builder.config(name, value)
    spark = builder.config("spark.local.dir", f"{out}.tmp").getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    load(spark, data)
    say_views(spark, "spark_events", as_of, timezone)
    for name in ("event", "person"):
        write(spark, out, name)
    join_accounts(spark).createOrReplaceTempView("identity")
    write(spark, out, "identity")
    say_views(spark, "spark_profile", as_of, timezone)
    write(spark, out, "customer_profile")
    spark.stop()


def load(spark: SparkSession, data: str) -> None:
    """The files of each source as views."""
    for source in ("sales", "tickets", "members"):
        spark.read.parquet(f"{data}/{source}").createOrReplaceTempView(f"raw_{source}")
    posts = (
        "post_ref STRING, posted STRING, writer STRING, handle STRING, shown_name STRING, mail STRING, body STRING,"
        " hearts LONG, answers LONG"
    )
    spark.read.csv(f"{data}/posts", schema=posts, header=True).createOrReplaceTempView("raw_posts")


def say_views(spark: SparkSession, name: str, as_of: str, timezone: str) -> None:
    """Views of a file of SQL: each is a line with its name, and a query. What several others read is kept in memory."""
    text = (SQL / f"{name}.sql").read_text("utf-8").replace("${as_of}", as_of).replace("${timezone}", timezone)
    for part in text.split("-- view: ")[1:]:
        view, _, query = part.partition("\n")
        table = spark.sql(query)
        (table.persist() if view in KEPT else table).createOrReplaceTempView(view)


def write(spark: SparkSession, out: str, name: str) -> None:
    """Write a table, and go on from what was written."""
    spark.table(name).write.mode("overwrite").parquet(f"{out}/{name}")
    spark.read.parquet(f"{out}/{name}").createOrReplaceTempView(name)


def join_accounts(spark: SparkSession) -> DataFrame:
    """One customer for all accounts that an email or a phone joins: labels fall along the keys until none falls."""
    account = spark.sql(
        "SELECT DISTINCT source, account_id, concat(source, ':', account_id) AS label FROM"
        " (SELECT source, account_id FROM person UNION ALL SELECT source, account_id FROM event)"
        " WHERE account_id IS NOT NULL"
    )
    told = spark.sql(
        "SELECT DISTINCT source, account_id, key FROM ("
        "SELECT source, account_id, 'email:' || lower(trim(email)) AS key FROM person WHERE email IS NOT NULL"
        " UNION ALL SELECT source, account_id, 'phone:' || regexp_replace(phone, '[^0-9]', '') AS key FROM person"
        " WHERE phone IS NOT NULL)"
    )
    few = told.groupBy("key").count().where(F.col("count") <= SHARED_BY).select("key")
    told, label, node = told.join(few, "key").cache(), account.cache(), ["source", "account_id"]
    while True:
        least = told.join(label, node).groupBy("key").agg(F.min("label").alias("least"))
        reach = told.join(least, "key").groupBy(*node).agg(F.min("least").alias("least"))
        lower = (
            label.join(reach, node, "left").select(*node, F.least("label", "least").alias("fallen"), "label").cache()
        )
        fell = lower.where(F.col("fallen") < F.col("label")).limit(1).count()
        label = lower.select(*node, F.col("fallen").alias("label"))
        if not fell:
            return label.withColumnRenamed("label", "customer_id")


if __name__ == "__main__":
    main(*sys.argv[1:])
