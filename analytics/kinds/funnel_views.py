"""What a funnel shows: its steps, how long people take, and how it goes over time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
import pandas as pd

from accounts.language import Text
from analytics.event_log import microseconds
from analytics.grid import Grid
from analytics.kernels.arrays import Flags, Floats, Ints
from analytics.kernels.attempts import NEVER
from analytics.kernels.outcome import Outcome, reached, wilson
from analytics.kinds.funnel_query import Funnel
from analytics.kinds.funnel_run import Passage
from analytics.metric import Metric, Unit
from analytics.period import Grain
from analytics.question import Question
from data_access.clock import naive_utc


def _metric(name: str, label: Text, description: Text, unit: Unit, *, better: str = "up") -> Metric:
    change = "points" if unit is Unit.RATIO else "percent"
    return Metric(name, label, description, "activity", unit, better=better, change=change)  # type: ignore[arg-type]


PEOPLE = _metric(
    "people", Text("People", "Personnes"), Text("Who reached the step, each once.", "Qui a atteint l’étape, chacun une fois."), Unit.COUNT
)
CONVERSION = _metric(
    "conversion",
    Text("Conversion", "Conversion"),
    Text("Of those who entered, the share that reached the step.", "Part de ceux qui sont entrés et ont atteint l’étape."),
    Unit.RATIO,
)
STEP_CONVERSION = _metric(
    "step_conversion",
    Text("From the step before", "Depuis l’étape précédente"),
    Text("Of those at the required step before, the share that came here.", "Part de ceux de l’étape obligatoire précédente venus ici."),
    Unit.RATIO,
)
DROPPED = _metric(
    "dropped",
    Text("Dropped", "Abandons"),
    Text("Who reached the step before and not this one.", "Qui a atteint l’étape précédente mais pas celle-ci."),
    Unit.COUNT,
    better="down",
)
MEAN_TIME = _metric(
    "mean_time",
    Text("Mean time", "Temps moyen"),
    Text("From the step before; each person counts once.", "Depuis l’étape précédente ; chaque personne compte une fois."),
    Unit.SECONDS,
    better="down",
)
MEDIAN_TIME = _metric(
    "median_time",
    Text("Median time", "Temps médian"),
    Text("From the step before; each person counts once.", "Depuis l’étape précédente ; chaque personne compte une fois."),
    Unit.SECONDS,
    better="down",
)
LOW = _metric("low", Text("At least", "Au moins"), Text("Lower end of the 95 % interval.", "Borne basse à 95 %."), Unit.RATIO)
HIGH = _metric("high", Text("At most", "Au plus"), Text("Upper end of the 95 % interval.", "Borne haute à 95 %."), Unit.RATIO)
STEP_LOW = _metric(
    "step_low",
    Text("Step at least", "Étape, au moins"),
    Text("Lower end of the step’s 95 % interval.", "Borne basse de l’étape à 95 %."),
    Unit.RATIO,
)
STEP_HIGH = _metric(
    "step_high",
    Text("Step at most", "Étape, au plus"),
    Text("Upper end of the step’s 95 % interval.", "Borne haute de l’étape à 95 %."),
    Unit.RATIO,
)
VALUE = _metric(
    "value",
    Text("Value", "Valeur"),
    Text("Money of the events that filled the step.", "Montant des événements qui ont rempli l’étape."),
    Unit.MONEY,
)
CONVERTED = _metric(
    "converted", Text("Converted", "Convertis"), Text("Who came through to the end.", "Qui est allé jusqu’au bout."), Unit.COUNT
)
STEP_METRICS = (PEOPLE, CONVERSION, LOW, HIGH, STEP_CONVERSION, STEP_LOW, STEP_HIGH, DROPPED, MEAN_TIME, MEDIAN_TIME)
HISTOGRAM_METRICS = (PEOPLE,)
TREND_METRICS = (PEOPLE, CONVERTED, CONVERSION, LOW, HIGH, MEDIAN_TIME)
WIDTHS = (1, 5, 15, 30, 60, 300, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800, 1_209_600, 2_592_000, 7_776_000)
MOST_BARS = 30
MINUTE, HOUR, DAY = 60, 3600, 86_400
GROWING = (
    5, 15, 30, *(MINUTE * n for n in (1, 2, 5, 10, 20, 40)), *(HOUR * n for n in (1, 2, 4, 8, 16)),
    *(DAY * n for n in (1, 2, 4, 7, 14, 30, 60, 120, 365)),
)  # fmt: skip


@dataclass(frozen=True)
class Seats:
    """Who sits in which slice and bucket: `index` points into `outcome`; a person may sit in several."""

    outcome: Outcome
    index: Ints
    row: Ints
    bucket: Ints
    rows: int

    def count(self, chosen: Flags | None = None) -> Floats:
        row = self.row if chosen is None else self.row[chosen]
        return np.bincount(row, minlength=self.rows).astype(np.float64)


def seats(passed: Passage, chosen: Flags | None = None, bucket: Ints | None = None) -> Seats:
    """Everybody in every slice (and bucket of their start) they belong to; without breakdown there is one slice."""
    rows = max(len(passed.words), 1)
    when = np.zeros(len(passed.tried), np.int64) if bucket is None else bucket
    buckets = int(when.max(initial=0)) + 1
    lane = passed.owner if passed.row is None else passed.owner * rows + passed.row
    plain = chosen is None and bucket is None and passed.row is None
    found = passed.everybody if plain else passed.outcome(chosen, lane * buckets + when)
    lane, when = found.who // buckets, found.who % buckets
    if passed.row is not None:
        return Seats(found, np.arange(len(found)), lane % rows, when, rows)
    if passed.members is None:
        return Seats(found, np.arange(len(found)), np.zeros(len(found), np.int64), when, rows)
    joined = pd.DataFrame({"who": lane, "index": np.arange(len(found))}).merge(
        pd.DataFrame({"who": passed.members.who, "row": passed.members.rows}), on="who"
    )
    index = joined["index"].to_numpy()
    return Seats(found, index, joined["row"].to_numpy(), when[index], rows)


def steps_frame(passed: Passage, query: Funnel) -> pd.DataFrame:
    """One row per slice and step."""
    if passed.row is None and not query.value:
        found, rows = passed.sums, max(len(passed.words), 1)
        parts = [_step(passed, found.people, (found.mean[k], found.median[k]), k) for k in range(passed.plan.steps)]
        people = found.people
    else:
        parts, people, rows = _seated(passed, query)
    frame = pd.concat([_labelled(part, passed, query, k) for k, part in enumerate(parts)])
    frame["_row"] = np.tile(np.arange(rows), passed.plan.steps)
    if query.by:
        frame = frame[(people[0] > 0)[frame["_row"]]]
    return frame.sort_values("_row", kind="stable").drop(columns="_row").reset_index(drop=True)


def _seated(passed: Passage, query: Funnel) -> tuple[list[pd.DataFrame], Floats, int]:
    """The steps from everybody's seats, where slices are funnels of their own or money is asked for."""
    sitting = seats(passed)
    people = np.array([sitting.count(reached(sitting.outcome, k)[sitting.index]) for k in range(passed.plan.steps)])
    parts = []
    for k in range(passed.plan.steps):
        mean, median = sitting.outcome.mean[k][sitting.index], sitting.outcome.median[k][sitting.index]
        part = _step(passed, people, (_by_row(mean, sitting, "mean"), _by_row(median, sitting, "median")), k)
        parts.append(part.assign(value=_value(passed, sitting, k)) if query.value else part)
    return parts, people, sitting.rows


