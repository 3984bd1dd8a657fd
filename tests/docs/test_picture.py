"""The picture at the top of the README is true: these five rows become that row."""

import re
import shutil
from datetime import date

import duckdb
import polars as pl
import pytest

from warehouse import ROOT
from warehouse.home.layout import Home
from warehouse.night import run_night

pytestmark = pytest.mark.slow

CRM = """customer_no,name_zh,surname,given_name,phone,email,birth_date,gender,district,address,language,hkid,joined_on
C1010477,陳大文,,,(852) 6437 1234,,,,sha tin,,,,2021-08-10
"""
POST = (
    '{"id":"9001","created_at":"2026-06-30T08:12:20+08:00","lang":"en","text":"Nice cups","author":{"id":"771",'
    '"username":"taiman","name":"Tai Man CHAN","email":"Taiman@example.hk "},"metrics":{"like_count":1}}\n'
)
USER = (
    '{"id":"U9","name":"陳大文先生","email":"taiman@example.hk","phone":"６４３７１２３４","locale":"zh-HK",'
    '"created_at":"2023-06-24T18:34:44+08:00"}\n'
)
SHARED = {"sku": "A1", "item": "Cup", "category": "Home", "quantity": 1, "channel": "store", "status": "completed"}
SALES = [
    {"line_id": "S10000001-1", "order_no": "S10000001", "account": "L88", "buyer_name": "CHAN Tai Man",
     "buyer_phone": "+85264371234", "buyer_email": None, "amount": 420.0, "currency": "HKD",
     "sold_at": "2026-06-29 10:00:00"},
    {"line_id": "S10000002-1", "order_no": "S10000002", "account": None, "buyer_name": "Chan, Tai-man",
     "buyer_phone": None, "buyer_email": "TAIMAN@EXAMPLE.HK ", "amount": 80.0, "currency": "CNY",
     "sold_at": "2026-06-30 11:00:00"},
]  # fmt: skip


@pytest.fixture(scope="module")
def profile(tmp_path_factory):
    """The one row of customer_profile, by column."""
    world = tmp_path_factory.mktemp("picture")
    others = shutil.ignore_patterns("tickets*", "consent*", "visits*", "impressions*", "items*")
    shutil.copytree(ROOT / "contracts", world / "contracts", ignore=others)
    sample = world / "var" / "sample"
    for name, text in (("crm/crm.csv", CRM), ("social/social_1.jsonl", POST), ("support/users.jsonl", USER)):
        (sample / name).parent.mkdir(parents=True)
        (sample / name).write_text(text, "utf-8")
    (sample / "transactions").mkdir()
    pl.DataFrame([SHARED | sale for sale in SALES]).write_parquet(sample / "transactions" / "transactions_1.parquet")
    home = Home(world / "var")
    run_night(home, world / "contracts", date(2026, 6, 30))
    with duckdb.connect(str(home.require_current().database), read_only=True) as con:
        rows = con.sql("FROM customer_profile").pl().to_dicts()
    assert len(rows) == 1
    return rows[0]


def read_picture():
    """What the README's picture says of the row, by column."""
    picture = re.search(r"```text\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)[1]
    right = " ".join(re.split(r"[┐│┘]|├─→", line)[-1] for line in picture.splitlines()) + " "
    return dict(re.findall(r"\b([a-z]+_[a-z]+|phone|district) +(.+?) (?= |[a-z_]+_[a-z]+ |$)", right))


def test_five_rows_become_one_profile(profile):
    picture = read_picture()
    assert len(picture) == 8
    assert picture == {name: str(profile[name]) for name in picture}


def test_its_values_come_from_all_five_rows(profile):
    assert (profile["account_count"], profile["email"]) == (5, "taiman@example.hk")
