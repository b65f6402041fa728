"""What it costs to prepare: bulk, per event, and a live batch of ten thousand events."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import sqlalchemy as sa

from bench import data
from data_access.schema import events, users
from data_access.warehouse import Warehouse, open_warehouse
from demo.business import TENANTS
from ingest import rollups
from ingest.lists import keep
from ingest.writer import BatchWriter

ROWS = 10_000
BATCHES = 8
TENANT = TENANTS[0]
NAMES = ("page_view", "document_edited", "logged_in", "search_performed", "sign_up_started")


def table(path: Path, now: datetime, *, bulk: bool) -> Iterator[str]:
    """Rows of the table; on a copy of the warehouse, which is thrown away."""
    yield "| preparation | wall | processor |"
    yield "|---|---|---|"
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        copy = Path(folder, "copy.duckdb")
        shutil.copyfile(path, copy)
        house = open_warehouse(f"duckdb:///{copy}", memory="6GB", beside=data.beside(copy))
        house.migrate()
        yield from _live(house, now)
        if bulk:
            yield from _bulk(house)
        house.close()


def _live(house: Warehouse, now: datetime) -> Iterator[str]:
    draw = np.random.default_rng(1)
    known = _known(house)
    spent = []
    for number in range(BATCHES):
        batch, moment = _batch(draw, known, (now, number)), now + timedelta(seconds=10 * (number + 1))
        wall, cpu = time.perf_counter(), time.process_time()
        BatchWriter(house, TENANT).write({"events": batch}, moment)
        spent.append(((time.perf_counter() - wall) * 1000, (time.process_time() - cpu) * 1000))
    first, later = spent[0], sorted(spent[1:])
    yield f"| the first live batch of a process (reads thirty days of ids) | {first[0]:,.0f} ms | {first[1]:,.0f} ms |"
    middle = later[len(later) // 2]
    yield f"| a live batch of {ROWS:,} events, median of {len(later)} | {middle[0]:,.0f} ms | {middle[1]:,.0f} ms |"


def _known(house: Warehouse) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    latest = sa.select(users.c.external_id).where(users.c.tenant == TENANT.key).order_by(users.c.user_key.desc()).limit(200_000)
    found: np.ndarray[tuple[int], np.dtype[np.object_]] = house.read(latest, budget=600)["external_id"].dropna().to_numpy(object)
    return found


def _batch(draw: np.random.Generator, known: np.ndarray[tuple[int], np.dtype[np.object_]], when: tuple[datetime, int]) -> pa.Table:
    """Three thousand people, three in a hundred of them new."""
    now, number = when
    who = draw.choice(known, 3000)[draw.integers(0, 3000, ROWS)]
    new = draw.random(ROWS) < 0.03
    who[new] = [f"bench-{number}-{n}" for n in draw.integers(0, 100, int(new.sum()))]
    start = np.datetime64(pd.Timestamp(now).tz_localize(None), "us") + np.timedelta64(number * 5, "s")
    columns = {
        "ts": pa.array(start + draw.integers(0, 5_000_000, ROWS).astype("timedelta64[us]")),
        "id": pa.array([draw.bytes(16).hex() for _ in range(ROWS)]),
        "user_id": pa.array(who, pa.string()),
        "name": pa.array(draw.choice(NAMES, ROWS).tolist()),
        "page": pa.array(draw.choice(["Home", "Pricing", "Document"], ROWS).tolist()),
        "path": pa.array(draw.choice(["/", "/pricing", "/app/documents/:id"], ROWS).tolist()),
        "device": pa.array(draw.choice(["mobile", "desktop"], ROWS).tolist()),
        "browser": pa.array(draw.choice(["Chrome", "Safari"], ROWS).tolist()),
        "duration_ms": pa.array(draw.random(ROWS) * 1000),
    }
    return pa.table(columns)


def _bulk(house: Warehouse) -> Iterator[str]:
    count = sa.select(sa.func.count().label("n")).select_from(events).where(events.c.tenant == TENANT.key)
    total = int(house.read(count, budget=600)["n"].iloc[0])
    for name, build in (("rollups and sessions", _rollups), ("posting lists", keep.rebuild)):
        wall, cpu = time.perf_counter(), time.process_time()
        build(house, TENANT)
        spent = (time.perf_counter() - wall) * 1e6 / total, (time.process_time() - cpu) * 1e6 / total
        yield f"| {name} of {total / 1e6:,.0f} million events, per event | {spent[0]:.2f} µs | {spent[1]:.2f} µs |"


def _rollups(house: Warehouse, tenant: object) -> None:
    with house.transaction() as tx:
        rollups.rebuild(tx, TENANT)
