"""Files of 1, 3 and 10 rows in every usual encoding, in a region that writes it and in others: right or refused."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

from benchmarks.reliability.outcome import Outcome
from benchmarks.reliability.variants.landed import Nights, judge_all
from tests.worlds.reading_world import source_of

PEOPLE = {
    "traditional":
        "陳大文 李嘉欣 黃志強 周美玲 張家輝 吳詠詩 何穎琪 鄭伊健 梁朝偉 劉德華 郭富城 謝霆鋒 容祖兒 譚詠麟 "
        "葉倩文 許冠傑 蘇永康 羅淑芬 馮寶寶 鄧麗君 歐陽震華 余文樂 曾志偉 關之琳 沙田第一城 九龍彌敦道",
    "simplified":
        "李静 黄志强 陈雪梅 张丽娜 陈建国 杨建国 王伟 刘洋 赵敏 孙悦 周杰 吴倩 郑爽 冯小刚 徐静蕾 马云 胡歌 "
        "朱军 郭德纲 林志玲 罗永浩 梁静茹 宋丹丹 谢娜 北京市朝阳区 上海浦东新区",
    "cantonese":
        "深水埗 鰂魚涌 石硤尾邨 嘅先生 啲茶餐廳 埗頭街 瀝源邨 陳嘞",
    "japanese":
        "山田太郎 鈴木花子 高橋健一 佐藤さくら 田中一郎 渡辺直美 伊藤美咲 中村俊輔 吉田羊 山本耕史 ヤマダ "
        "木村拓哉 清水ミチコ",
    "korean":
        "김철수 이영희 박지성 최민수 정우성 강동원 조인성 윤여정 장동건 임수정 한가인 오연수 송강호 전도연 "
        "홍길동",
    "czech":
        "Dvořák Nováková Černý Ondřej Hájek Zdeněk Procházka Šimek Lukáš Kateřina Čapková Růžena Veselá "
        "Kučera Němec",
    "polish":
        "Łukasz Wałęsa Małgorzata Wójcik Paweł Zieliński Dąbrowska Grażyna Kozłowska Stanisław Wiśniewski "
        "Józef Król",
    "russian":
        "Иван Петров Анна Смирнова Сергей Кузнецов Ольга Попова Дмитрий Соколов Елена Лебедева Фёдор Щукин",
    "western":
        "José García François Müller Björn Weiß Käthe René Zoë Jürgen Schröder Michèle Lefèvre Søren Kjær Åsa "
        "Lindström Conceição Núñez Óscar Ibáñez Noël Dupré Hélène Bézier Märta Öberg Günther Anaïs Peña Íñigo "
        "Jäger Größe",
    "greek":
        "Γιώργος Παπαδόπουλος Μαρία Νικολάου Ελένη Δημητρίου Κώστας Αντωνίου Άννα Βασιλείου Νίκος Σοφία",
    "turkish":
        "Oğuz Öztürk Çağrı Kılıç Ayşe Yıldız Işık Doğan İbrahim Şahin Gökçe Aydın Yılmaz Şule Güneş Çelik "
        "Tuğba Koç",
    "hebrew":
        "דוד כהן שרה לוי יוסף מזרחי רחל פרץ משה ביטון אברהם דהן מרים יעקב פרידמן",
    "arabic":
        "فاطمة حسن محمد علي أحمد خديجة يوسف عمر إبراهيم عائشة محمود حسين مريم خالد",
    "thai":
        "สมชาย ใจดี สุดา แก้ว วิชัย ศรีสุข มาลี ทองดี ประเสริฐ บุญมี นภา แสงจันทร์ พรทิพย์ รักไทย",
}  # fmt: skip
KINDS = (
    ("gbk", "simplified", "CN HK"), ("gb18030", "simplified", "HK"), ("gbk", "traditional", "HK"),
    ("big5", "traditional", "HK TW"), ("big5hkscs", "cantonese", "HK"), ("shift_jis", "japanese", "JP HK"),
    ("euc_jp", "japanese", "JP HK"), ("euc_kr", "korean", "KR HK"), ("cp1250", "czech", "CZ DE HK"),
    ("cp1250", "polish", "PL DE HK"), ("cp1251", "russian", "RU DE HK"), ("cp1252", "western", "DE FR HK"),
    ("cp1253", "greek", "GR DE HK"), ("cp1254", "turkish", "TR DE HK"), ("cp1255", "hebrew", "IL HK"),
    ("cp1256", "arabic", "AE HK"), ("cp874", "thai", "TH HK"), ("cp850", "western", "DE HK"),
    ("cp437", "western", "US DE"), ("mac_roman", "western", "DE HK"), ("iso8859_15", "western", "DE"),
    ("utf-16", "traditional", "HK"), ("utf-16-le", "western", "DE"), ("utf-16-be", "traditional", "HK"),
    ("utf-8", "western", "DE"), ("utf-8", "traditional", "HK"), ("utf-8-sig", "simplified", "CN"),
)  # fmt: skip
"""Encoding, who is in the file, and where the company is."""
ROWS = (1, 3, 10)
SOURCE = source_of("id", "at", "name")


def list_files(seeds: int) -> Iterator[Nights]:
    """Files of every kind, region and size, with other people each time."""
    for codec, who, regions in KINDS:
        for region in regions.split():
            for count in ROWS:
                for seed in range(seeds):
                    yield make_file((codec, who, region), count, seed)


def make_file(kind: tuple[str, str, str], count: int, seed: int) -> Nights:
    """One file of some people, with a delimiter and a header as it comes."""
    codec, who, region = kind
    chance = random.Random(f"{kind} {count} {seed}")
    names = [name for name in PEOPLE[who].split() if is_written(name, codec)]
    rows = {f"{n}": ("2026-11-01", chance.choice(names)) for n in range(count)}
    mark = chance.choice(",;\t|")
    text = mark.join(("id", "at", "name")) + "\n" + "".join(mark.join((n, *row)) + "\n" for n, row in rows.items())
    return Nights(f"{count} rows of {who} in {codec}, {region}, {seed}", [{"day.csv": text.encode(codec)}], rows,
                  SOURCE, region)  # fmt: skip


def is_written(name: str, codec: str) -> bool:
    """Has an encoding all letters of a name?"""
    try:
        name.encode(codec)
    except UnicodeError:
        return False
    return True


def read_encodings(folder: Path, seeds: int = 4) -> list[Outcome]:
    """Every file through the landing of a night."""
    outcome = Outcome("small files in every usual encoding", "each right, or refused by name; no letter is wrong")
    return judge_all(list_files(seeds), folder, outcome)
