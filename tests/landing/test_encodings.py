"""Text that is not UTF-8 is read by the table that gives words, or refused with those it may be in and the cure."""

from dataclasses import replace

import duckdb
import pytest

from tests.worlds.reading_world import source_of
from warehouse.landing.files import DeliveryError
from warehouse.landing.format_history import FormatHistory, Written
from warehouse.landing.formats import read_delivery
from warehouse.landing.formats.alphabets import look_at
from warehouse.landing.formats.batch import Reading
from warehouse.landing.land import Landed, LoadHistory, begin_file, land_files

SHOP = source_of("id", "name")
PEOPLE = {
    "hant": ["陳大文", "李嘉欣", "黃志強", "周美玲", "張家輝", "吳詠詩", "何穎琪", "深水埗"],
    "hans": ["李静", "陈建国", "张丽娜", "王伟", "刘洋", "孙悦", "徐静蕾", "冯小刚"],
    "ja": ["山田健一", "鈴木太郎", "高橋さくら", "佐藤花子", "渡辺直美", "ヤマダ", "田中一郎", "小林麻央"],
    "ko": ["김철수", "이영희", "박지성", "최민수", "정우성", "강동원", "홍길동", "송강호"],
    "west": [
        "Käthe Groß",
        "Björn Weiß",
        "José García",
        "René Müller",
        "François Lefèvre",
        "Søren Kjær",
        "Zoë Öz",
        "Åsa",
    ],
    "cz": ["Dvořák Jiří", "Nováková", "Černý", "Zdeněk", "Šimek Lukáš", "Růžena Veselá", "Kučera", "Němec"],
    "ru": ["Иван Петров", "Анна", "Сергей", "Ольга", "Дмитрий", "Елена", "Юлия", "Щукин"],
    "el": ["Γιώργος", "Μαρία", "Ελένη", "Κώστας", "Δημήτρης", "Άννα", "Νίκος", "Σοφία"],
    "tr": ["Oğuz Öztürk", "Çağrı Kılıç", "Ayşe", "Işık Yıldız", "İbrahim Şahin", "Gökçe", "Doğan", "Güneş"],
    "he": ["דוד כהן", "שרה לוי", "יוסף", "רחל", "משה ביטון", "אברהם", "מרים", "יעקב"],
    "ar": ["فاطمة حسن", "محمد علي", "أحمد", "خديجة", "عمر", "عائشة", "مريم", "يوسف"],
    "th": ["สมชาย ใจดี", "สุดา แก้ว", "วิชัย", "มาลี", "ประเสริฐ", "นภา", "อนันต์", "พรทิพย์"],
}
READ = [
    ("big5", "hant", "HK"), ("big5", "hant", "TW"), ("gbk", "hant", "HK"), ("gbk", "hans", "HK"),
    ("gb18030", "hans", "CN"), ("shift_jis", "ja", "JP"), ("euc_jp", "ja", "JP"), ("euc_kr", "ko", "KR"),
    ("cp1252", "west", "DE"), ("cp1252", "west", "HK"), ("iso8859_15", "west", "DE"), ("mac_roman", "west", "DE"),
    ("cp850", "west", "DE"), ("cp437", "west", "US"), ("cp1250", "cz", "CZ"), ("cp1251", "ru", "RU"),
    ("cp1253", "el", "GR"), ("cp1254", "tr", "TR"), ("cp1255", "he", "IL"), ("cp1256", "ar", "AE"),
    ("cp874", "th", "TH"), ("utf-16-be", "hant", "HK"),
]  # fmt: skip
REFUSED = [
    ("shift_jis", "ja", "cp932"), ("euc_kr", "ko", "cp949"), ("cp1250", "cz", None), ("cp1251", "ru", "cp1251"),
    ("cp1253", "el", "cp1253"), ("cp1254", "tr", "cp1254"), ("cp1255", "he", None), ("cp1256", "ar", "cp1256"),
    ("cp874", "th", "cp874"),
]  # fmt: skip
"""Encoding, who is in the file, and the cure that is named; None: another may be named first."""


def write(names, codec, header="id,name"):
    usual = [name for name in names if name.encode(codec, "ignore").decode(codec) == name]
    return (f"{header}\n" + "".join(f"{n},{name}\n" for n, name in enumerate(usual))).encode(codec), usual


def read(folder, body, region="HK", source=SHOP, past=None):
    """The names that are read, and the notes."""
    path = folder / "delivered"
    path.write_bytes(body)
    reading = Reading(region=region, past={"encoding": past} if past else {})
    batches = list(read_delivery(path, "day.csv", source, reading))
    assert sum(batch.faults.height for batch in batches) == 0
    return [row[-1] for batch in batches for row in batch.rows.rows()], reading.notes


def try_to_read(folder, body, region="HK"):
    """The names that are read, or why none are."""
    try:
        return read(folder, body, region)[0], ""
    except DeliveryError as refused:
        return [], str(refused)


