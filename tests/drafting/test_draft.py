"""Contracts drafted from files: right, or a question; nothing that matters is wrong in silence."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.worlds.foreign_shops import SHOPS, write_shop
from warehouse import ROOT
from warehouse.contracts.lint.folder import list_problems
from warehouse.contracts.load import read_contracts
from warehouse.drafting.columns.words import read_name
from warehouse.drafting.contract import write_contract
from warehouse.drafting.draft import draft_files
from warehouse.drafting.project import begin_project, write_contracts, write_project, write_settings
from warehouse.drafting.questions import Asker
from warehouse.landing.files import DeliveryError

SHARED = ROOT.parent / "shared" / "data"
MATTERS = {
    "account_id",
    "event_id",
    "parent_id",
    "occurred_at",
    "amount",
    "unit_price",
    "refunded_amount",
    "currency",
    "quantity",
    "status",
    "debit",
    "credit",
}
NAMED = {"transactions": 2, "customers": 0, "support": 1}


def draft(paths, **answers):
    return draft_files(list(paths), Asker({key.replace("__", "."): value for key, value in answers.items()}))


def roles_of(source):
    return {column.name: column.role for column in source.columns}


def judge(truth, source):
    """Columns that are not as in truth: those asked about aside, and of these the ones that matter."""
    found = roles_of(source)
    asked = " ".join(question.key for question in source.open_questions)
    names = {name for name in {*truth, *found} if truth.get(name, "") != found.get(name, "")}
    silent = {
        n
        for n in names
        if {truth.get(n, ""), found.get(n, "")} & MATTERS
        and n not in asked
        and truth.get(n, "").removesuffix("_id") not in asked
    }
    return names, silent


@pytest.mark.parametrize(
    ("name", "concepts"),
    [
        ("Bestellnummer", {"order", "id"}),
        ("Kd-Nr", {"customer", "id"}),
        ("會員編號", {"customer", "id"}),
        ("订单状态", {"order", "status"}),
        ("dingdan_hao", {"order", "id"}),
        ("customerEmailAddress", {"customer", "email"}),
        ("Währung", {"currency"}),
        ("zzyx", set()),
    ],
)
def test_a_name_is_understood_by_its_parts(name, concepts):
    assert concepts <= read_name(name)
    assert bool(concepts) == bool(read_name(name))


@pytest.fixture(scope="module", params=SHOPS, ids=lambda shop: shop.name)
def foreign(request, tmp_path_factory):
    """A shop, its files, and their draft."""
    paths = write_shop(request.param, tmp_path_factory.mktemp(request.param.name))
    return request.param, paths, draft(paths)


def test_foreign_shops_are_drafted_right_or_asked(foreign):
    shop, _, found = foreign
    for (_, truth), source, kind in zip(
        (shop.customers, shop.orders, shop.tickets),
        found.sources,
        ("customers", "transactions", "support"),
        strict=True,
    ):
        assert source.kind == kind
        names, silent = judge(truth, source)
        assert not silent, (source.name, silent, roles_of(source))
        assert len(names) <= 2, (source.name, names, roles_of(source))


def test_how_foreign_files_are_written_is_declared(foreign):
    shop, _, found = foreign
    orders = found.sources[1]
    has = {
        "format": orders.of("occurred_at").format,
        "decimal": orders.of("amount").custom.get("decimal"),
        "currency": orders.custom.get("currency"),
    }
    assert {key: has[key] for key in shop.declared} == shop.declared
    assert all(source.of("account_id").relation for source in found.sources[1:])


def test_a_draft_shows_no_customer(foreign):
    _, paths, found = foreign
    for source in found.sources:
        text = write_contract(source, "./deliveries/x*.csv")
        for role in (
            "account_id",
            "full_name",
            "given_name",
            "surname",
            "email",
            "phone",
            "birth_date",
            "text",
            "event_id",
        ):
            column = source.of(role)
            for value in source.facts(column.name).values if column else ():
                assert len(value) < 4 or value not in text, (source.name, role)
    assert len(paths) == 3


def test_a_draft_is_right_to_the_loader_once_nothing_is_open(foreign, tmp_path):
    shop, paths, found = foreign
    folder = tmp_path / "contracts"
    write_contracts(found, folder, "./deliveries", paths)
    write_settings(found, folder)
    problems = list_problems(folder)
    assert len(problems) == len(found.open_questions)
    assert all("open question" in problem.message for problem in problems)
    if not problems:
        assert {s.name for s in read_contracts(folder).sources} == {s.name for s in found.sources}
        assert shop.name in {"vienna", "taipei", "shenzhen", "leeds"}


ROWS = {
    "order": ["id,cust,at,total,cur", *(f"{n},K{n % 3},0{n}/0{n % 5 + 1}/2026,{n}.50,EUR" for n in range(1, 9))],
    "decimal": ["id;cust;at;amt;cur", *(f"{n};K{n % 3};2026-03-0{n};1.{n}00;EUR" for n in range(1, 9))],
    "currency": ["id,cust,at,total", *(f"{n},K{n % 3},2026-03-0{n},{n}.50" for n in range(1, 9))],
    "counts": [
        "id,cust,at,amount,qty,cur",
        *(f"{n},K{n % 3},2026-03-0{n},{n}.50,{n % 2 + 1},EUR" for n in range(1, 9)),
    ],
    "total": [
        "line,order_id,cust,at,amount,cur",
        *(f"L{n},R{n // 2},K1,2026-03-0{n},{n // 2}.50,EUR" for n in range(1, 9)),
    ],
    "scale": ["id,cust,at,amount,cur", *(f"{n},K{n % 3},2026-03-0{n},{n}050,EUR" for n in range(1, 9))],
    "account": [
        "id,customer_id,user_id,at,total,cur",
        *(f"{n},K{n % 3},U{n % 4},2026-03-0{n},{n}.50,EUR" for n in range(1, 9)),
    ],
    "time": [
        "id,cust,created_at,ordered_on,total,cur",
        *(f"{n},K{n % 3},2026-03-0{n},2026-03-1{n},{n}.50,EUR" for n in range(1, 9)),
    ],
    "credit": ["id,cust,at,debit,credit,cur", *(f"{n},K{n % 3},2026-03-0{n},{n}.50,,EUR" for n in range(1, 9))],
    "geparkt": [
        "id,cust,at,total,cur,status",
        *(f"{n},K1,2026-03-0{n},{n}.50,EUR,{'geparkt' if n > 6 else 'paid'}" for n in range(1, 9)),
    ],
}


@pytest.mark.parametrize("open_thing", ROWS)
def test_what_a_file_does_not_tell_is_asked_and_refused(open_thing, tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text("\n".join(ROWS[open_thing]) + "\n")
    found = draft([path])
    questions = [q for q in found.open_questions if q.key.endswith(f".{open_thing}")]
    assert len(questions) == 1, [q.key for q in found.open_questions]
    write_contracts(found, tmp_path / "contracts", "./", [path])
    assert any(questions[0].key in problem.message for problem in list_problems(tmp_path / "contracts"))


@pytest.mark.parametrize(
    ("open_thing", "answer"),
    [
        ("order", "mdy"),
        ("decimal", "comma"),
        ("currency", "GBP"),
        ("counts", "unit"),
        ("scale", "minor"),
        ("account", "user_id"),
        ("time", "ordered_on"),
        ("credit", "minus"),
        ("geparkt", "pending"),
    ],
)
def test_an_answer_is_declared(open_thing, answer, tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text("\n".join(ROWS[open_thing]) + "\n")
    (key,) = [q.key for q in draft([path]).open_questions if q.key.endswith(f".{open_thing}")]
    found = draft_files([path], Asker({key: answer, "country": "GB"}))
    assert key not in [q.key for q in found.open_questions]
    write_contracts(found, tmp_path / "contracts", "./", [path])
    write_settings(found, tmp_path / "contracts")
    assert list_problems(tmp_path / "contracts") == []
    (source,) = read_contracts(tmp_path / "contracts").sources
    said = {
        "order": source.columns[2].format == "MM/dd/yyyy",
        "decimal": source.columns[3].decimal == "comma",
        "currency": source.currency == "GBP",
        "counts": source.name_of("unit_price") == "amount",
        "scale": source.columns[3].scale == "minor",
        "account": source.name_of("account_id") == "user_id",
        "time": source.name_of("occurred_at") == "ordered_on",
        "credit": source.columns[4].credit == "minus" if open_thing == "credit" else None,
        "geparkt": source.columns[-1].means == {"geparkt": "pending"},
    }
    assert said[open_thing]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (["25/03/2026", "26/03/2026", "27/03/2026", "28/03/2026", "01/04/2026"], "dd/MM/yyyy"),
        (["1.4.26 9:05", "1.4.26 9:05", "3.4.26 10:00", "4.4.26 10:00"], "dd.MM.yy H:mm"),
        (["3/25/26 9:05 AM", "3/26/26 9:05 AM", "3/27/26 9:05 AM", "4/1/26 1:00 PM"], "MM/dd/yy h:mm a"),
        (["20260325", "20260326", "20260327", "20260401"], "yyyyMMdd"),
        (["1774400000", "1774486400", "1774572800", "1774659200"], "seconds"),
        (["2026-03-25T10:00:00+08:00"] * 4, None),
    ],
)
def test_how_times_are_written_is_found(rows, expected, tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text("id;cust;ordered_at;total_eur\n" + "".join(f"{n};K{n};{at};{n},50\n" for n, at in enumerate(rows)))
    time = draft([path]).sources[0].of("occurred_at")
    assert (time.format or time.custom.get("epoch")) == expected


FRENCH = "N° client;Nom;Prénom;Courriel\n" + "".join(
    f"CL{n};Lefèvre;{('Zoé', 'Amélie', 'Chloé', 'René')[n % 4]};c{n}@exemple.fr\n" for n in range(40)
)


def test_an_encoding_that_is_not_certain_is_asked_and_declared(tmp_path):
    path = tmp_path / "clients.csv"
    path.write_text(FRENCH, "cp1252")
    with pytest.raises(DeliveryError, match=r"--answer clients\.encoding=cp1252"):
        draft([path])
    for answers in ({"clients__encoding": "cp1252"}, {"country": "FR"}):
        [source] = draft([path], **{"country": "FR", **answers}).sources
        assert roles_of(source)["N° client"] == "account_id"
        assert source.sample.rows["Prénom"][0] == "Zoé"
        assert "{property: c360.encoding, value: cp1252}" in write_contract(source, "./clients.csv")


@pytest.mark.parametrize(("name", "answers"), [("ticket", {}), ("xq", {"sav__id": "xq"})])
def test_the_number_of_a_row_may_be_called_as_the_row_is_or_be_said(name, answers, tmp_path):
    path = tmp_path / "sav.csv"
    rows = [f"T{n},C{n % 30},2026-02-{n % 28 + 1:02},my parcel number {n} is lost,open" for n in range(60)]
    path.write_text("\n".join([f"{name},client,created,message,state", *rows]) + "\n")
    [source] = draft([path], country="GB", **answers).sources
    assert roles_of(source)[name] == "event_id"
    assert [column.name for column in source.columns if column.key_position] == [name]
    assert "key" not in source.custom
    assert not source.open_questions


def test_a_header_that_is_a_record_is_refused(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text("1,Chan Tai Man,taiman@example.hk,6437 1234\n2,Lee Ka Yan,kayan@example.hk,9345 6721\n")
    with pytest.raises(Exception, match="names that look like values") as error:
        draft([path])
    assert "taiman" not in str(error.value)


SHAPES = {
    "german_shop": {"anfragen": "tickets", "bestellungen": "orders"},
    "hong_kong_shop": {},
    "freshdesk": {},
    "bank_statement": {"statement": "bookings"},
    "head_and_lines": {},
    "shopify": {"orders_export": "orders"},
    "stripe": {},
    "woocommerce": {},
}


@pytest.mark.parametrize("shape", SHAPES)
def test_the_shapes_are_drafted_as_they_were_written_by_hand(shape):
    folder = ROOT / "examples" / "shapes" / shape
    hold_against(folder / "contracts", sorted((folder / "data").iterdir()), SHAPES[shape])


SETS = {
    "hk_world": (
        SHARED / "hk_world" / "contracts",
        [
            "hk_world/crm.csv",
            "hk_world/transactions.csv",
            "hk_world/social.jsonl",
            "hk_world/users.jsonl",
            "hk_world/tickets.jsonl",
            "hk_world/consent.csv",
            "hk_world/fx_rates.csv",
        ],
        {},
    ),
    "uci": (
        ROOT / "examples/uci_online_retail/contracts",
        ["uci_online_retail/online_retail.parquet"],
        {"online_retail": "transactions"},
    ),
    "tweets": (ROOT / "examples/twitter_airline/contracts", ["twitter_airline/Tweets.csv"], {"tweets": "social"}),
    "zendesk": (
        ROOT / "examples/zendesk/contracts",
        ["zendesk_challenge/users.json", "zendesk_challenge/tickets.json"],
        {},
    ),
}


@pytest.mark.parametrize("name", SETS)
def test_real_sets_are_drafted_as_they_were_written_by_hand(name):
    contracts, files, names = SETS[name]
    if not (SHARED / files[0]).is_file():
        pytest.skip(f"{name} is not there")
    hold_against(contracts, [SHARED / file for file in files], names)


def hold_against(contracts: Path, files: list[Path], names: dict[str, str]) -> None:
    """A draft is the contract that was written by hand, but for two columns of a set, none of which matters."""
    written, wrong = read_contracts(contracts), []
    for source in draft(files).sources:
        own = written.source(names.get(source.name, source.name)).own
        truth = {column.name: column.role or "" for column in own.columns}
        differing, silent = judge({n: r for n, r in truth.items() if r}, source)
        assert source.kind == own.kind
        assert not silent, (source.name, silent)
        wrong += sorted(differing)
    assert len(wrong) <= 2, wrong


def test_febrl_is_drafted_whole():
    if not (SHARED / "febrl").is_dir():
        pytest.skip("febrl is not there")
    (source,) = draft([SHARED / "febrl" / "dataset1.csv"]).sources
    found = roles_of(source)
    assert {found.pop(name) for name in ("street_number", "address_1", "address_2")} == {"address"}
    assert found == {
        "rec_id": "account_id",
        "given_name": "given_name",
        "surname": "surname",
        "suburb": "district",
        "postcode": "postcode",
        "date_of_birth": "birth_date",
        "soc_sec_id": "national_id",
    }
    assert source.of("birth_date").format == "yyyyMMdd"


def test_a_project_is_made_beside_nothing_else(tmp_path):
    paths = write_shop(SHOPS[0], tmp_path / "from")
    copies = begin_project(tmp_path / "shop", paths)
    found = draft(copies)
    write_contracts(found, tmp_path / "shop" / "contracts", "./deliveries", copies)
    write_settings(found, tmp_path / "shop" / "contracts")
    write_project(tmp_path / "shop", found)
    assert {p.name for p in (tmp_path / "shop").iterdir()} == {
        "Makefile",
        "README.md",
        ".gitignore",
        "contracts",
        "deliveries",
    }
    patterns = re.findall(
        r"path: (.*)", "".join(p.read_text() for p in (tmp_path / "shop" / "contracts").glob("*.odcs.yaml"))
    )
    assert len(patterns) == len(set(patterns)) == 3
    with pytest.raises(Exception, match="contracts in it already"):
        begin_project(tmp_path / "shop", paths)
