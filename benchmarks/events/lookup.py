"""How long one customer's row takes to look up, by one reader and by eight at once, each within one connection.

python -m benchmarks.events.lookup HOME     milliseconds and look-ups a second, as JSON
"""

from __future__ import annotations

import json
import sys
import time
from multiprocessing import get_context
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from pathlib import Path
from statistics import median, quantiles

from serving.query import open_home

LOOKUPS = 500
READERS = 8


def look_up(home: Path) -> dict[str, float]:
    """profiles; and of one reader and of eight: median and 95th percentile (ms), look-ups a second of all together."""
    with open_home(home) as con:
        profiles = con.sql("SELECT count(*) FROM customer_profile").fetchall()[0][0]
    found = {"profiles": float(profiles)}
    for readers in (1, READERS):
        times = read_together(home, readers)
        every = [seconds * 1000 for one in times for seconds in one]
        found[f"p50_{readers}"] = median(every)
        found[f"p95_{readers}"] = quantiles(every, n=20)[-1]
        found[f"rate_{readers}"] = sum(len(one) / sum(one) for one in times)
    return found


def read_together(home: Path, readers: int) -> list[list[float]]:
    """Seconds of each look-up of each of so many processes, which begin together."""
    context = get_context("spawn")
    barrier, queue = context.Barrier(readers), context.Queue()
    started = [context.Process(target=read, args=(home, number, barrier, queue)) for number in range(readers)]
    for process in started:
        process.start()
    times = [queue.get(timeout=300) for _ in started]
    for process in started:
        process.join()
    return times


def read(home: Path, number: int, barrier: Barrier, queue: Queue[list[float]]) -> None:
    """One reader: look up customers all over the table, after a few that warm the connection up."""
    with open_home(home) as con:
        rows = con.sql(
            f"SELECT customer_id FROM customer_profile ORDER BY hash(customer_id, {number}) LIMIT {LOOKUPS + 10}"
        ).fetchall()
        ids = [row[0] for row in rows]
        for customer in ids[:10]:
            ask(con, customer)
        barrier.wait(timeout=300)
        queue.put([ask(con, customer) for customer in ids[10:]])


def ask(con, customer: str) -> float:  # type: ignore[no-untyped-def]
    """Seconds that the whole row of a customer takes."""
    start = time.perf_counter()
    row = con.execute(f"SELECT * FROM customer_profile WHERE customer_id = '{customer}'").fetchall()
    seconds = time.perf_counter() - start
    if len(row) != 1:
        raise LookupError(f"{len(row)} rows of one customer")
    return seconds


if __name__ == "__main__":
    print(json.dumps(look_up(Path(sys.argv[1]))))
