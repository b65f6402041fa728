"""DropOff: what sets those who dropped out of a funnel apart: who they are, what they did next, which errors they met."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, cast

import numpy as np
import pandas as pd

from accounts.language import Text
from accounts.roles import Permission
from analytics.kernels.outcome import wilson
from analytics.kinds import funnel
from analytics.kinds.dropoff_after import counted, errors, followed
from analytics.kinds.dropoff_query import DropOff
from analytics.kinds.funnel_query import Funnel
from analytics.metric import Metric, Unit
from analytics.question import Question
from analytics.result import Column, Result
from analytics.where import event_dimension

SURE = 2.5758293035489004  # 99 %: many values are looked at, and one in twenty would stand out by chance
FEWEST = 10  # of a value's people: fewer say nothing


def _metric(name: str, label: Text, description: Text, unit: Unit, *, better: str = "neutral") -> Metric:
    change = "points" if unit is Unit.RATIO else "percent"
    return Metric(name, label, description, "activity", unit, better=better, change=change)  # type: ignore[arg-type]


PEOPLE = _metric(
    "people", Text("People", "Personnes"), Text("Who were at the step before.", "Qui étaient à l’étape précédente."), Unit.COUNT
)
DROPPED = _metric("dropped", Text("Dropped", "Abandons"), Text("Who did not go on.", "Qui n’ont pas continué."), Unit.COUNT, better="down")
CONVERSION = _metric(
    "conversion", Text("Went on", "Ont continué"), Text("Share that did the step.", "Part qui a franchi l’étape."), Unit.RATIO, better="up"
)
REST = _metric(
    "rest", Text("All others", "Tous les autres"), Text("The same share of everybody else.", "La même part chez les autres."), Unit.RATIO
)
DIFFERENCE = _metric(
    "difference", Text("Difference", "Écart"), Text("Went on, less all others.", "Ont continué, moins les autres."), Unit.RATIO, better="up"
)
LOW = _metric("low", Text("At least", "Au moins"), Text("Lower end of the 99 % interval.", "Borne basse à 99 %."), Unit.RATIO)
HIGH = _metric("high", Text("At most", "Au plus"), Text("Upper end of the 99 % interval.", "Borne haute à 99 %."), Unit.RATIO)
LIFT = _metric(
    "lift",
    Text("Times as likely", "Fois plus souvent"),
    Text("Share of dropped ÷ that of the others.", "Part des abandons ÷ celle des autres."),
    Unit.NUMBER,
)
LOST = _metric(
    "lost",
    Text("Lost by it", "Perdus ainsi"),
    Text("Dropped beyond what the others’ rate would give.", "Abandons au-delà de ce que donnerait le taux des autres."),
    Unit.NUMBER,
    better="down",
)
SHARE = _metric(
    "share", Text("Of those who dropped", "De ceux qui abandonnent"), Text("Share of the dropped.", "Part des abandons."), Unit.RATIO
)
SHARE_ON = _metric(
    "share_on", Text("Of those who went on", "De ceux qui continuent"), Text("Share of the others.", "Part des autres."), Unit.RATIO
)
DIFFERENCES: tuple[Metric, ...] = (PEOPLE, DROPPED, CONVERSION, REST, DIFFERENCE, LOW, HIGH, LIFT, LOST)
SEEN: tuple[Metric, ...] = (DROPPED, SHARE, SHARE_ON, DIFFERENCE, LOW, HIGH, LIFT)
DIMENSION, VALUE = Text("Dimension", "Dimension"), Text("Value", "Valeur")
STEP = Text("Before step", "Avant l’étape")
WHAT, WHERE = Text("What", "Quoi"), Text("Seen in", "Vu dans")


def tables(query: DropOff) -> Iterable[str]:
    cut = query.asked.model_copy(update={"by": query.by[:3]})
    more = {"form_errors", "error_logs"} if query.look == "errors" else set()
    return {*funnel.tables(cut), *(t for name in query.by for t in funnel.tables(query.asked.model_copy(update={"by": (name,)}))), *more}


def permissions(query: DropOff) -> frozenset[Permission]:
    """The funnel's, those of the dimensions compared, and for errors the right to read health."""
    cuts = frozenset(event_dimension(name).permission for name in query.by) if query.look == "differences" else frozenset()
    health = frozenset({Permission.READ_HEALTH}) if query.look == "errors" else frozenset()
    return funnel.permissions(query.asked) | cuts | health


def lookback(query: DropOff) -> int | None:
    return funnel.lookback(query.asked)


def answer(question: Question) -> Result:
    """One row per value, event or error; `extra["step"]` is the step looked at, counted from 1."""
    query = cast(DropOff, question.query)
    whole = replace(question, query=query.asked)
    steps = funnel.answer(whole)
    step = query.step or _largest(steps.frame, query.asked)
    looked = (query.step,) if query.step else _required(query.asked)
    metrics = DIFFERENCES if query.look == "differences" else SEEN
    if query.look == "differences":
        frame, keys = _differences(whole, query, looked), _keys(("dimension", DIMENSION), ("value", VALUE), ("step", STEP))
    else:
        frame, keys = _compared(counted(*_met(whole, query, step))).head(query.limit), _keys(("what", WHAT), ("source", WHERE))
    row = steps.frame.iloc[step - 1] if len(steps.frame) else {"people": 0.0, "dropped": 0.0}
    columns = (*keys, *(Column(m.name, m.label, m.unit, "metric") for m in metrics))
    return Result(
        query=query,
        period=question.period,
        frame=frame[[c.name for c in columns]].reset_index(drop=True),
        columns=columns,
        metrics=metrics,
        totals={"people": float(row["people"] + row["dropped"]), "dropped": float(row["dropped"])},
        trail=tuple(question.trail),
        extra={"step": step, "before": query.asked.plan().previous(step - 1) + 1, "titles": [s.title for s in query.asked.steps]},
    )


