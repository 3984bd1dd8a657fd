"""Values that stand in the place of names are shown nowhere: they are counted, or the delivery is refused."""

import json

import pytest

from benchmarks.reliability.variants.names import PLAIN, TELLING
from tests.worlds.reading_world import Read, source_of
from tests.worlds.world import CRM_HEAD, RATES, World
from warehouse.checks import GateClosed
from warehouse.landing.files import DeliveryError
from warehouse.landing.formats.undeclared import is_field_name

PEOPLE = source_of("id", "name", "city")
ENDS = {"CR": "\r", "NEL": "\x85", "VT": "\v", "FF": "\f", "LS": "\u2028", "PS": "\u2029", "RS": "\x1e"}


@pytest.mark.parametrize(
    "name",
    ["amount", "Order ID", "sold_at", "客戶編號", "備註（英文）", "price ($)", "Q1 2026", "address_line_2", "_id"],
)
def test_names_of_fields(name):
    assert is_field_name(name)


@pytest.mark.parametrize(
    "value",
    ["ann.lee@example.com", "@taiman", "+852 9123 4567", "91234567", "1964-11-24", "100.50", "A123456(7)", "L0001",
     "8 Peak Road, Hong Kong", "she is not at home on Mondays or so", "", "a\nb", "f3a9c1d2e4b5a697", "x" * 61],
)  # fmt: skip
def test_values_are_no_names_of_fields(value):
    assert not is_field_name(value)


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
@pytest.mark.parametrize("quote", ["", '"'])
def test_a_header_glued_to_the_first_record_is_refused_and_not_shown(tmp_path, end, quote):
    body = f"id,name,{quote}city{end}7,Zebulon,x{quote}\n8,Ann,y\n9,Bo,z\n"
    with pytest.raises(DeliveryError, match=r"source shop, delivery day\.csv: its header.* LF or CRLF") as error:
        Read(tmp_path, body, PEOPLE)
    assert "Zebulon" not in str(error.value)


def test_a_quote_that_swallows_the_header_and_records_is_refused(tmp_path):
    with pytest.raises(DeliveryError, match="a quote never closes"):
        Read(tmp_path, 'id,name,"city\n7,Zebulon,x\n8,Ann,y"\n9,Bo,z\n', PEOPLE)


def test_a_quoted_name_may_have_a_line_break(tmp_path):
    result = Read(tmp_path, 'id,name,city,"Full\nname"\n7,Ann,x,y\n', PEOPLE)
    assert result.values == [("7", "Ann", "x")]


@pytest.mark.parametrize("end", ["\r", "\x85", "\f"])
def test_records_glued_by_other_line_ends_are_in_quarantine_for_it(tmp_path, end):
    result = Read(tmp_path, f"id,name,city\n1,a,b\n2,a,b{end}3,c,d\n4,e,f\n", PEOPLE)
    assert (result.rules, len(result.rows)) == ([(2, "line_end")], 2)


@pytest.mark.parametrize("step", [1, 7, 1000])
def test_lines_that_end_in_lf_cr_are_read(tmp_path, step, monkeypatch):
    monkeypatch.setattr("warehouse.landing.formats.compression.BLOCK_BYTES", step)
    result = Read(tmp_path, "id,name,city\n\r1,a,b\n\r2,c,d\n\r", PEOPLE)
    assert result.values == [("1", "a", "b"), ("2", "c", "d")]
    assert result.reading.notes == ["lines end in a line feed and a carriage return (sniffed)"]


def test_one_value_in_a_header_hides_all_that_is_not_declared(tmp_path):
    result = Read(tmp_path, "id,Zebulon,91234567,\n1,a,b,c\n", PEOPLE)
    assert result.reading.undeclared == {
        "(2 fields, not named here: they may be values)": 1,
        "(column 4, without a name)": 1,
    }


def test_names_beside_an_address_in_an_object_are_hidden_and_others_are_shown(tmp_path):
    people = [{"id": n, "memo": 1, "read_by": {f"u{n}@example.com": True, "Ann": 1}} for n in range(3)]
    body = "".join(json.dumps(one) + "\n" for one in people)
    result = Read(tmp_path, body, source_of("id", "read_by.x", form="jsonl"))
    hidden = "(4 fields of read_by, not named here: they may be values)"
    assert result.reading.undeclared == {"memo": 3, hidden: 3}