def _step(passed: Passage, people: Floats, times: tuple[Floats, Floats], k: int) -> pd.DataFrame:
    before = people[passed.plan.previous(k)] if k else people[0]
    low, high = wilson(people[k], people[0])
    step_low, step_high = wilson(people[k], before)
    columns = {
        "people": people[k], "conversion": _share(people[k], people[0]), "low": low, "high": high,
        "step_conversion": _share(people[k], before), "step_low": step_low, "step_high": step_high, "dropped": before - people[k],
        "mean_time": times[0], "median_time": times[1],
    }  # fmt: skip
    return pd.DataFrame(columns)


def _share(some: Floats, total: Floats) -> Floats:
    return np.divide(some, total, out=np.full(len(some), np.nan), where=total > 0)


def _by_row(value: Floats, sitting: Seats, how: str) -> Floats:
    return pd.Series(value).groupby(sitting.row).agg(how).reindex(range(sitting.rows)).to_numpy(np.float64)


def _value(passed: Passage, sitting: Seats, k: int) -> Floats:
    """Money of the first event of the instant that can fill the step (in an unordered funnel: any step)."""
    log, at = passed.log, sitting.outcome.at[k][sitting.index]
    made = np.flatnonzero(at != NEVER)
    bits = log.bits & ((1 << passed.plan.steps) - 1) if passed.unordered else log.bits >> k & 1
    able = np.flatnonzero(bits)
    row = able[np.searchsorted(able, passed.found.first[at[made]])] if len(made) else made
    return np.bincount(sitting.row[made], cast(Floats, log.value)[row], minlength=sitting.rows).astype(np.float64)


