"""Which table a text was written by, where nobody declares it: what its words look like decides, or nothing does.

Every table that may be meant is tried on a sample. A reading counts if its words are such as people write (see
`alphabets`); those whose letters are usual in the region come first, and declared names that stand in the text are
proof. Where several readings remain, the source's last delivery decides, or chardet's statistics of languages if they
agree with what is first in the region. Otherwise the delivery is refused, with the tables that it may be in: a name in
wrong letters is never noticed again.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from warehouse.landing.files import DeliveryError
from warehouse.landing.formats.alphabets import WRITTEN, Look, list_foreign, look_at

if TYPE_CHECKING:
    from warehouse.contracts.model import Source
    from warehouse.landing.formats.batch import Reading

CODECS = (
    "big5hkscs", "gb18030", "cp932", "euc_jp", "cp949", "cp1252", "cp1250", "cp1254", "cp1257", "iso8859_15",
    "iso8859_2", "cp1251", "koi8_r", "cp866", "cp1253", "cp1255", "cp1256", "cp874", "mac_roman", "cp850",
    "cp437", "cp852",
)  # fmt: skip
"""Tables that are tried, each for its family; of those that read alike the first is named."""
FIRST = {
    "big5hkscs": "HK MO TW", "gb18030": "CN HK MO MY SG", "cp932": "JP", "cp949": "KR", "cp1254": "TR AZ",
    "cp1250": "AL BA CZ HR HU PL RO SI SK", "cp1257": "EE LT LV", "cp1255": "IL", "cp874": "TH",
    "cp1251": WRITTEN["Cyrillic"], "cp1253": WRITTEN["Greek"], "cp1256": WRITTEN["Arabic"],
}  # fmt: skip
"""By table, the regions whose programs write it; others write cp1252."""
SUPERSETS = {
    "big5": "big5hkscs", "cp950": "big5hkscs", "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932",
    "euc_kr": "cp949", "iso8859-1": "cp1252",
}  # fmt: skip
"""What senders call an encoding, and what they then really use."""
FEW_HAN, FEW_WORDS = 6, 2
"""Of fewer Chinese characters, or other words, statistics tell too little where several readings are usual."""
SURE_LETTERS = 12
"""So many letters that are UTF-8 are no accident."""
DAMAGED = 0.02
"""Lines that a table need not decode, of fifty and more."""
SHOWN = 4


@dataclass(frozen=True)
class Clues:
    """What is known of a delivery before its bytes are looked at."""

    region: str = ""
    """Where the company is (ISO 3166-1, the setting phone_region); "": nobody says."""
    names: tuple[str, ...] = ()
    """Declared names of columns that are not ASCII."""
    past: str | None = None
    """How the source's last delivery was found to be written."""
    contract: str = ""
    """The file in which an encoding is declared; none, where a file is read without a contract."""
    has_header: bool = False
    """Its first line is a header."""


NOTHING_KNOWN = Clues()


class EncodingDoubt(DeliveryError):
    """It is not certain in which encoding a text is."""

    def __init__(self, message: str, names: Sequence[str]) -> None:
        super().__init__(message)
        self.names = tuple(names)
        """Those that it may be in, the likeliest first."""


def list_clues(source: Source, reading: Reading, *, has_header: bool = False) -> Clues:
    """What contract, setting and past say of a delivery that is about to be read."""
    names = [name for column in source.columns for name in (*column.path, *column.also_called)]
    foreign = tuple(dict.fromkeys(name for name in names if not name.isascii()))
    return Clues(reading.region, foreign, reading.past.get("encoding"), source.path.name, has_header)


@dataclass
class Guess:
    """One reading of a text."""

    codecs: list[str]
    """The tables that give it."""
    text: str
    look: Look
    names: int = 0
    """How many of the declared names it has."""


@dataclass
class Guesses:
    """The readings that are left, those that look right, and of these the ones usual in the region."""

    every: list[Guess]
    fitting: list[Guess] = field(init=False)
    usual: list[Guess] = field(init=False)

    def __post_init__(self) -> None:
        most = max((guess.names for guess in self.every), default=0)
        self.every = [guess for guess in self.every if guess.names == most]
        self.fitting = [guess for guess in self.every if guess.look.is_plausible]
        self.usual = [guess for guess in self.fitting if most or not guess.look.foreign]
        if most and not self.fitting and len(self.every) == 1:  # declared names stand there: rare words are no matter
            self.fitting = self.usual = self.every


def choose_codec(sample: bytes, clues: Clues) -> str:
    """The table that a text is written by, from lines of it that are not ASCII.

    Raises:
        EncodingDoubt: that is not certain; the message names those that it may be.
    """
    found = list_guesses(sample, clues)
    chosen = find_past(found, sample, clues) or find_only(found, sample, clues)
    if chosen is None:
        raise describe_doubt(found, sample, clues)
    return name_codec(chosen, clues)


def find_past(found: Guesses, sample: bytes, clues: Clues) -> Guess | None:
    """The reading by the source's last table, unless it is not the only one and statistics speak for another."""
    past = next((guess for guess in found.fitting if clues.past in guess.codecs), None)
    others = [guess for guess in found.usual if guess is not past]
    return past if past and (not others or ask_statistics(found.fitting, sample) not in others) else None


