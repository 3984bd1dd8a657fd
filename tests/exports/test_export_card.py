"""The figures of an export's card: what is frequent is told, what is of few is not."""

from pathlib import Path

import duckdb
import pytest

from serving.recommender.card.figures import Figures, measure_columns
from serving.recommender.card.page import describe, list_columns, show_count
from serving.recommender.permission import Permission
from warehouse.contracts.model import Contracts


@pytest.fixture(scope="module")
def found():
    """A thousand customers: n counts them, nine live in Rare, one of each hundred has an amount, a few have lists."""
    with duckdb.connect() as con:
        con.execute("""
            CREATE TABLE customer AS SELECT n AS customer_index, n AS spent_amount,
                CASE WHEN n < 9 THEN 'Rare' WHEN n < 800 THEN '<b>Town</b>' END AS district,
                CASE WHEN n % 11 = 0 THEN n END AS few, DATE '2020-01-01' + n::INTEGER AS seen_on,
                CASE WHEN n < 20 THEN ['web', 'shop ' || n] END AS sources,
                CASE WHEN n < 50 THEN map(['web'], [0.5]) END AS shares
            FROM range(1000) AS t(n)""")
        yield measure_columns(con, "customer", "customer_index")


def test_numbers_and_times_are_told_by_rounded_tenths(found):
    assert found["spent_amount"].quantiles == ("99", "250", "500", "750", "900")
    assert found["seen_on"].quantiles[2] == "2021-05"
    assert found["few"].quantiles == ()  # of 91 customers nine may be a tenth


def test_words_of_few_are_not_told(found):
    assert found["district"].nulls == 200
    assert dict(found["district"].shares) == {"<b>Town</b>": pytest.approx(791 / 800)}
    assert dict(found["sources"].shares) == {"web": 1.0}
    assert dict(found["shares"].shares) == {"web": 1.0}
    assert [show_count(n) for n in (0, 9, 10)] == ["0", "under 10", "10"]
    assert describe(Figures("VARCHAR", 0)) == "too few to tell"


def test_what_others_wrote_is_text_on_the_page(found):
    schema = {name: {"type": "VARCHAR", "meaning": "M"} for name in found}
    page = "".join(list_columns(schema, found, Permission(Contracts(Path(), (), ()), None, ()), is_customer=True))
    assert "&lt;b&gt;Town&lt;/b&gt; 99%" in page
    assert "<b>" not in page
    assert "Rare" not in page
