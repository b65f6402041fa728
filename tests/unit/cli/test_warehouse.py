"""Commands that need the warehouse: import, query, rollup, demo, on a file nobody else has open."""

from __future__ import annotations

import json
from datetime import timedelta

import orjson
import pytest

from data_access.clock import utc_now

MAP = """
[[load]]
table = "events"

[load.columns]
ts = { instant = "when" }
name = { constant = "visit" }
user_id = "who"
"""


@pytest.fixture
def company(vigie, place):
    vigie("user", "add", "ada@acme.test", "--tenant", "acme", "--role", "admin")
    return place


@pytest.fixture
def files(company):
    """Five visits of two people yesterday, one line that is not readable, and a map."""
    day = (utc_now() - timedelta(days=1)).date().isoformat()
    rows = [f"{day}T1{n}:00:00Z,{who}" for n, who in enumerate(["ada", "ben", "ada", "ada", "ben"])]
    (company / "visits.csv").write_text("\n".join(["when,who", *rows, "not a time,cy"]) + "\n")
    (company / "map.toml").write_text(MAP)
    return company


def active(vigie, **more):
    query = {"metrics": ["active_users", "events"], "period": "7d", **more}
    return orjson.loads(vigie("query", typed=json.dumps(query)).stdout)


def test_a_file_is_loaded_once_and_its_bad_line_kept(vigie, files):
    first = vigie("import", files / "visits.csv", "--map", files / "map.toml").output
    assert "6 rows read for acme" in first
    assert "events: 5 loaded, 1 rejected" in first
    rejects = orjson.loads(next((files / "rejects").iterdir()).read_bytes().splitlines()[0])
    assert rejects["line"] == 7
    assert active(vigie)["totals"] == {"active_users": 2, "events": 5}
    assert "5 there already" in vigie("import", files / "visits.csv", "--map", files / "map.toml").output
    assert active(vigie)["totals"] == {"active_users": 2, "events": 5}


def test_query_answers_as_a_table_and_shows_its_sql(vigie, files):
    vigie("import", files / "visits.csv", "--map", files / "map.toml")
    (files / "q.json").write_text('{"metrics": ["events"], "period": "7d", "grain": "day"}')
    table = vigie("query", files / "q.json", "--table").output
    assert "Events" in table
    assert len([line for line in table.splitlines() if line.startswith("20")]) == 7
    assert "SELECT" in vigie("query", files / "q.json", "--sql").output


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("not json", "not JSON"),
        ('{"metrics": ["nothing"]}', "there is no metric"),
        ('{"metrics": ["events"], "period": "x"}', "not a period"),
        ("[]", "an object"),
    ],
)
def test_a_question_that_cannot_be_asked(vigie, company, typed, words):
    result = vigie("query", typed=typed, code=1)
    assert words in result.output
    assert result.stdout == ""


def test_which_tenant_must_be_said_where_there_are_two(vigie, company):
    vigie("user", "add", "bob@globex.test", "--tenant", "globex")
    assert "--tenant: acme, globex" in vigie("query", typed='{"metrics": ["events"]}', code=1).output
    assert "there is no tenant" in vigie("query", "--tenant", "initech", typed='{"metrics": ["events"]}', code=1).output
    assert active.__name__
    assert orjson.loads(vigie("query", "--tenant", "globex", typed='{"metrics": ["events"]}').stdout)["totals"]["events"] in (0, None)


def test_files_and_maps_that_cannot_be_read_say_so(vigie, files):
    (files / "broken.toml").write_text("[[load]]\ntable = 7")
    assert vigie("import", files / "visits.csv", "--map", files / "broken.toml", code=1).output
    (files / "other.toml").write_text(MAP.replace('"who"', '"nobody"'))
    assert "nobody" in vigie("import", files / "visits.csv", "--map", files / "other.toml", code=1).output
    vigie("import", files / "none.csv", "--map", files / "map.toml", code=2)


def test_rollups_are_compared_and_rebuilt(vigie, files):
    vigie("import", files / "visits.csv", "--map", files / "map.toml")
    assert "acme: equal to the facts" in vigie("rollup", "--check").output
    assert "acme: rebuilt, data version" in vigie("rollup").output
    damage(files)
    broken = vigie("rollup", "--check", code=1).output
    assert "acme: differs" in broken
    said = vigie("verify", code=1).output
    assert "acme: differs" in said
    assert "vigie rollup --tenant acme" in said
    vigie("rollup", "--tenant", "acme")
    assert "equal to the facts" in vigie("rollup", "--check").output
    assert "acme: equal to the facts" in vigie("verify", "--tenant", "acme").output


def damage(place):
    """Change a rollup behind the product's back."""
    import sqlalchemy as sa

    from data_access.schema import rollup_event_day
    from data_access.warehouse import open_warehouse

    warehouse = open_warehouse(f"duckdb:///{place}/warehouse.duckdb")
    with warehouse.transaction() as tx:
        tx.execute(sa.update(rollup_event_day).values(events=rollup_event_day.c.events + 1))
    warehouse.close()


def test_the_demonstration_is_made_once_and_anew_on_demand(vigie, place):
    assert "Made " in vigie("demo", "--scale", "small").output
    sums = orjson.loads(vigie("query", "--tenant", "lumen", typed='{"metrics": ["events"], "period": "all"}').stdout)["totals"]
    assert "there already: scale small" in vigie("demo", "--scale", "small").output
    assert "admin@lumen.example" in vigie("user", "list").output
    assert "Made " in vigie("demo", "--scale", "small", "--fresh").output
    again = orjson.loads(vigie("query", "--tenant", "lumen", typed='{"metrics": ["events"], "period": "all"}').stdout)["totals"]
    assert again == sums
    assert "there is no scale" in vigie("demo", "--scale", "huge", "--fresh", code=1).output
    assert orjson.loads((place / "demo.json").read_bytes())["done"]
