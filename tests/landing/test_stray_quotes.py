"""Stray quotes never swallow a record, and texts of several lines stay whole: seeded files, and the second count."""

import csv
import io
import random

import pytest

from tests.worlds.reading_world import Read, source_of
from warehouse.landing.files import DeliveryError
from warehouse.landing.formats.text.csv_dialect import Dialect
from warehouse.landing.formats.text.csv_records import Kind, split_records
from warehouse.landing.formats.text.line_count import LineCount
from warehouse.landing.formats.text.stray_quotes import Verdict

KINDS = {
    "member": lambda n: f"M{n % 7}",
    "name": lambda n: ("陳大文", "Ann Lee", "WONG Mei")[n % 3],
    "phone": lambda n: f"+852 9{n:03} 4567",
    "amount": lambda n: f"{n}.50",
    "day": lambda n: f"2026-03-{n % 28 + 1:02} 10:00:00",
    "mail": lambda n: f"a{n}@example.com",
    "note": lambda n: ("ok", "", "very good, thanks", "Flat 3, Block B")[n % 4],
}
TEXTS = (
    "Flat 3\nBlock B, Sha Tin\nHong Kong",
    "Hello,\n\nmy order is late, really, late.\nPlease help",
    "see:\nid,amount\n1,5\n2,6\nthanks",
    'she said "no"\r\nand left, at 5',
    "地址：\n九龍彌敦道8號\n二樓",
)


