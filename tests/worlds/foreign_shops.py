"""Shops of other countries, each with files as they come from there, and what their columns are: truth for drafts."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

START = datetime(2026, 3, 2, 9, 30)


@dataclass(frozen=True)
class Shop:
    """One shop, as it writes its files."""

    name: str
    delimiter: str
    encoding: str
    customers: tuple[str, dict[str, str]]
    """Name of the file, and role by column; '' for none."""
    orders: tuple[str, dict[str, str]]
    tickets: tuple[str, dict[str, str]]
    day: Callable[[datetime], str]
    money: Callable[[float], str]
    people: tuple[str, ...]
    phone: Callable[[int], str]
    states: tuple[str, ...]
    ticket_states: tuple[str, ...]
    texts: tuple[str, ...]
    answers: dict[str, str] = field(default_factory=dict)
    """What its files cannot tell."""
    declared: dict[str, object] = field(default_factory=dict)
    """What a draft has to find of the orders: currency, decimal, format."""


def german_comma(amount: float) -> str:
    return f"{amount:,.2f}".replace(",", " ").replace(".", ",").replace(" ", ".")


SHOPS = (
    Shop(
        "vienna",
        ";",
        "utf-8",
        (
            "Stammdaten Kunden.csv",
            {
                "Kd-Nr": "account_id",
                "Vorname": "given_name",
                "Zuname": "surname",
                "Mailadresse": "email",
                "Mobilnummer": "phone",
                "Geburtsdatum": "birth_date",
                "PLZ": "postcode",
                "Wohnort": "district",
                "Newsletter": "",
            },
        ),
        (
            "Umsätze_2026-03.csv",
            {
                "Belegnr": "event_id",
                "KdNr": "account_id",
                "Kaufdatum": "occurred_at",
                "Gesamtbetrag": "amount",
                "davon MwSt": "",
                "Währung": "currency",
                "Bestellstatus": "status",
                "Vertriebskanal": "channel",
            },
        ),
        (
            "Serviceanfragen.csv",
            {
                "Vorgangsnummer": "event_id",
                "Kundennummer": "account_id",
                "Eröffnet am": "occurred_at",
                "Nachricht": "text",
                "Bearbeitungsstatus": "status",
                "Sachbearbeiter": "agent",
            },
        ),
        lambda t: f"{t:%d.%m.%Y %H:%M}",
        german_comma,
        ("Anna Huber", "Jürgen Größl", "Lukas Gruber", "Sofia Öttl", "Max Wimmer"),
        lambda n: f"0664 {2345000 + n * 137}",
        ("bezahlt", "versandt", "storniert", "erstattet"),
        ("offen", "erledigt"),
        ("Wo bleibt mein Paket, bitte um Auskunft?", "Die Rechnung stimmt nicht, bitte prüfen."),
        {},
        {"decimal": "comma", "format": "dd.MM.yyyy HH:mm"},
    ),
    Shop(
        "taipei",
        ",",
        "utf-8-sig",
        (
            "會員名冊.csv",
            {
                "會員編號": "account_id",
                "真實姓名": "full_name",
                "電子郵件": "email",
                "行動電話": "phone",
                "性別": "gender",
                "出生日期": "birth_date",
                "居住城市": "district",
                "會員等級": "",
            },
        ),
        (
            "銷售明細202603.csv",
            {
                "訂單編號": "event_id",
                "會員編號": "account_id",
                "下單時間": "occurred_at",
                "實付金額": "amount",
                "運費": "",
                "訂單狀態": "status",
                "付款幣別": "currency",
            },
        ),
        (
            "客服工單.csv",
            {
                "工單編號": "event_id",
                "客戶編號": "account_id",
                "建立時間": "occurred_at",
                "問題描述": "text",
                "處理狀態": "status",
            },
        ),
        lambda t: f"{t:%Y/%m/%d %H:%M}",
        lambda a: f"{a:.2f}",
        ("陳怡君", "林志豪", "黃雅婷", "張家豪", "李佩珊"),
        lambda n: f"0912-{345000 + n * 37:06d}"[:12],
        ("已付款", "已出貨", "已取消", "已退款"),
        ("處理中", "已結案"),
        ("請問我的包裹什麼時候會到？等了一個星期了", "發票金額不對請協助處理一下謝謝"),
        {},
        {"format": None},
    ),
    Shop(
        "shenzhen",
        "\t",
        "utf-8",
        (
            "kehu.tsv",
            {
                "kehu_bianhao": "account_id",
                "xingming": "full_name",
                "shouji": "phone",
                "youxiang": "email",
                "xingbie": "gender",
            },
        ),
        (
            "dingdan_2026.tsv",
            {
                "dingdan_hao": "event_id",
                "kehu_bianhao": "account_id",
                "xiadan_shijian": "occurred_at",
                "jine": "amount",
                "bizhong": "currency",
                "zhuangtai": "status",
                "qudao": "channel",
            },
        ),
        (
            "gongdan.tsv",
            {
                "gongdan_hao": "event_id",
                "kehu_bianhao": "account_id",
                "chuangjian_shijian": "occurred_at",
                "neirong": "text",
                "zhuangtai": "status",
            },
        ),
        lambda t: f"{t:%Y-%m-%d %H:%M:%S}",
        lambda a: f"{a:.2f}",
        ("王伟", "李娜", "张敏", "刘洋", "陈静"),
        lambda n: f"138{12340000 + n * 1117}",
        ("已付款", "已发货", "已取消", "已退款"),
        ("处理中", "已解决"),
        ("请问我的快递什么时候可以到货呢麻烦查一下", "商品有质量问题我要申请退货退款谢谢"),
        {},
        {"format": None},
    ),
    Shop(
        "leeds",
        ",",
        "utf-8",
        (
            "crm export.csv",
            {
                "Membership No": "account_id",
                "First Name": "given_name",
                "Last Name": "surname",
                "Email Address": "email",
                "Mobile": "phone",
                "D.O.B.": "birth_date",
                "Home Address": "address",
                "Post Code": "postcode",
                "Points balance": "",
            },
        ),
        (
            "till_2026_03.csv",
            {
                "Receipt Ref": "event_id",
                "Member": "account_id",
                "Sale Date": "occurred_at",
                "Total Paid (GBP)": "amount",
                "VAT": "",
                "Order Status": "status",
                "Branch": "",
            },
        ),
        (
            "helpdesk tickets.csv",
            {
                "Case ID": "event_id",
                "Requester": "account_id",
                "Opened": "occurred_at",
                "Closed at": "resolved_at",
                "Message": "text",
                "State": "status",
            },
        ),
        lambda t: f"{t:%d/%m/%Y %H:%M}",
        lambda a: f"{a:,.2f}",
        ("Grace Whitfield", "Tom Ashworth", "Priya Patel", "Ewan Murray", "Olive Barker"),
        lambda n: f"07700 {900100 + n}",
        ("paid", "shipped", "cancelled", "refunded"),
        ("open", "solved"),
        (
            "Where is my parcel please, it has been ten days now?",
            "I was charged twice for one order, please look into it.",
        ),
        {},
        {"currency": "GBP", "format": "dd/MM/yyyy HH:mm"},
    ),
)


def write_shop(shop: Shop, folder: Path, count: int = 60) -> list[Path]:
    """The three files of a shop: `count` customers, three times as many orders and half as many tickets, with dirt."""
    dice = random.Random(shop.name)
    folder.mkdir(parents=True, exist_ok=True)
    people = [make_person(shop, n) for n in range(count)]
    orders = [make_order(shop, n, people[dice.randrange(count)], dice) for n in range(count * 3)]
    tickets = [make_ticket(shop, n, people[dice.randrange(count)], dice) for n in range(count // 2)]
    for rows in (people, orders):
        rows.append(rows[3])  # one is there twice
    people[5] = people[5] | {"email": "n/a", "phone": ""}
    paths = []
    for (name, roles), rows in ((shop.customers, people), (shop.orders, orders), (shop.tickets, tickets)):
        path = folder / name
        lines = [shop.delimiter.join(quote(column, shop.delimiter) for column in roles)]
        for row in rows:
            cells = (str(row.get(role or column, row.get("other", "0"))) for column, role in roles.items())
            lines.append(shop.delimiter.join(quote(cell, shop.delimiter) for cell in cells))
        path.write_text("\r\n".join(lines) + "\r\n", shop.encoding)
        paths.append(path)
    return paths


def quote(cell: str, delimiter: str) -> str:
    return f'"{cell}"' if delimiter in cell or '"' in cell else cell


def make_person(shop: Shop, n: int) -> dict[str, str]:
    first, last = make_name(shop, n)
    born = datetime(1950 + n % 55, 1 + n % 12, 1 + (n * 7) % 28)
    return {
        "account_id": f"K{10000 + n * 3}",
        "full_name": f"{first} {last}".strip(),
        "given_name": first,
        "surname": last,
        "email": f"someone{n}@shop.example",
        "phone": shop.phone(n),
        "gender": "男" if n % 2 else "女",
        "birth_date": shop.day(born).split(" ")[0],
        "postcode": str(1010 + n),
        "district": ("Linz", "Graz", "Wien")[n % 3],
        "address": f"{n + 1} Mill Lane",
        "other": str(n % 4),
    }


def make_name(shop: Shop, n: int) -> tuple[str, str]:
    """A name that nobody else has: the first names of the shop, and surnames made of two parts."""
    first, _, last = shop.people[n % len(shop.people)].partition(" ")
    if not last:  # Chinese: surname and given name in one
        return first[0] + "安博辰德恩芳光海"[n % 8] + "佳凱蘭敏寧平清瑞"[n // 8 % 8], ""
    starts, ends = (
        ("Ald", "Bren", "Corv", "Dorn", "Esch", "Falk", "Grim", "Holz"),
        ("bauer", "inger", "mann", "feld", "stein", "hofer", "wick", "ley"),
    )
    return first, starts[n % 8] + ends[n // 8 % 8]


def make_order(shop: Shop, n: int, person: dict[str, str], dice: random.Random) -> dict[str, str]:
    at = START + timedelta(hours=n * 5, minutes=dice.randrange(60))
    return {
        "event_id": f"B-{200000 + n}",
        "account_id": person["account_id"],
        "occurred_at": shop.day(at),
        "amount": shop.money(dice.randrange(500, 250_000) / 100),
        "currency": {"vienna": "EUR", "taipei": "TWD"}.get(shop.name, "CNY"),
        "status": shop.states[0 if dice.random() < 0.7 else dice.randrange(4)],
        "channel": ("web", "app", "store")[n % 3],
        "other": shop.money((n % 9) + 0.25),
    }


def make_ticket(shop: Shop, n: int, person: dict[str, str], dice: random.Random) -> dict[str, str]:
    at = START + timedelta(hours=n * 11 + dice.randrange(5))
    is_closed = n % 2
    return {
        "event_id": f"T{7000 + n}",
        "account_id": person["account_id"],
        "occurred_at": shop.day(at),
        "resolved_at": shop.day(at + timedelta(days=2)) if is_closed else "",
        "text": shop.texts[n % 2] + f" ({n})",
        "status": shop.ticket_states[is_closed],
        "agent": ("mitarbeiter1", "mitarbeiter2")[n % 2],
    }
