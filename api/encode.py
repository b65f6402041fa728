"""A Result as plain JSON: rows of values beside columns that say what they are."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

import pandas as pd

from accounts.actor import Actor
from accounts.roles import Permission
from analytics.period import Resolved
from analytics.result import Result

HELD_BACK = ("previous", "beside", "trend")  # whole Results that pages keep beside this one


def result_json(result: Result, actor: Actor, start: int = 0, limit: int | None = None) -> dict[str, Any]:
    """What the API and `vigie query` answer. Money is in minor units of `currency`; a missing number is null.

    `rows` are objects by column name, those from `start` on, at most `limit`. The SQL only for people who build.
    """
    frame = result.frame.iloc[start : None if limit is None else start + limit]
    names = [column.name for column in result.columns]
    shown: dict[str, Any] = {
        "query": result.query.to_json(),
        "period": period_json(result.period),
        "previous_period": period_json(result.previous_period) if result.previous_period else None,
        "columns": [{"name": c.name, "label": c.label[actor.locale], "unit": str(c.unit), "role": c.role} for c in result.columns],
        "rows": [dict(zip(names, map(plain, row), strict=True)) for row in frame[names].itertuples(index=False, name=None)],
        "totals": {name: plain(value) for name, value in result.totals.items()},
        "previous_totals": {name: plain(value) for name, value in result.previous_totals.items()},
        "currency": result.currency,
        "warnings": [{"code": w.code, "text": w.text[actor.locale]} for w in result.warnings],
        "partial": sorted(plain(bucket) for bucket in result.partial),
        "freshness": instant(result.freshness),
    }
    if extra := {name: value for name, value in result.extra.items() if name not in HELD_BACK}:
        shown["extra"] = jsonable(extra)
    if actor.may(Permission.BUILD):
        shown["sql"] = list(result.sql)
    return shown


def period_json(period: Resolved) -> dict[str, Any]:
    """First and last day (both included) in the tenant's calendar, and the same bounds as instants."""
    last = pd.Timestamp(period.last) - pd.Timedelta(days=1)
    return {
        "first": period.first.isoformat(),
        "last": last.date().isoformat(),
        "start": instant(period.start),
        "end": instant(period.end),
        "partial": period.partial,
    }


def instant(moment: datetime | None) -> str | None:
    """A naive UTC instant as ISO 8601 with Z."""
    return None if moment is None else moment.isoformat(timespec="seconds") + "Z"


def plain(value: Any) -> Any:
    """A cell: numbers that JSON has no word for and missing values become null, buckets local ISO times."""
    if value is None or value is pd.NaT:
        return None
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, datetime):
        return value.isoformat()
    if hasattr(value, "item"):
        return plain(value.item())
    return value if isinstance(value, str | int | bool) else None if pd.isna(value) else str(value)


def jsonable(value: Any) -> Any:
    """Anything a shape adds, as JSON: tables as lists of objects, texts and instants as words."""
    if isinstance(value, pd.DataFrame):
        return [{str(k): plain(v) for k, v in row.items()} for row in value.to_dict("records")]
    if isinstance(value, dict):
        return {str(name): jsonable(item) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [jsonable(item) for item in value]
    return plain(value)