def test_an_object_keyed_by_people_shows_none_of_them(tmp_path):
    body = "".join(json.dumps({"id": n, "read_by": {f"ann{n}": True}}) + "\n" for n in range(9))
    result = Read(tmp_path, body, source_of("id", "read_by.x", form="jsonl"))
    assert result.reading.undeclared == {"(9 fields of read_by, not named here: they may be values)": 9}


def test_a_document_keyed_by_address_shows_none(tmp_path):
    body = json.dumps({f"ann{n}@example.com": {"id": n} for n in range(3)})
    result = Read(tmp_path, body, source_of("id", form="json"))
    assert [fault[1:] for fault in result.faults] == [("no_known_field", None)]
    assert result.reading.undeclared == {"(3 fields, not named here: they may be values)": 1}


def texts_of(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("pad", ["", ",,,,,"])
def test_nothing_of_a_glued_header_is_left_anywhere(tmp_path, checker, pad):
    world = World.found(tmp_path, checker, ["crm", "fx_rates"])
    lines = "".join(f"C{n},Ann,9123456{n},a{n}@example.com,1964-11-24,x{pad}\n" for n in range(5))
    world.deliver("fx.csv", RATES)
    world.deliver("crm.csv", CRM_HEAD.rstrip() + "\rC9,QUILL Zebulon,94713844,zq4@example.hk,1964-11-24,x\n" + lines)
    with pytest.raises(GateClosed, match=r"delivery crm\.csv: its header"):
        world.night()
    for path, text in texts_of(world.home.root).items():
        assert not any(value in text for value in (b"Zebulon", b"94713844", b"zq4@")), path


def test_a_header_of_values_is_counted_in_the_report_and_the_docs(tmp_path, checker):
    world = World.found(tmp_path, checker, ["crm", "fx_rates"])
    world.deliver("fx.csv", RATES)
    world.deliver(
        "crm.csv", CRM_HEAD.rstrip() + ",Zebulon,zq4@example.hk\nC1,Ann,91234567,a@example.com,1964-11-24,x,1,2\n"
    )
    report = world.night()
    [told] = [check for check in report["checks"]["crm"] if check["rule"].startswith("unexpected_column")]
    assert "(2 fields, not named here: they may be values) is new, and left out" in told["message"]
    for path, text in texts_of(world.home.root).items():
        assert b"Zebulon" not in text, path
        assert b"zq4@" not in text, path


@pytest.mark.parametrize("value", TELLING, ids=ascii)
def test_generated_values_are_no_names_of_fields(value):
    assert not is_field_name(value)


@pytest.mark.parametrize(
    "name",
    [
        "Ship To",
        "Unit Price",
        "金額",
        "付款方式",
        "聯絡電話",
        "Lieferadresse (Zeile 2)",
        "utm_campaign",
        "Prénom",
        "N° client",
        "Nº pedido",
        "№ заказа",
        "Betrag (€)",
        "*姓名",
        "【必填】電話",
        "Tel.–Nr.",
        "l’adresse",
    ],
)
def test_names_of_two_words_and_of_other_languages_are_shown(name):
    assert is_field_name(name)


@pytest.mark.parametrize("value", PLAIN, ids=ascii)
def test_a_value_like_a_name_is_counted_where_few_records_have_it(tmp_path, value):
    rows = [{"id": n} | ({"read_by": {value: 1}, "error": "x"} if n == 4 else {"memo": 1}) for n in range(9)]
    body = "".join(json.dumps(row) + "\n" for row in rows)
    undeclared = Read(tmp_path, body, source_of("id", "read_by.x", form="jsonl")).reading.undeclared
    assert undeclared == {"memo": 8, "error": 1, "(1 field of read_by, not named here: they may be values)": 1}


def test_names_of_a_header_that_is_wider_than_its_records_are_counted(tmp_path):
    result = Read(tmp_path, "id,name,cityC1,Ann,Shatin\n2,a,b\n3,a,b\n", PEOPLE)
    assert result.reading.undeclared == {"(3 fields, not named here: they may be values)": 2}
