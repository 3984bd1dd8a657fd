"""What levels of agreement and their weights mean, in words that need no statistics."""

from __future__ import annotations

from transforms.matching.records.field import KINDS

FIELD = {
    "surname_sound": "surname", "given_sound": "given name", "western_name": "western name", "full_name": "name",
    "given_name": "given name", "middle_name": "middle name", "birth_date": "birth date", "national_id": "national id",
    "house": "house number",
}  # fmt: skip
"""Fields of the matcher as people call them, where that differs."""
LEVEL = {
    "name": ("differ", "hardly alike", "somewhat alike", "alike", "all but the same", "the same"),
    "middle": ("differ", "the same initial", "alike", "the same"),
    "sound": ("differ", "sound alike, other characters", "nearly the same, or spelt as abroad", "sound the same",
              "the same"),
    "syllables": ("differ", "half the same", "initials or a part fit", "nearly the same", "sound the same", "the same"),
    "western": ("differ", "alike", "short for one another", "the same"),
    "date": ("differ", "only the year is the same", "two parts of three are the same",
             "a slip, or day and month swapped", "the same"),
    "flag": ("differ", "the same"),
    "email": ("differ", "alike", "two slips apart", "one slip apart", "the same before the @", "the same"),
    "code": ("differ", "two slips apart", "one slip apart", "the same"),
    "text": ("differ", "somewhat alike", "alike", "all but the same", "the same"),
    "grams": ("differ", "hardly alike", "somewhat alike", "rather alike", "alike", "much alike", "all but the same",
              "the same"),
    "numbers": ("differ", "some are the same", "those of one are in the other", "the same"),
}  # fmt: skip
"""Kind → what each level says; above the last, the same and seldom."""
PARTED = {
    "given": "another given name", "family": "another surname", "birth": "another birth date",
    "middle": "another middle name", "characters": "other Chinese characters or Vietnamese words in the name",
    "generation": "birth dates a generation apart at one address",
    "short": "given names of one and of two syllables at one address", "elsewhere": "another home",
}  # fmt: skip
"""Contradiction → what people call it: neither a slip, a nickname, a script nor an initial explains it."""
WEIGHTS = (
    (8.0, "speaks very strongly for one person"), (4.0, "speaks strongly for one person"),
    (1.5, "speaks for one person"), (0.5, "speaks a little for one person"), (-0.5, "is hardly evidence"),
    (-1.5, "speaks a little against it"), (-4.0, "speaks against it"), (-8.0, "speaks strongly against it"),
)  # fmt: skip
"""Least weight in bits, and what it amounts to."""
SURE = (
    (0.99, "as good as certain"), (0.9, "very likely"), (0.7, "likely"), (0.5, "more likely than not"),
    (0.2, "rather unlikely"), (0.01, "unlikely"),
)  # fmt: skip


def say_field(field: str) -> str:
    """What people call a field."""
    return FIELD.get(field, field)


def say_level(field: str, level: int) -> str:
    """What a level of agreement means."""
    kind = KINDS[field]
    if kind == "full":
        return "the same" if level >= 26 else "alike" if level >= 12 else "somewhat alike" if level >= 4 else "differ"
    said = LEVEL[kind]
    return said[level] if level < len(said) else f"{said[-1]}, and a rare one"


def say_parted(contradictions: tuple[str, ...]) -> str:
    """What makes two accounts two people, whatever else they share."""
    *others, last = [PARTED[name] for name in contradictions]
    words = f"{', '.join(others)} and {last}" if others else last
    return f"two people by {words}: no slip, nickname or script explains that, whatever else is the same"


def say_weight(bits: float) -> str:
    """What a weight in bits amounts to."""
    return next((text for least, text in WEIGHTS if bits >= least), "speaks very strongly against it")


def say_probability(probability: float) -> str:
    """How sure a probability is."""
    return next((text for least, text in SURE if probability >= least), "as good as excluded")