def find_only(found: Guesses, sample: bytes, clues: Clues) -> Guess | None:
    """The reading that is certain: the only one, or the one that statistics, too, find; None if there is none."""
    usual, rivals = found.usual, list_rivals(found, clues)
    if len(usual) == len(found.fitting) == 1 and not rivals:
        return usual[0]
    voted = ask_statistics(found.fitting, sample) if usual else None
    if voted is None or voted not in usual or any(rival is not voted for rival in rivals):
        return None
    is_first = any(is_first_in(codec, clues.region) for codec in voted.codecs)
    is_alone = len(usual) == 1 or (is_first and not voted.look.signs and not 0 < voted.look.han < FEW_HAN)
    return voted if is_alone and voted.look.words >= FEW_WORDS else None


def list_rivals(found: Guesses, clues: Clues) -> list[Guess]:
    """Readings by a table of the region that would look right, had they fewer rare characters."""
    return [
        guess
        for guess in found.every
        if guess not in found.fitting
        and guess.look.is_rare_alone
        and any(clues.region and is_first_in(codec, clues.region) for codec in guess.codecs)
    ]


def list_guesses(sample: bytes, clues: Clues) -> Guesses:
    """Every reading of a sample, with the tables that give it."""
    by_text: dict[str, Guess] = {}
    for codec in CODECS:
        text = decode_lines(sample, codec)
        if text is None:
            continue
        if text not in by_text:
            names = sum(name in text for name in clues.names)
            by_text[text] = Guess([], text, look_at(text, clues.region), names)
        by_text[text].codecs.append(codec)
    return Guesses(list(by_text.values()))


def decode_lines(sample: bytes, codec: str) -> str | None:
    """Lines by a table, without the few that may be damaged; None if more cannot be decoded."""
    try:
        return sample.decode(codec)
    except UnicodeError:
        pass
    lines, texts = sample.split(b"\n"), []
    damaged = 0
    for line in lines:
        try:
            texts.append(line.decode(codec))
        except UnicodeError:
            damaged += 1
            if damaged > DAMAGED * len(lines):
                return None
    return "\n".join(texts)


def ask_statistics(guesses: Sequence[Guess], sample: bytes) -> Guess | None:
    """The reading that chardet finds in a sample, of those that look right."""
    from chardet import detect  # takes half a second, and hardly any delivery needs it

    name = detect(sample)["encoding"]
    try:
        codec = codecs.lookup(name or "").name
    except LookupError:
        return None
    text = decode_lines(sample, SUPERSETS.get(codec, codec))
    return next((guess for guess in guesses if guess.text == text), None)


def is_first_in(codec: str, region: str) -> bool:
    """Do programs of the region write this table?"""
    if not region:
        return True
    here = [table for table, regions in FIRST.items() if region in regions.split()]
    return codec in (here or ["cp1252"])


def name_codec(guess: Guess, clues: Clues) -> str:
    """One of the tables that give a reading: the source's last one, the region's, or the first."""
    if clues.past in guess.codecs:
        return str(clues.past)
    first = [codec for codec in guess.codecs if clues.region and is_first_in(codec, clues.region)]
    return (first or guess.codecs)[0]


def describe_doubt(found: Guesses, sample: bytes, clues: Clues) -> EncodingDoubt:
    """Why it is not certain how a text is written, with the tables it may be in, the likeliest first, and the cure."""
    voted = ask_statistics(found.every, sample)
    first = [guess for guess in found.every if clues.region and is_first_in(name_codec(guess, clues), clues.region)]
    possible = found.fitting or [*first, *filter(None, [voted])]
    likely = sorted(possible, key=lambda guess: (guess not in found.usual, guess is not voted))
    named = list_names(likely, clues)
    may_be = " or ".join(named)
    said = f"its text is not UTF-8, and it is not certain which encoding it is in: it may be {may_be}"
    if not named:
        said = "its text is not UTF-8, nor in any encoding that is tried"
    elif found.fitting and not found.usual:
        alphabet = list_foreign(guess.look for guess in found.fitting)
        said = f"its text is not UTF-8; it may be in {may_be}, but {alphabet} is not usual in {clues.region}"
    return EncodingDoubt(f"{said}; {cure(named, clues)}", named)


def list_names(guesses: Iterable[Guess], clues: Clues) -> list[str]:
    """Tables by which a text may be written, as many as people want to read of."""
    return list(dict.fromkeys(name_codec(guess, clues) for guess in guesses))[:SHOWN]


def cure(named: Sequence[str], clues: Clues) -> str:
    """What to do where it is not certain how a text is written."""
    if not clues.contract.endswith((".yaml", ".yml")):
        return "save it in UTF-8"
    value = f"c360.encoding: {named[0]}" if named else "c360.encoding"
    return f"declare the encoding it is in ({value}) in {clues.contract}, or have it delivered in UTF-8"


def is_accident(sample: bytes, clues: Clues) -> bool:
    """Do lines look as if they were UTF-8 by accident, as 王伟 in GBK is?"""
    text = sample.decode(errors="ignore")
    if any(name in text for name in clues.names):
        return False
    look = look_at(text, clues.region)
    return not look.is_plausible or bool(look.foreign)


def require_utf8(sample: bytes, clues: Clues) -> None:
    """Raise EncodingDoubt if a few letters that are UTF-8 may be so by accident, and are Chinese in another table."""
    letters = [char for char in sample.decode(errors="ignore") if char > "\x7f"]
    if len(letters) >= SURE_LETTERS or clues.past == "utf-8" or not is_accident(sample, clues):
        return
    others = [guess for guess in list_guesses(sample, clues).usual if guess.look.han]
    if others:
        named = list_names(others, clues)
        may_be = " or ".join([*named, "utf-8"])
        said = f"it is not certain which encoding its text is in: it may be {may_be}; {cure(named, clues)}"
        raise EncodingDoubt(said, [*named, "utf-8"])
