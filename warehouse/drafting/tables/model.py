"""A contract that is being drafted: its columns, what is known of each, and what stays open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from warehouse.drafting.columns.facts import Facts
from warehouse.drafting.questions import Asker, Question
from warehouse.drafting.sample import Sample
from warehouse.drafting.tables.kinds import Table

CLASSES: Mapping[str, str] = {
    **dict.fromkeys(("birth_date", "national_id", "address"), "restricted"),
    **dict.fromkeys(
        ("full_name", "given_name", "surname", "email", "phone", "handle", "gender", "text"), "confidential"
    ),
    **dict.fromkeys(("account_id", "postcode", "district", "language"), "internal"),
}
"""Class of personal data by role; other roles have none."""


@dataclass
class ColumnDraft:
    """One column that the contract declares."""

    name: str
    role: str
    """"" for none: it says which rows are deleted."""
    confidence: float
    evidence: str
    type: str = "string"
    physical_type: str | None = None
    format: str | None = None
    key_position: int | None = None
    is_required: bool = False
    relation: str | None = None
    """`<file>#schema/<table>/properties/<column>` of the accounts or orders that it names."""
    custom: dict[str, Any] = field(default_factory=dict)
    """Its `c360.` properties besides the role."""
    questions: list[Question] = field(default_factory=list)


@dataclass
class SourceDraft:
    """One contract."""

    name: str
    sample: Sample
    table: Table
    kind: str | None = None
    kind_evidence: str = ""
    columns: list[ColumnDraft] = field(default_factory=list)
    load_mode: str = "append"
    custom: dict[str, Any] = field(default_factory=dict)
    """Its `c360.` properties besides kind and load mode."""
    custom_evidence: dict[str, str] = field(default_factory=dict)
    questions: list[Question] = field(default_factory=list)
    """What stays open of the source as a whole."""
    advice: list[str] = field(default_factory=list)
    """What somebody should look at; the contract works without."""
    has_naive_times: bool = False
    """Does a column of times leave it open where they are?"""

    def of(self, role: str) -> ColumnDraft | None:
        """The first column with a role."""
        return next((column for column in self.columns if column.role == role), None)

    def facts(self, name: str) -> Facts:
        """The facts of a column."""
        return self.table.facts[name]

    def values(self, name: str) -> list[str | None]:
        """All values of a column, in the order of the file."""
        return self.sample.rows[name].to_list()

    def declare(
        self, name: str | None, role: str, confidence: float | None = None, evidence: str = ""
    ) -> ColumnDraft | None:
        """Give a column a role, unless it has one; None for no column."""
        if name is None or any(column.name == name for column in self.columns):
            return None
        hint = self.table.hints[name].get(role)
        found = confidence if confidence is not None else hint.confidence if hint else 0.5
        column = ColumnDraft(name, role, found, evidence or (hint.evidence if hint else ""))
        self.columns.append(column)
        return column

    def is_taken(self, name: str) -> bool:
        """Has the column a role already?"""
        return any(column.name == name for column in self.columns)

    @property
    def open_questions(self) -> list[Question]:
        """All that stays open, of the source and of its columns."""
        return [*self.questions, *(question for column in self.columns for question in column.questions)]

    @property
    def left_out(self) -> list[str]:
        """Columns of the file that the contract does not declare."""
        return [name for name in self.sample.places if not self.is_taken(name)]


def leave_open(source: SourceDraft, asker: Asker, question: Question, column: ColumnDraft | None = None) -> str | None:
    """Ask; where nobody answers, the question stays with the column, or with the source."""
    answer = asker.ask(question)
    if answer is None:
        (column.questions if column else source.questions).append(question)
    return answer
