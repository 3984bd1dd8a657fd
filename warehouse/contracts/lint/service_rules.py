"""Rules for `service_rules.yaml`: what is wrong with it, each with its place and the nearest right word."""

from __future__ import annotations

from pathlib import Path

from warehouse.contracts.problem import Problem
from warehouse.contracts.service_rules import ServiceRules
from warehouse.contracts.shape import read_shape


def check_service_rules(path: Path) -> list[Problem]:
    """What is wrong with a rule file; nothing where there is none, for then the built-in one holds."""
    return read_shape(path, ServiceRules)[1] if path.exists() else []