def members(question: Question, what: str, source: str | None) -> pd.DataFrame:
    """`key`: of those looked at who dropped, who met or did it. The question holds the DropOff."""
    query = cast(DropOff, question.query)
    whole = replace(question, query=query.asked)
    step = query.step or _largest(funnel.answer(whole).frame, query.asked)
    met, _ = _met(whole, query, step)
    here = met["dropped"].astype(bool) & (met["what"] == what) & ((met["source"] == source) if source else True)
    return met.loc[here, ["key"]].drop_duplicates().sort_values("key", ignore_index=True).astype("int64")


def _met(whole: Question, query: DropOff, step: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    look = followed if query.look == "next" else errors
    return look(whole, step, query.within_seconds)


def _keys(*named: tuple[str, Text]) -> tuple[Column, ...]:
    return tuple(Column(name, label, Unit.TEXT, "dimension") for name, label in named)


def _largest(frame: pd.DataFrame, of: Funnel) -> int:
    """The required step before which most drop, the last of them among equals."""
    lost = {int(row["step"]): float(row["dropped"]) for row in frame.to_dict("records")}
    return max(_required(of), key=lambda step: (lost.get(step, 0.0), step))


def _required(of: Funnel) -> tuple[int, ...]:
    """The steps that people can drop before, from 2; where all are optional the second."""
    return tuple(k + 1 for k, optional in enumerate(of.plan().optional) if k and not optional) or (2,)


def _differences(question: Question, query: DropOff, steps: tuple[int, ...]) -> pd.DataFrame:
    """One row per step and value of each dimension that holds enough people: first by how many were lost at least (by the
    near end of the interval), then by how many were gained at least, then by the estimate."""
    parts = [part for name in query.by for part in _cut(question, query, name, steps)]
    frame = pd.concat(parts) if parts else _against(pd.DataFrame(columns=["people", "went"], dtype=float), "", 2)
    frame = frame[(frame["people"] >= FEWEST) & (frame["value"] != "")]
    lost, gained = frame["people"] * -frame["high"].clip(upper=0), frame["people"] * frame["low"].clip(lower=0)
    ranked = frame.assign(_lost=lost.fillna(0), _gained=gained.fillna(0), _size=frame["lost"].abs())
    return ranked.sort_values(["_lost", "_gained", "_size"], ascending=False, kind="stable").head(query.limit)


def _cut(question: Question, query: DropOff, name: str, steps: tuple[int, ...]) -> list[pd.DataFrame]:
    """The funnel broken down by one dimension: before each step, each value against all others."""
    asked = query.asked.model_copy(update={"by": (name,), "limit": 100})
    frame = funnel.answer(replace(question, query=asked)).frame
    wide = frame.pivot_table(index=name, columns="step", values="people", sort=False).fillna(0.0)
    if wide.empty:
        return []
    return [_against(_counts(wide, asked, step), name, step) for step in steps]


def _counts(wide: pd.DataFrame, asked: Funnel, step: int) -> pd.DataFrame:
    """Of each value, who was at the required step before, and who went on."""
    before = asked.plan().previous(step - 1) + 1
    return pd.DataFrame({"people": wide[str(before)], "went": wide[str(step)]})


def _against(counts: pd.DataFrame, name: str, step: int) -> pd.DataFrame:
    """Each value against the sum of the others: with attribution to one value nobody is in two."""
    n, x = counts["people"].to_numpy(float), counts["went"].to_numpy(float)
    others, others_went = n.sum() - n, x.sum() - x
    here, rest = _share(x, n), _share(others_went, others)
    low, high = newcombe((x, n), (others_went, others))
    found = pd.DataFrame(
        {
            "dimension": name, "value": counts.index.astype(str), "step": str(step), "people": n, "dropped": n - x,
            "conversion": here, "rest": rest, "difference": here - rest, "low": low, "high": high,
            "lift": _share(1 - here, 1 - rest), "lost": n * (rest - here),
        }
    )  # fmt: skip
    return found.nsmallest(1, "difference") if len(found) == 2 else found  # of two values the other says the same again


def _compared(found: pd.DataFrame) -> pd.DataFrame:
    """`what, source, dropped, of_dropped, went, of_went`: shares of both sides, and how far they lie apart."""
    d, n = found["dropped"].to_numpy(float), found["of_dropped"].to_numpy(float)
    w, m = found["went"].to_numpy(float), found["of_went"].to_numpy(float)
    low, high = newcombe((d, n), (w, m))
    share, on = _share(d, n), _share(w, m)
    more = {"share": share, "share_on": on, "difference": share - on, "low": low, "high": high, "lift": _share(share, on)}
    return found.assign(**more).sort_values(["dropped", "difference"], ascending=False, kind="stable")


def _share(some: Any, total: Any) -> Any:
    return np.divide(some, total, out=np.full(len(some), np.nan), where=np.asarray(total) > 0)


Counts = tuple[Any, Any]


def newcombe(one: Counts, other: Counts, z: float = SURE) -> tuple[Any, Any]:
    """The interval of the difference between two shares, each (of them, of how many): Newcombe (1998), method 10."""
    p, q = _share(*one), _share(*other)
    (low_p, high_p), (low_q, high_q) = wilson(*one, z), wilson(*other, z)
    below = np.sqrt((p - low_p) ** 2 + (high_q - q) ** 2)
    above = np.sqrt((high_p - p) ** 2 + (q - low_q) ** 2)
    return p - q - below, p - q + above
