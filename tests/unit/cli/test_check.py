"""`vigie check`: says what is wrong and how to mend it; and the pages of the docs that commands write."""

from __future__ import annotations

from pathlib import Path

import pytest

from accounts.secret import check_secret
from data_access.settings import Settings

ROOT = Path(__file__).resolve().parents[3]


def lines(result):
    return {line[7:].split()[0]: line for line in result.output.splitlines() if line.startswith(("ok ", "WRONG "))}


def test_all_is_well_before_and_after_the_first_start(vigie):
    assert "empty; the first start makes its tables" in lines(vigie("check"))["store"]
    vigie("user", "add", "ada@acme.test", "--tenant", "acme")
    said = lines(vigie("check"))
    assert set(said) == {"secret", "store", "people", "warehouse", "disk"}
    assert all(line.startswith("ok") for line in said.values())
    assert "schema 00" in said["store"]


@pytest.mark.parametrize(
    ("name", "value", "finding", "words"),
    [
        ("SECRET_KEY", "", "secret", "vigie check --new-secret"),
        ("STORE_URL", "postgresql://vigie:hidden@127.0.0.1:1/none", "store", "is its server up, and STORE_URL right"),
        ("STORE_URL", "mysql://host/db", "store", "sqlite:///file or postgresql"),
        ("WAREHOUSE_URL", "duckdb:////dev/null/w.duckdb", "warehouse", "WAREHOUSE_URL"),
        ("PORT", "99999", "settings", "docs/settings.md"),
    ],
)
def test_what_is_wrong_is_named_with_its_remedy(vigie, monkeypatch, name, value, finding, words):
    monkeypatch.setenv(name, value)
    result = vigie("check", code=1)
    assert lines(result)[finding].startswith("WRONG")
    assert words in lines(result)[finding]
    assert "hidden" not in result.output
    assert "Traceback" not in result.output


def test_looking_makes_nothing_and_the_databases_follow_data_dir(vigie, monkeypatch, tmp_path):
    monkeypatch.delenv("WAREHOUSE_URL")
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "elsewhere"))
    assert f"{tmp_path}/elsewhere/warehouse.duckdb: not there yet" in lines(vigie("check"))["warehouse"]
    assert not (tmp_path / "elsewhere" / "warehouse.duckdb").exists()


def test_a_full_disk_is_wrong(vigie, monkeypatch):
    monkeypatch.setattr("cli.check.LEAST_FREE_GIGABYTES", 10**9)
    assert "move DATA_DIR" in lines(vigie("check", code=1))["disk"]


def test_the_secret_it_makes_is_one_it_accepts(vigie):
    name, _, value = vigie("check", "--new-secret").stdout.strip().partition("=")
    assert name == "SECRET_KEY"
    check_secret(Settings(_env_file=None, secret_key=value))


def test_the_settings_page_is_what_the_settings_are(vigie):
    assert (ROOT / "docs" / "settings.md").read_text() == vigie("check", "--settings-markdown").stdout


def test_every_setting_is_described():
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_the_list_of_metrics(vigie):
    assert "active_users" in vigie("metrics").output
    assert vigie("metrics", "--markdown").stdout.startswith("# Metrics")