class Table:
    """A file of 3 to 60 records, with up to three stray quotes, and what is in it."""

    def __init__(self, seed):
        chance = random.Random(seed)
        self.kinds = ["id", *chance.choices(list(KINDS), k=chance.randint(2, 9)), "note"]
        self.delimiter = chance.choice(",,;\t|")
        key = chance.choice(["L{:04}", "{}"])
        self.rows = [
            [key.format(1000 + n), *(KINDS[kind](n) for kind in self.kinds[1:])]
            for n in range(chance.choice([3, 8, 60]))
        ]
        if chance.random() < 0.5:
            for row in chance.sample(self.rows, 2):
                row[-1] = chance.choice(TEXTS)
        quoting = chance.choice([csv.QUOTE_MINIMAL, csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
        lines = [self.write(row, quoting) for row in self.rows]
        self.damaged = self.damage(lines, chance)
        end = chance.choice(["\n", "\r\n"])
        self.names = [f"{kind}_{place}" for place, kind in enumerate(self.kinds)]
        self.body = end.join([self.delimiter.join(self.names), *lines, ""])

    def write(self, row, quoting):
        written = io.StringIO()
        csv.writer(written, delimiter=self.delimiter, quoting=quoting, lineterminator="\r\n").writerow(row)
        return written.getvalue()[:-2]

    def damage(self, lines, chance):
        """Put quotes at the start, in the middle or at the end of fields, most in one column, on any line."""
        column, damaged = chance.randrange(len(self.kinds)), set()
        for _ in range(chance.choice([0, 1, 2, 2, 3])):
            line = chance.choice([0, len(lines) - 1, chance.randrange(len(lines))])
            if "\n" in lines[line]:
                continue
            fields = lines[line].split(self.delimiter)
            place = min(column, len(fields) - 1) if chance.random() < 0.8 else chance.randrange(len(fields))
            at = chance.choice([0, len(fields[place]), len(fields[place]) // 2])
            fields[place] = fields[place][:at] + '"' + fields[place][at:]
            lines[line] = self.delimiter.join(fields)
            damaged.add(line)
        return damaged


def without_quotes(row):
    return tuple((value or "").replace('"', "") for value in row)


@pytest.mark.parametrize("first", range(0, 400, 50))
def test_every_record_is_loaded_right_or_in_quarantine(tmp_path, first):
    for seed in range(first, first + 50):
        table = Table(seed)
        result = Read(tmp_path, table.body, source_of(*table.names, delimiter=table.delimiter))
        assert result.reading.physical_count == len(table.rows), seed
        whole = [tuple(v or None for v in row) for n, row in enumerate(table.rows) if n not in table.damaged]
        assert set(whole) <= set(result.values), seed
        assert set(map(without_quotes, result.values)) <= set(map(without_quotes, table.rows)), seed
        assert len(result.faults) <= len(table.damaged), seed


SHOP = "line,member,phone,amount,note\n"


def shop(n, note):
    return f"L{n:04},M{n},+852 9{n:03} 4567,{n}.50,{note}\n"


def read_shop(folder, *notes):
    body = SHOP + "".join(shop(n, note) for n, note in enumerate(notes))
    return Read(folder, body, source_of("line", "member", "phone", "amount", "note"))


@pytest.mark.parametrize("between", [0, 1, 2, 30])
def test_records_between_two_stray_quotes_are_loaded_and_both_damaged_ones_are_not(tmp_path, between):
    result = read_shop(tmp_path, "a", '"b', *["c"] * between, 'd"', "e")
    assert result.reading.physical_count == between + 4
    assert result.rules == [(2, "unclosed_quote"), (between + 3, "stray_quote")]
    assert len(result.rows) == between + 2


def test_a_ticket_that_quotes_lines_of_csv_is_one_record(tmp_path):
    text = "my file:\nL0001,M1,+852 9001 4567,5.00,x\nL0002,M2,+852 9002 4567,6.00,y\nis wrong"
    result = read_shop(tmp_path, "a", f'"{text}"', "e")
    assert (result.values[1][-1], result.faults) == (text, [])


def test_two_columns_leave_it_open_and_then_nothing_is_swallowed_in_silence(tmp_path):
    body = 'id,note\n8,a\n9,"b\n10,c\n11,d"\n12,e\n'
    result = Read(tmp_path, body, source_of("id", "note"))
    assert result.values == [("8", "a"), ("12", "e")]
    assert result.faults == [(2, "unclosed_quote", '9,"b\n10,c\n11,d"')]


@pytest.mark.parametrize(
    "text", ["weight:\n1,5 kg", "hello\nthanks, bye", "hello\nthanks,bye", "first:\n1. a\n2. b, c"]
)
def test_a_text_of_several_lines_beside_a_number_is_read(tmp_path, text):
    result = Read(tmp_path, f'id,note\n16,a\n17,"{text}"\n18,b\n', source_of("id", "note"))
    assert result.values == [("16", "a"), ("17", text), ("18", "b")]


def test_ids_of_a_table_of_one_column_are_not_swallowed(tmp_path):
    result = Read(tmp_path, 'id\nA1\n"A2\nA3\nA4"\nA5\n', source_of("id"))
    assert (result.reading.physical_count, result.values) == (5, [("A1",), ("A3",), ("A5",)])


def test_a_splitter_that_swallows_does_not_get_its_books_to_balance(tmp_path, monkeypatch):
    monkeypatch.setattr("warehouse.landing.formats.text.csv_records.judge_lines", lambda *_: Verdict.field)
    with pytest.raises(DeliveryError, match="of 5 physical records"):
        read_shop(tmp_path, "a", '"b', "c", 'd"', "e")


def test_what_is_counted_as_records_the_splitter_takes_for_records_too():
    seen = 0
    for seed in range(600):
        table = Table(seed)
        dialect = Dialect(table.delimiter.encode(), True, len(table.names))
        text = table.body.partition("\n")[2].encode()
        lines = [line for line in text.split(b"\n") if line.rstrip(b"\r")]
        for first in range(len(lines) - 2):
            span = lines[first : first + 3]
            if LineCount(dialect.delimiter, dialect.width).are_records(span):
                seen += 1
                kinds = split_records(b"\n".join(span) + b"\n", dialect, is_end=True).kinds
                assert len(kinds) == 3 or Kind.unclosed_quote in kinds, seed
    assert seen > 3


@pytest.mark.parametrize("text", ["a\n\nb\n", "a\r\n\r\nb\r\n", "\n\na\nb\n\n\n", "a\nb\n"])
def test_blank_lines_are_not_counted(text):
    count = LineCount(b",", 1)
    count.add(text.encode())
    assert count.records == 2
