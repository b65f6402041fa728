"""Results made by hand, so that drawing and wording are tested without a warehouse."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pandas as pd

from accounts.actor import Tenant
from accounts.language import Text
from analytics.dimensions import dimension
from analytics.kinds.aggregate import Aggregate
from analytics.metric import Metric, Unit
from analytics.period import Period
from analytics.result import Column, Result
from reports.report import Panel

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
TENANT = Tenant(1, "acme", "Acme", time_zone="UTC")


def metric(name: str, unit: Unit = Unit.COUNT, **changes: object) -> Metric:
    made = Metric(name, Text(name.upper(), name.upper() + "_FR"), Text(f"What {name} means", f"Sens de {name}"), "activity", unit)
    return replace(made, **changes)


MRR = metric("mrr", Unit.MONEY, label=Text("MRR", "MRR"))
CHURN = metric("logo_churn", Unit.RATIO, better="down", change="points")
BUCKET = Column("bucket", Text("Period", "Période"), Unit.TIME, "time")
USERS = metric("active_users", label=Text("Active users", "Utilisateurs actifs"))


def column(of: Metric, role: str = "metric") -> Column:
    return Column(of.name if role == "metric" else f"{of.name}__previous", of.label, of.unit, role)


def over_time(*metrics: Metric, n: int = 30, start: str = "2026-11-01", grain: str = "day", partial: bool = False, seed: int = 1) -> Result:
    """n buckets of a gently rising series per metric, with a compared period below it."""
    noise = np.random.default_rng(seed)
    starts = pd.date_range(start, periods=n, freq={"day": "D", "month": "MS", "week": "7D", "hour": "h"}[grain])
    frame = pd.DataFrame({"bucket": starts})
    for m in metrics:
        height = 0.02 if m.unit is Unit.RATIO else 45_000_000 if m.unit is Unit.MONEY else 3_000
        frame[m.name] = height * (1 + np.arange(n) * 0.002 + noise.normal(0, 0.003, n).cumsum())
        frame[f"{m.name}__previous"] = frame[m.name] * 0.95
    last = {m.name: float(frame[m.name].iloc[-1]) for m in metrics}
    query = Aggregate(metrics=tuple(m.name for m in metrics), grain=grain, period=Period("2026-11-01~2026-11-30"), compare="previous")
    return Result(
        query=query, period=query.period.resolve(NOW, TENANT), frame=frame,
        columns=(BUCKET, *map(column, metrics), *(column(m, "previous") for m in metrics)),
        metrics=metrics, totals=last, previous_totals={k: v * 0.95 for k, v in last.items()},
        previous_period=query.period.previous(NOW, TENANT), partial=frozenset([starts[-1]]) if partial else frozenset(),
        freshness=datetime(2026, 11, 30, 23, 55),
    )  # fmt: skip


def by_slice(of: Metric, by: str, rows: dict[str, tuple[float, float]]) -> Result:
    """`rows` is slice -> (now, before)."""
    frame = pd.DataFrame({by: list(rows), of.name: [v[0] for v in rows.values()], f"{of.name}__previous": [v[1] for v in rows.values()]})
    query = Aggregate(metrics=(of.name,), by=(by,), period=Period("2026-11-01~2026-11-30"), compare="previous")
    return Result(
        query=query, period=query.period.resolve(NOW, TENANT), frame=frame,
        columns=(Column(by, dimension(by).label, Unit.TEXT, "dimension"), column(of), column(of, "previous")),
        metrics=(of,), totals={of.name: float(frame[of.name].sum())}, previous_totals={of.name: float(frame.iloc[:, 2].sum())},
        previous_period=query.period.previous(NOW, TENANT), freshness=datetime(2026, 11, 30, 23, 55),
    )  # fmt: skip


def totals(**values: float) -> Result:
    """Money totals without a breakdown, as a waterfall wants them."""
    metrics = tuple(metric(name, Unit.MONEY) for name in values)
    query = Aggregate(metrics=tuple(values), period=Period("2026-11-01~2026-11-30"))
    frame = pd.DataFrame([values])
    return Result(query, query.period.resolve(NOW, TENANT), frame, tuple(map(column, metrics)), metrics, dict(values))


def panel(view: str, of: Result, **options: object) -> Panel:
    return Panel("made", Text("Made", "Fait"), of.query, view, options=options)
