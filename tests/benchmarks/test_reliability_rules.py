"""Every rule and every gate is broken by something: all by the experiment, a sample here; one without is named."""

import pytest

from benchmarks.reliability.faults.planted import BAD
from benchmarks.reliability.faults.rules import break_all_rows, judge, list_faults, list_unbroken
from benchmarks.reliability.faults.strict import found_strict, list_source_rules
from tests.worlds.world import World

SAMPLE = {
    ("sales", "row_count:sales"), ("posts", "quarantine_share"), ("crm", "books"), ("sales", "signs_agree"),
    ("sales", "missing_column:amount"), ("loaded", "sales.quarantine_share"), ("sales", "misspelt"),
    ("published", "customer_event.required:source"), ("published", "customer_profile.profile_covers_identity"),
    ("published", "identity.precision"), ("published", "identity.max_likeness_share"),
    ("published", "identity.shared_account"), ("published", "feature_drift"),
    ("", "record counts do not reconcile"), ("", "does not read back the same"),
}  # fmt: skip


@pytest.fixture(scope="module")
def strict(tmp_path_factory, checker):
    """The company with every kind of rule, published as generation 1."""
    world = World.found(tmp_path_factory.mktemp("strict"), checker)
    found_strict(world)
    world.deliver_all()
    world.night()
    return world


def test_each_rule_and_each_result_of_a_night_has_a_fault(strict, tmp_path):
    assert list_unbroken(strict) == []
    world = strict.copy(tmp_path)
    path = world.contracts / "crm.odcs.yaml"
    path.write_text(path.read_text("utf-8").replace("name: district", "name: district\n    required: true"), "utf-8")
    assert list_unbroken(world) == ["crm required:district"]


def test_each_row_rule_puts_its_row_into_quarantine_or_counts_it(strict, tmp_path):
    assert sum(map(len, BAD.values())) > 50
    assert break_all_rows(strict.copy(tmp_path)) == []


@pytest.mark.parametrize("name", sorted(SAMPLE), ids=" ".join)
def test_a_gate_closes_and_names_its_rule(strict, tmp_path, name):
    [fault] = [fault for fault in list_faults() if (fault.source, fault.rule) == name]
    assert judge(strict.copy(tmp_path), fault, list_source_rules(strict).get(name)) == []
