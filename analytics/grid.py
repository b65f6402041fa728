"""The grid of an answer: buckets × slices, filled where nothing happened, running sums carried forward."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from analytics.compile import MAX_ROWS, OPENING, is_running
from analytics.metric import Metric, Scan
from analytics.period import Grain, Resolved, floor, step
from analytics.query import InvalidQuery
from data_access.clock import to_utc

MAX_BUCKETS = 12_000
DAY = timedelta(days=1)
OPENING_STAMP = pd.Timestamp(OPENING)


def clean(value: Any) -> float | None:
    """A cell as a plain number, None where missing."""
    return None if value is None or pd.isna(value) else float(value)


@dataclass(frozen=True)
class Grid:
    scan: Scan
    period: Resolved

    @property
    def slices(self) -> list[str]:
        return [d.name for d in self.scan.by]

    @property
    def keys(self) -> list[str]:
        return (["bucket"] if self.scan.grain else []) + self.slices

    def buckets(self) -> pd.DatetimeIndex:
        """Starts of the buckets that meet the period and have begun, in tenant time."""
        grain = self.scan.grain
        if grain is Grain.HOUR:
            return self._hours()
        begins = list(self._days(grain or Grain.DAY))
        return pd.DatetimeIndex(begins).as_unit("us")

    def _days(self, grain: Grain) -> Iterator[date]:
        day = floor(self.period.first, grain, self.scan.tenant.week_start)
        while day < self.period.last and to_utc(datetime(day.year, day.month, day.day), self.scan.tenant.zone) < self.period.until:
            yield day
            day = step(day, grain)

    def _hours(self) -> pd.DatetimeIndex:
        if (self.period.until - self.period.start) > timedelta(hours=MAX_BUCKETS):
            raise InvalidQuery("an hourly series holds at most 500 days: choose a shorter period or a coarser grain")
        instants = pd.date_range(self.period.start, self.period.until, freq="15min", inclusive="left", tz="UTC")
        local = instants.tz_convert(self.scan.tenant.zone).tz_localize(None)
        return pd.DatetimeIndex(local.floor("h").unique().sort_values()).as_unit("us")

    def partial(self) -> frozenset[pd.Timestamp]:
        """Buckets that the period or the clock cuts."""
        if self.scan.grain is None:
            return frozenset()
        begins = self.buckets()
        if not len(begins):
            return frozenset()
        cut = {begins[0]} if self._starts_inside(begins[0]) else set()
        return frozenset(cut | ({begins[-1]} if self._ends_inside(begins[-1]) else set()))

    def _starts_inside(self, begin: pd.Timestamp) -> bool:
        return self.scan.grain is not Grain.HOUR and begin.date() < self.period.first

    def _ends_inside(self, begin: pd.Timestamp) -> bool:
        zone = self.scan.tenant.zone
        if self.scan.grain is Grain.HOUR:
            return to_utc(begin.to_pydatetime(), zone) + timedelta(hours=1) > self.period.until
        end = step(begin.date(), Grain(str(self.scan.grain)))
        return end > self.period.last or to_utc(datetime(end.year, end.month, end.day), zone) > self.period.until

    def fill(self, rows: pd.DataFrame, metrics: Sequence[Metric]) -> pd.DataFrame:
        """Rows of one statement on the whole grid, indexed by the keys; running sums accumulated."""
        if len(rows) > MAX_ROWS:
            raise InvalidQuery(f"the answer has more than {MAX_ROWS:,} rows: choose a coarser grain, fewer breakdowns or a filter")
        if is_running(metrics) and not self.scan.grain:
            whole = Grid(replace(self.scan, grain=Grain.DAY), replace(self.period, last=self.period.first + DAY))
            return whole.fill(rows, metrics).reset_index("bucket", drop=True).rename_axis(self.slices or None)
        values = rows[[m.name for m in metrics]].to_numpy("float64", na_value=np.nan)
        wide = pd.DataFrame(values, columns=[m.name for m in metrics], index=self._keyed(rows))
        if self.keys and not wide.index.is_unique:
            # TRICKY: NULL and "" are both the slice "unknown"; distinct counts of the two are added, since no row is in both.
            wide = wide.groupby(level=self.keys).sum(min_count=1)
        if not is_running(metrics):
            return self._flowing(wide.reindex(self._index(wide)) if self.scan.grain else wide, metrics)
        return self._running(wide.reindex(self._index(wide, opening=True)), metrics)

    def _keyed(self, rows: pd.DataFrame) -> pd.Index:
        if not self.keys:
            return rows.index
        begins = [pd.DatetimeIndex(rows["bucket"]).as_unit("us")] if self.scan.grain else []
        parts = [*begins, *(pd.Index([spell(v) for v in rows[name].tolist()], dtype=object) for name in self.slices)]
        return parts[0].rename(self.keys[0]) if len(parts) == 1 else pd.MultiIndex.from_arrays(parts, names=self.keys)

    def _flowing(self, wide: pd.DataFrame, metrics: Sequence[Metric]) -> pd.DataFrame:
        zeros = {m.name: m.empty for m in metrics if m.empty is not None}
        return wide.fillna(zeros) if zeros else wide

    def _running(self, wide: pd.DataFrame, metrics: Sequence[Metric]) -> pd.DataFrame:
        """Flows as they are; closing and opening ones summed up from the OPENING bucket, which is then dropped.

        The rows come slice by slice, each with every bucket, so they are a block of slices × buckets × metrics.
        """
        buckets = len(self.buckets()) + 1
        block = wide.to_numpy("float64", copy=True).reshape(-1, buckets, len(metrics))
        for i, metric in enumerate(metrics):
            nothing = metric.empty if metric.when == "flow" else 0.0
            if nothing is not None:
                block[:, :, i] = np.where(np.isnan(block[:, :, i]), nothing, block[:, :, i])
            if metric.when != "flow":
                block[:, :, i] = np.cumsum(block[:, :, i], axis=1)
            if metric.when == "opening":
                block[:, 1:, i] = block[:, :-1, i].copy()
        kept = np.tile(np.arange(buckets) > 0, len(block))
        return pd.DataFrame(block[:, 1:].reshape(-1, len(metrics)), columns=wide.columns, index=wide.index[kept])

    def _index(self, wide: pd.DataFrame, *, opening: bool = False) -> pd.Index:
        begins = self.buckets()
        if opening:
            begins = begins.insert(0, OPENING_STAMP.as_unit("us"))
        if not self.slices:
            return pd.Index(begins, name="bucket")
        slices = wide.index.droplevel("bucket").unique()
        levels = [slices.get_level_values(name) for name in self.slices]
        repeated = [level.repeat(len(begins)) for level in levels]
        return pd.MultiIndex.from_arrays([np.tile(begins, len(slices)), *repeated], names=self.keys)

    def join(self, parts: Sequence[pd.DataFrame], metrics: Sequence[Metric]) -> pd.DataFrame:
        """The statements' answers side by side; a slice that one of them lacks is empty there."""
        read = [m for m in metrics if m.source]
        frame = pd.concat(parts, axis=1) if len(parts) > 1 else parts[0] if parts else pd.DataFrame(index=self._no_rows())
        for metric in read:
            if metric.name not in frame.columns:
                frame[metric.name] = np.nan
            elif metric.empty is not None and len(parts) > 1:
                frame[metric.name] = frame[metric.name].fillna(metric.empty)
        return frame.reset_index() if self.keys else frame.reset_index(drop=True)

    def _no_rows(self) -> pd.Index:
        if not self.keys:
            return pd.RangeIndex(1)
        if not self.slices:
            return pd.Index(self.buckets(), name="bucket")
        return pd.MultiIndex.from_arrays([[] for _ in self.keys], names=self.keys)

    def limit(self, frame: pd.DataFrame, most: int | None, by: str, ascending: bool) -> tuple[pd.DataFrame, bool]:
        """The first `most` slices by the sum of the ordering column; whether any were cut."""
        if most is None or not self.slices:
            return frame, False
        ranked = frame.groupby(self.slices, dropna=False)[by].sum() if by not in self.slices else frame.groupby(self.slices)[by].first()
        first = ranked.sort_values(ascending=ascending, kind="stable").index[:most]
        keys = pd.MultiIndex.from_frame(frame[self.slices]) if len(self.slices) > 1 else pd.Index(frame[self.slices[0]])
        return frame[keys.isin(first)], len(ranked) > most


def spell(value: object) -> str:
    """A dimension's cell as text; "" where unknown."""
    if value is None or value is pd.NaT or (isinstance(value, float) and np.isnan(value)):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return ("true" if value else "false") if isinstance(value, bool | np.bool_) else str(value)
