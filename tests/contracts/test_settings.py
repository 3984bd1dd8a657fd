"""Settings: names of before work for one release more, and what a generation was built by is read back."""

import traceback

import pytest

from warehouse.contracts.settings import RENAMED, Settings, SettingsError, read_kept, read_settings, require_valid

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
    today = Settings().list_changing()
    assert read_kept({"settings": today}) == today
    today.pop("max_household_members")  # there was none yet
    assert read_kept({"settings": told}) == today


@pytest.mark.parametrize("text", ["", "# nothing is set\n", "\ufeffcurrency: HKD\n"])
def test_a_file_that_sets_nothing_else_leaves_the_defaults(text, tmp_path):
    (tmp_path / "settings.yaml").write_text(text, "utf-8")
    assert read_settings(tmp_path, {}) == Settings()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("keep_months: 3\nkeep_months: 4\n", "settings.yaml: keep_months: key 'keep_months' is there twice"),
        ("max_churn_share: '0_1'\n", "settings: max_churn_share must be a share from 0 to 1, as 0.1"),
        ("max_churn_share: yes\n", "settings: max_churn_share must be a share"),
        ("max_churn_share: .nan\n", "settings: max_churn_share must be a share"),
        ("keep_months: true\n", "settings: keep_months must be a whole number, as 12"),
        ("history_days: -1\n", "settings: history_days must be a whole number, as 0"),
        ("phone_region: NO\n", "settings: phone_region must be text: put it in quotes"),
        ("alert_email:\n", "settings: alert_email must be text"),
        ("deadline: 16:00\n", 'settings: deadline must be a time of day in quotes, as "06:00"'),
        ("currency: 1\nkeep_generations: 1\n", "settings: currency must be three capital letters, as HKD\nsettings: "),
    ],
)  # fmt: skip
def test_what_yaml_reads_otherwise_than_it_was_meant_is_refused(text, said, tmp_path):
    (tmp_path / "settings.yaml").write_text(text, "utf-8")
    with pytest.raises(SettingsError) as refused:
        read_settings(tmp_path, {})
    assert said in str(refused.value)


@pytest.mark.parametrize("given", [{"smtp": ["s3cret"]}, {"alert_webhook": {"s3cret": "s3cret"}}, {"smtp": "s3cret"}])
def test_no_secret_is_shown_whatever_is_wrong_with_it(given):
    with pytest.raises(SettingsError) as refused:
        require_valid(given)
    assert "s3cret" not in str(refused.value) + "".join(traceback.format_exception(refused.value))
