"""Random visits: sessions, their lengths, hours and pages read from rollups are what the rows themselves say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.filters import Filter
from analytics.kinds.aggregate import Aggregate
from analytics.run import cache, run
from data_access.connections import connected
from data_access.schema import events
from data_access.warehouse import Warehouse, open_warehouse
from ingest.rollups import rebuild
from tests.unit.metrics.activity_desk import ACME, actor
from tests.unit.rollups.rows import event, table_of

NOW = datetime(2026, 9, 1, 12, tzinfo=UTC)
EVERYTHING = Filter("is_not", "os", ("none",))  # true of every row, and no rollup has it
SESSIONS = ("sessions", "bounce_rate", "mean_session_duration", "median_session_duration", "pages_per_session")
EVENTS = ("events", "page_views")
Visit = tuple[int, int, list[int], str | None]  # user, hour it begins, seconds between its events, country


@pytest.fixture(scope="module")
def house() -> Iterator[Warehouse]:
    opened = open_warehouse("duckdb:///:memory:", threads=1)
    opened.migrate()
    yield opened
    opened.close()


def fill(house: Warehouse, visits: list[Visit]) -> None:
    rows = []
    for key, (user, hour, pauses, country) in enumerate(visits):
        at = hour * 3600
        for i, pause in enumerate([0, *pauses]):
            at += pause
            name = "page_view" if (key + i) % 3 else "use"
            more = {"session_key": key + 1, "country": country, "page": f"/{i}", "device": "mobile" if user % 2 else None}
            rows.append(event(len(rows), at / 3600, user, name, **more))
    with house.transaction() as tx:
        tx.execute(sa.delete(events))
        tx.append("events", table_of("events", rows))
        rebuild(tx, ACME)
    cache().clear()


def answer(query: Aggregate) -> tuple[object, object]:
    found = run(query, actor(), NOW)
    rows = [
        tuple(None if v != v else round(v, 6) if isinstance(v, float) else v for v in row) for row in found.frame.itertuples(index=False)
    ]
    return sorted(rows, key=repr), {k: None if v is None else round(v, 6) for k, v in found.totals.items()}


visits = st.lists(
    st.tuples(
        st.integers(1, 4),
        st.integers(0, 24 * 8),
        st.lists(st.sampled_from([0, 1, 29, 30, 31, 59, 60, 61, 95, 400, 1799]), max_size=4),
        st.sampled_from(["FR", "BE", None, ""]),
    ),
    min_size=1,
    max_size=15,
)
SHAPES = [
    *(
        Aggregate(metrics=SESSIONS, period="2026-03-20~2026-04-05", grain=grain, by=by)
        for grain in (None, "week")
        for by in ((), ("country",))
    ),
    Aggregate(metrics=SESSIONS, period="2026-03-27~2026-04-01", grain="day"),
    Aggregate(metrics=EVENTS, period="2026-03-20~2026-04-05", by=("weekday", "hour_of_day")),
    Aggregate(metrics=EVENTS, period="2026-03-28~2026-03-30", grain="hour"),
    Aggregate(metrics=EVENTS, period="2026-03-20~2026-04-05", grain="week", by=("page", "country")),
]


@settings(max_examples=8)
@given(visits)
def test_rollups_answer_as_the_rows_do(house: Warehouse, drawn: list[Visit]) -> None:
    fill(house, drawn)
    with connected(warehouse=house):
        for shape in SHAPES:
            raw = shape.model_copy(update={"filters": (EVERYTHING,)})
            assert answer(shape) == answer(raw), shape
