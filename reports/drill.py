"""From what was clicked to the question whose rows are behind it. Pure: no screen, no clock."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import orjson
from pydantic import ValidationError

from analytics.filters import Filter
from analytics.kinds.aggregate import Aggregate
from analytics.kinds.dropoff_query import DropOff
from analytics.kinds.funnel_query import Funnel
from analytics.kinds.people_query import CELLS, People
from analytics.kinds.segment_difference import SegmentDifference
from analytics.kinds.segment_overlap import SegmentOverlap
from analytics.kinds.segment_size import SegmentSize
from analytics.period import Grain, Period, step
from analytics.query import Query, Scope
from analytics.segment_names import IN, OUT, SEGMENT
from reports.charts.effects import EVENT
from reports.report import Panel

MOVEMENT_OF = {
    "new_mrr": "new",
    "expansion_mrr": "expansion",
    "contraction_mrr": "contraction",
    "churned_mrr": "churn",
    "reactivation_mrr": "reactivation",
}


def behind(panel: Panel, picked: Mapping[str, str], scope: Scope) -> Query | None:
    """The panel's drill question, narrowed to the bucket and the slice that were clicked; None without a drill.

    `picked` holds what a chart's click gives: `key` (a bucket's start), `slice` (a dimension's value or a metric), or
    the columns of a table's row.
    """
    if panel.drill is None:
        return None
    if isinstance(panel.drill, People):
        return people_behind(panel, picked, scope)
    query = panel.asked(panel.drill, scope)
    if key := picked.get("key"):
        query = query.model_copy(
            update={"period": bucket_period(key, str(getattr(panel.asked(panel.query, scope), "grain", None) or "day"))}
        )
    return _sliced(panel, query, picked)


_ENDS = ("people", "converted", "conversion", "median_time")


def people_behind(panel: Panel, picked: Mapping[str, str], scope: Scope) -> Query | None:
    """Who is behind the cell that was clicked: a view gives back the fields of `People` by name (`slice` as JSON), or `key`, a
    bucket's start. Of a funnel the numbers from end to end are cells too. None where it names no cell."""
    asked = panel.asked(panel.query, scope)
    if isinstance(asked, DropOff):
        return _dropped(asked, picked)
    if isinstance(asked, SegmentOverlap):
        return _exactly(asked, picked)
    if isinstance(asked, SegmentSize | SegmentDifference):
        return _members(asked, picked)
    cell: dict[str, Any] = {name: _plain(picked[name]) for name in CELLS.get(asked.kind, ()) if picked.get(name) not in (None, "")}
    if "slice" in cell and not isinstance(cell["slice"], list):
        cell["slice"] = [cell["slice"]]
    if key := picked.get("key"):
        cell["bucket"] = key if "T" in key else key[:10]
    if asked.kind in ("trends", "aggregate"):
        cell = _series_cell(panel, asked, picked, cell)
    if isinstance(asked, Funnel) and picked.get("metric") in _ENDS:
        cell |= {"step": 1} if picked["metric"] == "people" else {"step": len(asked.steps), "outcome": "reached"}
    try:
        return People.model_validate({"of": asked, "period": asked.period, **cell})
    except ValidationError:
        return None


def _series_cell(panel: Panel, asked: Query, picked: Mapping[str, str], cell: dict[str, Any]) -> dict[str, Any]:
    """Of one of several series: a chart without breakdown tells them apart by its slices, a table has its dimensions as columns."""
    by = getattr(asked, "by", ())
    if not by and "slice" in cell:
        return cell | {"metric": cell.pop("slice")[0]}
    if by and "slice" not in cell and all(name in picked for name in by):
        cell["slice"] = [picked[name] for name in by]
    return {"metric": panel.options["metric"], **cell} if "metric" in panel.options else cell


def _plain(text: str) -> Any:
    """A list comes as JSON."""
    try:
        return orjson.loads(text) if text.startswith("[") else text
    except orjson.JSONDecodeError:
        return text


def _dropped(asked: DropOff, picked: Mapping[str, str]) -> Query | None:
    """Those who dropped and met or did what was clicked; those of the value that was clicked who dropped."""
    if asked.look != "differences":
        if not {"what", "source"} <= picked.keys() or asked.of.per != "user":
            return None
        return People(of=asked, period=asked.period, what=picked["what"], source=picked["source"])
    if not picked.get("dimension") or not picked.get("step"):
        return None
    of = asked.asked.model_copy(update={"by": (picked["dimension"],), "limit": 100})
    return People(of=of, period=of.period, step=int(picked["step"]), outcome="dropped", slice=(picked.get("value", ""),))


def _exactly(asked: SegmentOverlap, picked: Mapping[str, str]) -> Query | None:
    """Who is in each segment of the column that was clicked and in no other."""
    if not picked.get("among"):
        return None
    among = {int(place) for place in picked["among"].split("+")}
    places = enumerate(asked.segments)
    return People(filters=tuple(Filter("is", SEGMENT + one, (IN if place in among else OUT,)) for place, one in places))


def _members(asked: SegmentSize | SegmentDifference, picked: Mapping[str, str]) -> Query | None:
    """Who is in the segment today and has the value, or did what was clicked; of a size or a mean everybody in it."""
    if not picked or asked.segment is None:
        return None
    name, value = picked.get("cut", ""), picked.get("what", "")
    if name == EVENT:
        did = Aggregate(metrics=("events",), period=asked.period, filters=(Filter("is", EVENT, (value,)),), segment=asked.segment)
        return People(of=did, period=asked.period, segment=asked.segment)
    everybody = People(segment=asked.segment)
    return _filtered(everybody, name, value) if name else everybody


def bucket_period(key: str, grain: str) -> Period:
    """All days of the bucket that starts at `key` (2026-11-01 or 2026-11-01T14)."""
    first = date.fromisoformat(key[:10])
    return Period.between(first, step(first, Grain(grain)) - timedelta(days=1))


def _sliced(panel: Panel, query: Query, picked: Mapping[str, str]) -> Query:
    raw, by = picked.get("slice"), getattr(panel.query, "by", ())
    if raw is not None and by:
        return _filtered(query, by[0], raw)
    if raw in MOVEMENT_OF and "movements" in type(query).model_fields:
        return query.model_copy(update={"movements": (MOVEMENT_OF[raw],)})
    for name in panel.options.get("drill_by", ()):
        query = _filtered(query, name, picked.get(name, ""))
    return query


def _filtered(query: Query, name: str, raw: str) -> Query:
    chosen = Filter("is", name, (raw,)) if raw else Filter("is_not_set", name)
    return query.model_copy(update={"filters": (*query.filters, chosen)})
