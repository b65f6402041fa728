"""The docs cannot fall behind: each entry of each table is complete and documented."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from accounts.language import Text
from accounts.roles import ROLES, Permission
from analytics.catalogue import markdown
from analytics.dimensions import DIMENSIONS
from analytics.kinds import KINDS
from analytics.metrics import METRICS
from data_access.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"


def complete(text: Text) -> bool:
    return bool(text.en.strip()) and bool(text.fr.strip())


def test_the_page_of_metrics_is_up_to_date():
    assert (DOCS / "metrics.md").read_text() == markdown(), "run: .venv/bin/vigie metrics --markdown > docs/metrics.md"


@pytest.mark.parametrize("metric", METRICS.values(), ids=lambda m: m.name)
def test_each_metric_is_complete(metric):
    assert complete(metric.label)
    assert metric.hidden or complete(metric.description)
    assert metric.hidden or metric.description.en.endswith(".")
    assert metric.hidden or metric.description.fr.endswith(".")
    assert (metric.source is None) == (metric.expression is None), "a source goes with an expression"
    assert (metric.formula is None) == (not metric.needs), "a formula names what it needs"
    assert (metric.source is None) != (metric.formula is None), "either read or derived"
    assert set(metric.needs) <= set(METRICS)


def test_rates_change_by_points():
    assert [m.name for m in METRICS.values() if m.unit == "ratio" and m.change != "points" and not m.hidden] == []


def test_metric_names_are_the_keys():
    assert [name for name, metric in METRICS.items() if name != metric.name] == []


@pytest.mark.parametrize("dimension", DIMENSIONS.values(), ids=lambda d: d.name)
def test_each_dimension_is_complete(dimension):
    assert complete(dimension.label)
    assert all(complete(text) for text in dimension.values.values())


@pytest.mark.parametrize("kind", KINDS)
def test_each_shape_says_what_it_is(kind):
    assert KINDS[kind].query.model_fields["kind"].default == kind
    assert (KINDS[kind].query.__doc__ or "").strip()


@pytest.mark.parametrize("role", ROLES)
def test_each_role_is_complete(role):
    assert complete(ROLES[role].label)
    assert complete(ROLES[role].description)


def test_every_permission_is_held_by_someone_and_documented():
    held = {p for role in ROLES.values() for p in role.permissions}
    assert held == set(Permission)
    rows = [line.split("|") for line in (DOCS / "security.md").read_text().splitlines() if line.startswith("| `")]
    documented = {cells[1].strip(" `"): [cell.strip() == "yes" for cell in cells[3:7]] for cells in rows}
    assert documented == {str(p): [p in role.permissions for role in ROLES.values()] for p in Permission}


def test_every_setting_is_documented():
    page = (DOCS / "settings.md").read_text()
    assert [name for name in Settings.model_fields if f"`{name.upper()}`" not in page] == []
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_links_between_docs_lead_somewhere():
    broken = []
    for page in [*DOCS.rglob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]:
        for target in re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", page.read_text()):
            if not (page.parent / target).exists():
                broken.append(f"{page.relative_to(ROOT)} -> {target}")
    assert broken == []
