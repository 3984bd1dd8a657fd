"""What only a person knows: each question with its answers and what each would mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from warehouse.errors import UsageError

OPEN = "# ?"
"""How a question that nobody has answered begins in a contract, which is refused until it is answered."""


@dataclass(frozen=True)
class Choice:
    """One answer."""

    value: str
    meaning: str


@dataclass(frozen=True)
class Question:
    """One thing that the files do not tell."""

    key: str
    """By what it is answered, as `orders.currency`."""
    text: str
    choices: tuple[Choice, ...]
    """The likely ones first."""
    is_free: bool = False
    """May the answer be another than these, as any currency code?"""

    def lines(self) -> list[str]:
        """The question as comments of a contract."""
        said = [f"{OPEN} {self.key}: {self.text}"]
        return said + [f"#   {choice.value}: {choice.meaning}" for choice in self.choices]


@dataclass
class Asker:
    """Answers questions: from what was given beforehand, then by whoever sits at the terminal; else they stay open."""

    given: Mapping[str, str] = field(default_factory=dict)
    """Answers by key."""
    prompt: Callable[[Question], str | None] | None = None
    """Asks a person; None: there is none."""
    known: Mapping[str, str] = field(default_factory=dict)
    """What is known from elsewhere; it need not be asked."""
    answered: dict[str, str] = field(default_factory=dict)
    left_open: list[Question] = field(default_factory=list)

    def ask(self, question: Question) -> str | None:
        """The answer, None if it stays open.

        Raises:
            UsageError: the answer that was given is none of the choices.
        """
        if question.key in self.answered:
            return self.answered[question.key]
        answer = self.given.get(question.key, self.known.get(question.key))
        if answer is None and self.prompt is not None:
            answer = self.prompt(question)
        if answer is None:
            self.left_open.append(question)
            return None
        self.answered[question.key] = require_choice(question, answer)
        return self.answered[question.key]

    def require_used(self) -> None:
        """Raise UsageError for an answer to a question that was not asked."""
        if unknown := sorted(set(self.given) - set(self.answered)):
            asked = sorted({*self.answered, *(question.key for question in self.left_open)})
            raise UsageError(f"--answer {unknown[0]}: that was not asked; asked were {', '.join(asked) or 'none'}")


def require_choice(question: Question, answer: str) -> str:
    """The answer; raises UsageError where it is none of the choices."""
    values = [choice.value for choice in question.choices]
    folded = {value.casefold(): value for value in values}
    if answer.casefold() in folded:
        return folded[answer.casefold()]
    if not question.is_free:
        raise UsageError(f"{question.key}: {answer!r} is no answer; answer one of {', '.join(values)}")
    return answer


def choices(*pairs: Sequence[str]) -> tuple[Choice, ...]:
    """Answers from pairs of value and meaning."""
    return tuple(Choice(value, meaning) for value, meaning in pairs)
