"""Statuses: those of every shop and desk are known, a contract adds its own, and others are counted and named."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.worlds.landed_world import make_column, make_source
from tests.worlds.landed_world import run_night as judge
from warehouse.types.vocabularies import find_meaning

KNOWN = {
    "transactions": {
        "sale": ["paid", "Completed", "wc-processing", "Bezahlt", "Livré",
                 "已付款", "交易成功", "支払済み", "Enviado", "卖家已发货"],
        "pending": ["wc-on-hold", "on_hold", "PENDING", "draft",
                    "uncaptured", "待付款", "ausstehend", "en attente", "未払い"],
        "cancelled": ["wc-cancelled", "storniert", "annulée", "expired",
                      "failed", "Voided", "交易关闭", "交易關閉", "キャンセル済み"],
        "refunded": ["wc-refunded", "Erstattet", "remboursé", "已退款",
                     "退款成功", "返金済み", "reembolsado", "returned"],
        "partly_refunded": ["partially_refunded", "部分退款", "Teilweise erstattet", "parcialmente reembolsado"],
        "refund": ["Refund", "退款", "Gutschrift", "credit note", "返品"],
    },
    "support": {
        "open": ["New", "on-hold", "offen", "處理中", "处理中", "en cours", "abierto", "対応中", "Re-Opened"],
        "active": ["waiting on customer", "zugewiesen", "已回覆", "answered"],
        "closed": ["solved", "Closed", "gelöst", "résolu", "已處理", "已处理", "解決済み", "cerrado", "Won't fix"],
    },
    "consent": {
        "granted": ["Granted", "opt-in", "Ja", "同意", "はい", "oui"],
        "withdrawn": ["withdrawn", "opt_out", "Nein", "不同意", "撤回", "いいえ"],
    },
}  # fmt: skip
SPELLINGS = [
    str.upper,
    str.title,
    lambda w: f"  {w}\u3000",
    lambda w: w.replace(" ", "_"),
    lambda w: w.replace(" ", "-"),
]


@pytest.mark.parametrize("kind", KNOWN)
def test_words_of_shops_and_desks_in_six_languages_are_known(kind: str) -> None:
    for meaning, words in KNOWN[kind].items():
        for word in words:
            spelled = {word, *(spell(word) for spell in SPELLINGS)}
            assert {find_meaning(one, kind, "status") for one in spelled} == {meaning}, word


@pytest.mark.parametrize("word", ["2", "5", "closed", "open", "new", "Zebra", "Chan Tai Man", "ambivalent"])
def test_what_has_two_meanings_or_none_is_not_known(word: str) -> None:
    assert find_meaning(word, "transactions", "status") is None


def shop(kind: str = "transactions", **more: object):
    status = make_column("state", role="status", **{k: v for k, v in more.items() if k in {"means"}})
    return replace(make_source(status, kind=kind), **{k: v for k, v in more.items() if k not in {"means"}})


def night(folder: Path, source, *words: str | None):
    return judge(folder / "shop.duckdb", source, [{"state": word} for word in words])


def test_few_unknown_words_are_counted_and_named(tmp_path: Path) -> None:
    found = night(tmp_path, shop(), *["paid"] * 60, "Umtausch", "Umtausch", None).by_rule["unknown_word:state"]
    assert (found.severity, found.failed_count, found.checked_count) == ("warning", 2, 62)
    assert "2 of 62 rows have a status that no list of words knows (2 Umtausch); each counts as a sale" in found.message
    assert "say what each means in c360.means of state in shop.odcs.yaml" in found.message


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("transactions", ["wat"] * 10), ("transactions", ["已處里"] * 3), ("support", ["2"] * 4 + ["closed"] * 6),
        ("consent", ["vielleicht"] * 2 + ["ja"] * 8),
    ],
)  # fmt: skip
def test_many_unknown_words_close_the_gate(tmp_path: Path, kind: str, words: list[str]) -> None:
    found = night(tmp_path, shop(kind), *words).by_rule["unknown_word:state"]
    assert found.is_closing
    assert f"{words.count(words[0])} {words[0]}" in found.message
    assert "more than c360.maxUnknownShare (0.05) closes the gate" in found.message
    (tmp_path / "shop.duckdb").unlink()
    assert not night(tmp_path, shop(kind, max_unknown_share=1.0), *words).by_rule["unknown_word:state"].is_closing


def test_a_declared_word_is_known(tmp_path: Path) -> None:
    source = shop("support", means={"2": "open", "3": "pending", "4": "solved", "5": "closed"})
    assert "unknown_word:state" not in night(tmp_path, source, "2", "3", "4", "5").by_rule


def test_what_may_be_a_customers_is_not_shown(tmp_path: Path) -> None:
    people = ["Chan Tai Man", "a@x.hk", "a@x.hk", "9123 4567", "9123 4567", *(f"Mei Wong {n}" for n in range(200, 230))]
    message = night(tmp_path, shop(), *people).by_rule["unknown_word:state"].message
    assert "(33 different ones)" in message
    assert not [word for word in people if word in message]


def test_refunds_of_unknown_parts_are_told(tmp_path: Path) -> None:
    found = night(tmp_path, shop(), "paid", "部分退款").by_rule["partly_refunded:state"]
    assert (found.severity, found.failed_count) == ("warning", 1)
    (tmp_path / "shop.duckdb").unlink()
    whole = make_source(make_column("state", role="status"), make_column("back", "number", role="refunded_amount"))
    rows = [{"state": "部分退款", "back": 1.0}]
    assert "partly_refunded:state" not in judge(tmp_path / "shop.duckdb", whole, rows).by_rule


def test_one_of_debit_and_credit_must_be_there(tmp_path: Path) -> None:
    columns = [make_column("out", "number", role="debit"), make_column("in", "number", role="credit")]
    rows = [{"out": 5.0}, {"in": 5.0}, {}]
    assert judge(tmp_path / "shop.duckdb", make_source(*columns), rows).quarantine == {(0, 3): ["no_amount"]}