def _labelled(part: pd.DataFrame, passed: Passage, query: Funnel, k: int) -> pd.DataFrame:
    title = f"{k + 1}/{len(query.steps)}" if query.order == "unordered" else query.steps[k].title
    part.insert(0, "step", str(k + 1))
    part.insert(1, "event", title)
    return _sliced(part, passed, query, 2)


def _sliced(part: pd.DataFrame, passed: Passage, query: Funnel, at: int) -> pd.DataFrame:
    for i, name in enumerate(query.by):
        part.insert(at + i, name, pd.Series([words[i] for words in passed.words], dtype=object))
    return part


def took(passed: Passage, found: Outcome) -> Floats:
    """Seconds from the start to the last required step, NaN for those who did not come through."""
    last = found.at[passed.plan.required[-1]]
    return np.where(last == NEVER, np.nan, (passed.found.time[last] - passed.found.time[found.at[0]]) / 1e6)


def histogram_frame(passed: Passage, query: Funnel) -> pd.DataFrame:
    """One row per slice and bar: how many people took from `from_seconds` up to `to_seconds` (excluded)."""
    sitting = seats(passed)
    seconds = took(passed, sitting.outcome)[sitting.index]
    known = ~np.isnan(seconds)
    seconds, row = seconds[known], sitting.row[known]
    if query.bins == "growing":
        return _barred(_growing(seconds, row, sitting.rows), passed, query)
    width = _width(float(seconds.max(initial=0) - seconds.min(initial=0)) if len(seconds) else 0.0)
    bar = np.floor(seconds / width).astype(np.int64)
    low = int(bar.min(initial=0)) if len(bar) == 0 else int(bar.min())
    bars = int(bar.max()) - low + 1 if len(bar) else 0
    count = np.bincount(row * max(bars, 1) + (bar - low), minlength=sitting.rows * bars)[: sitting.rows * bars]
    begin = np.tile((np.arange(bars) + low) * width, sitting.rows).astype(np.float64)
    return _barred((begin, begin + width, count), passed, query)


Bars = tuple[Floats, Floats, Ints]


