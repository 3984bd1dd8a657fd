"""Settings: names of before work for one release more, and what a generation was built by is read back."""

import pytest

from warehouse.contracts.settings import RENAMED, Settings, SettingsError, read_kept, read_settings

OLD = {"shared_by": 5, "largest_customer": 3, "merged_share": 0.5, "churn_share": 0.6, "least_precision": 0.7,
       "least_recall": 0.8}  # fmt: skip


@pytest.mark.parametrize("old", RENAMED)
def test_a_setting_of_before_is_read_under_its_new_name(old, tmp_path):
    (tmp_path / "settings.yaml").write_text(f"{old}: {OLD[old]}\n")
    assert getattr(read_settings(tmp_path, {}), RENAMED[old]) == OLD[old]


@pytest.mark.parametrize("old", RENAMED)
def test_so_is_one_of_the_environment_and_it_wins_over_the_file(old, tmp_path):
    (tmp_path / "settings.yaml").write_text(f"{RENAMED[old]}: {Settings.__dict__[RENAMED[old]]}\n")
    assert getattr(read_settings(tmp_path, {f"C360_{old.upper()}": str(OLD[old])}), RENAMED[old]) == OLD[old]


@pytest.mark.parametrize("old", RENAMED)
def test_both_names_at_once_are_refused(old, tmp_path):
    (tmp_path / "settings.yaml").write_text(f"{old}: {OLD[old]}\n{RENAMED[old]}: {OLD[old]}\n")
    with pytest.raises(SettingsError, match=f"{old} is the old name of {RENAMED[old]}; remove it"):
        read_settings(tmp_path, {})


def test_every_old_name_leads_to_a_setting_and_is_none_itself():
    names = set(Settings.__dataclass_fields__)
    assert set(RENAMED.values()) <= names
    assert not set(RENAMED) & names


def test_a_manifest_of_before_says_the_same_as_todays():
    told = "currency=HKD phone_region=HK shared_by=8 survivorship= timezone=Asia/Hong_Kong"
    assert read_kept({"settings": told}) == Settings().list_changing() == read_kept(
        {"settings": Settings().list_changing()}
    )  # fmt: skip
