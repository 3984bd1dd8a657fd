"""Questions that people ask of the published tables, each a short SQL file that begins with two lines of comment."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path

from warehouse import ROOT
from warehouse.errors import C360Error

QUESTIONS = ROOT / "docs" / "questions"


class QuestionError(C360Error):
    """There is no such question."""


@dataclass(frozen=True)
class Question:
    """One file of docs/questions."""

    name: str
    text: str
    """What is asked."""
    hint: str
    """How to read the answer."""
    query: str


@cache
def list_questions() -> tuple[Question, ...]:
    """All questions, in order of name."""
    return tuple(read_question(path) for path in sorted(QUESTIONS.glob("*.sql")))


def read_question(path: Path) -> Question:
    """The question in a file: its first two lines, and its query."""
    text, hint, query = path.read_text("utf-8").split("\n", 2)
    return Question(path.stem, text.removeprefix("-- "), hint.removeprefix("-- "), query)


def find_question(name: str) -> Question:
    """The question of a name.

    Raises:
        QuestionError: there is none; the message says which are near.
    """
    known = {question.name: question for question in list_questions()}
    if name not in known:
        near = get_close_matches(name, known, 3, 0.4)
        cure = f"did you mean {' or '.join(near)}?" if near else "c360 ask lists those that there are"
        raise QuestionError(f"there is no question {name!r}; {cure}")
    return known[name]


def show_questions() -> str:
    """Every question by its name."""
    width = max(len(question.name) for question in list_questions())
    return "\n".join(f"{question.name:<{width}}  {question.text}" for question in list_questions())