def _growing(seconds: Floats, row: Ints, rows: int) -> Bars:
    """Bars that grow with the time, from the first that holds somebody to the last; beyond all of them one without an end."""
    edges = np.array([0, *GROWING, np.inf])
    bar = np.searchsorted(edges, seconds, side="right") - 1
    low, high = (int(bar.min()), int(bar.max()) + 1) if len(bar) else (0, 0)
    bars = high - low
    count = np.bincount(row * max(bars, 1) + (bar - low), minlength=rows * bars)[: rows * bars]
    return np.tile(edges[low:high], rows), np.tile(edges[low + 1 : high + 1], rows), count


def _barred(bars: Bars, passed: Passage, query: Funnel) -> pd.DataFrame:
    begin, end, count = bars
    frame = pd.DataFrame({"from_seconds": begin, "to_seconds": end, "people": count.astype(np.float64)})
    each = len(frame) // max(len(passed.words), 1)
    for i, name in enumerate(query.by):
        frame.insert(i, name, pd.Series(np.repeat([words[i] for words in passed.words], each), dtype=object))
    return frame


def _width(spread: float) -> float:
    return float(next((width for width in WIDTHS if spread / width < MOST_BARS), WIDTHS[-1]))


def closed(passed: Passage, question: Question) -> Flags:
    """Attempts whose window is over: what is asked about reaches to its end."""
    return passed.found.time[passed.tried.start] + passed.plan.window < reach(question)


def reach(question: Question) -> int:
    """The first microsecond since 1970 that the question does not see."""
    query = cast(Funnel, question.query)
    end = microseconds(question.period.until)
    return end if query.until is None else min(end, microseconds(naive_utc(query.until)) + 1)


def start_buckets(passed: Passage, grid: Grid) -> Ints:
    """For each attempt the bucket of its start, in tenant time."""
    begun = pd.DatetimeIndex(passed.found.time[passed.tried.start].view("datetime64[us]")).tz_localize("UTC")
    local = begun.tz_convert(grid.scan.tenant.zone).tz_localize(None)
    return np.maximum(np.searchsorted(grid.buckets().asi8, local.as_unit("us").asi8, side="right") - 1, 0)


def trend_frame(passed: Passage, question: Question) -> tuple[pd.DataFrame, Grid]:
    """One row per slice and bucket of the start, without entrants whose window is still open."""
    query = cast(Funnel, question.query)
    grid = Grid(question.scan(Grain(query.grain)), question.period)
    begins, over = grid.buckets(), closed(passed, question)
    sitting = seats(passed, over, start_buckets(passed, grid))
    size = sitting.rows * len(begins)
    place = sitting.row * len(begins) + sitting.bucket
    through = reached(sitting.outcome, passed.plan.required[-1])[sitting.index]
    people = np.bincount(place, minlength=size).astype(np.float64)
    converted = np.bincount(place[through], minlength=size).astype(np.float64)
    low, high = wilson(converted, people)
    columns = {"people": people, "converted": converted, "conversion": _share(converted, people), "low": low, "high": high}
    seconds = pd.Series(took(passed, sitting.outcome)[sitting.index])
    columns["median_time"] = seconds.groupby(place).median().reindex(range(size)).to_numpy(np.float64)
    frame = pd.DataFrame({"bucket": np.tile(begins, sitting.rows), **columns})
    for i, name in enumerate(query.by):
        frame.insert(1 + i, name, pd.Series(np.repeat([words[i] for words in passed.words], len(begins)), dtype=object))
    return frame, grid


def unfinished(question: Question, grid: Grid) -> frozenset[pd.Timestamp]:
    """Buckets of the trend some of whose entrants may still convert, and so are left out of it."""
    query, begins = cast(Funnel, question.query), grid.buckets()
    ends = begins[1:].append(pd.DatetimeIndex([pd.Timestamp(question.period.last)]))
    local = ends.tz_localize(grid.scan.tenant.zone, ambiguous=np.zeros(len(ends), bool), nonexistent="shift_forward")
    over = local.tz_convert("UTC").tz_localize(None).as_unit("us").asi8 + query.window_seconds * 1_000_000
    return frozenset(begins[over > reach(question)])