@pytest.mark.parametrize(("codec", "who", "region"), READ)
def test_what_a_region_writes_is_read(tmp_path, codec, who, region):
    body, names = write(PEOPLE[who], codec)
    values, notes = read(tmp_path, body, region)
    assert values == names
    assert "(sniffed)" in notes[0]


@pytest.mark.parametrize(("codec", "who", "named"), REFUSED)
def test_letters_that_nobody_writes_here_are_refused_with_the_cure(tmp_path, codec, who, named):
    with pytest.raises(DeliveryError, match=r"not UTF-8.*c360.encoding: \w+\) in shop.odcs.yaml") as refused:
        read(tmp_path, write(PEOPLE[who], codec)[0])
    assert named is None or f"(c360.encoding: {named})" in str(refused.value)
    assert not any(name in str(refused.value) for name in PEOPLE[who])


@pytest.mark.parametrize(("codec", "who"), [(codec, who) for codec, who, _ in [*READ, *REFUSED]])
@pytest.mark.parametrize("region", ["HK", "DE"])
def test_one_row_is_right_or_refused(tmp_path, codec, who, region):
    for name in PEOPLE[who]:
        body, names = write([name], codec)
        values, refusal = try_to_read(tmp_path, body, region)
        assert values == names or "c360.encoding" in refusal or not names


def test_a_declared_encoding_wins(tmp_path):
    body, names = write(PEOPLE["ru"], "cp1251")
    declared = replace(SHOP, location=replace(SHOP.location, encoding="cp1251"))
    assert read(tmp_path, body, source=declared)[0] == names


@pytest.mark.parametrize("codec", ["big5", "gbk"])
def test_declared_names_in_the_header_are_proof(tmp_path, codec):
    body, names = write(["陳大文"], codec, "會員編號,姓名")
    assert read(tmp_path, body, source=source_of("會員編號", "姓名"))[0] == names


def test_chinese_that_happens_to_be_utf8_is_refused(tmp_path):
    _, refusal = try_to_read(tmp_path, write(["郑爽"], "gbk")[0])
    assert "it may be gb18030" in refusal
    assert " or utf-8; declare" in refusal
    body, names = write(["陈雪梅", "郑爽", "李建国", "谢娜"], "gbk")
    assert read(tmp_path, body)[0] == names


def test_a_few_lines_that_nobody_can_tell_cost_themselves_alone(tmp_path):
    (tmp_path / "delivered").write_bytes(b"id,name\n" + b"1,Ann\n" * 40 + "2,Иван\n3,Анна\n".encode("cp1251"))
    batches = list(read_delivery(tmp_path / "delivered", "day.csv", SHOP, Reading(region="HK")))
    assert [rule for batch in batches for rule in batch.faults["rule"]] == ["encoding"] * 2
    assert sum(batch.rows.height for batch in batches) == 40


def test_the_last_delivery_decides_where_this_one_is_too_small(tmp_path):
    body, names = write(["Weiß"], "cp850")
    with pytest.raises(DeliveryError, match="it may be"):
        read(tmp_path, body, "DE")
    assert read(tmp_path, body, "DE", past="cp850")[0] == names


def test_a_change_of_encoding_is_a_warning(tmp_path):
    (tmp_path / "day_2.csv").write_bytes(write(PEOPLE["hans"], "gbk")[0])
    history = FormatHistory((Written("day_1.csv", "encoding", "", {}, "big5hkscs"),))
    with duckdb.connect() as con:
        known = LoadHistory(formats=history)
        land_files(begin_file(con, SHOP, known, "HK"), [tmp_path / "day_2.csv"], known, Landed("shop"), tmp_path / "s")
        assert con.execute("SELECT rule, message FROM landing_warning").fetchall() == [
            (
                "encoding_changed",
                "day_2.csv: its encoding is gb18030, and was big5hkscs in the source's last delivery; if that is not"
                " right, declare c360.encoding in shop.odcs.yaml",
            )
        ]


def test_escapes_of_iso_2022_are_refused(tmp_path):
    with pytest.raises(DeliveryError, match=r"c360\.encoding: iso2022_jp"):
        read(tmp_path, write(["山田太郎"], "iso2022_jp")[0])


@pytest.mark.parametrize(
    ("text", "odd"),
    [("José", 0), ("JosЙ", 1), ("MŸller", 1), ("VIP客戶", 0), ("M昡ler", 1), ("O’Brien", 0), ("Garc’", 1),
     ("Stra§e", 1), ("“Zoë”", 0), ("ÐáðÜ", 1), ("12€", 0), ("А", 1),
     ("N°", 0), ("25°C", 0), ("Gro°e", 1), ("12 m²", 0), ("Gr²n", 1), ("1½", 0), ("½", 0), ("K½he", 1), ("2×4", 0),
     ("F×r", 1), ("±5", 0), ("№12", 0)],
)  # fmt: skip
def test_words_that_nobody_writes_are_odd(text, odd):
    assert look_at(text, "DE").odd == odd


def test_accents_of_other_languages_are_foreign():
    assert look_at("Łukasz", "PL").foreign == set()
    assert look_at("Łukasz Dvoøák Ðá", "DE").foreign == {"Latin with such accents"}
