"""Attribution: which channels and campaigns conversions and their money are owed to, by five models side by side."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pandas as pd
import sqlalchemy as sa

from analytics.compile import applies, conditions
from analytics.kernels.arrays import Ints, distinct
from analytics.kernels.attribution import OTHER
from analytics.kinds.aggregate import no_rate, not_applicable
from analytics.kinds.attribution_columns import ASSISTED, COST, TOUCHED, columns_of, metrics_of
from analytics.kinds.attribution_models import MODELS, PARTS, Touches, shared
from analytics.kinds.attribution_query import COSTED, Attribution, permissions
from analytics.kinds.attribution_touches import Converted, converted, touches
from analytics.metrics import METRICS
from analytics.question import Question
from analytics.result import Result, Warning
from analytics.sources.conversions import CONVERSIONS
from analytics.sources.revenue import COSTS
from data_access.schema import channel_costs

__all__ = ["Attribution", "answer", "lookback", "members", "permissions", "tables"]
NONE = "none"


def tables(query: Attribution) -> Iterable[str]:
    """Visits are told by events; what costs is known by channel and campaign."""
    costs = {"channel_costs"} if query.value and set(query.by) <= COSTED else set()
    return {"events", *([] if query.event else ["conversions"]), *(["users"] if query.about_people else []), *costs}


def lookback(query: Attribution) -> int | None:
    return query.lookback_days + 1


@dataclass(frozen=True)
class _Shared:
    """Everything counted: `touches` with the slice of each (`code`, a row of `words`), and what the slices cost."""

    of: Converted
    touches: Touches
    code: Ints
    words: pd.DataFrame
    cost: pd.Series


def answer(question: Question) -> Result:
    """frame: one row per slice: `touch` (touched, other, or none: conversions without a touchpoint), the slice's words, each model's
    conversions, `assisted`, `touched`; with `value` each model's money (`linear_money`), `cost`, CAC and ROAS.

    Every model's column sums to the conversions, in `totals`, and its money to theirs. `extra`: `conversions`, `money`, `untouched`
    and the mean length of a path, `mean_touches`.
    """
    query, scan = cast(Attribution, question.query), question.scan()
    if query.event is None and not applies(CONVERSIONS, scan):
        return _result(question, pd.DataFrame(columns=[c.name for c in columns_of(query)]), {}, (not_applicable([METRICS["conversions"]]),))
    found, warnings = _found(question)
    frame = _frame(found, query)
    totals = _totals(found, frame, query)
    if query.value and found.of.lacking:
        warnings += (no_rate(METRICS["revenue"], found.of.lacking),)
        frame, totals = _refused(frame, totals)
    frame = _derived(frame, query)
    return _result(question, frame, totals, warnings, extra=_extra(found))


def _result(
    question: Question, frame: pd.DataFrame, totals: dict[str, float | None], warnings: tuple[Warning, ...], *, extra: Any = None
) -> Result:
    query = cast(Attribution, question.query)
    columns = columns_of(query)
    return Result(
        query=query,
        period=question.period,
        frame=frame[[c.name for c in columns]],
        columns=columns,
        metrics=metrics_of(query),
        totals=totals,
        warnings=warnings,
        currency=question.tenant.currency,
        trail=tuple(question.trail),
        extra=extra or {},
    )


def _found(question: Question) -> tuple[_Shared, tuple[Warning, ...]]:
    """Conversions with their touchpoints, slices numbered from the one with the most linear credit."""
    query = cast(Attribution, question.query)
    of = converted(question)
    path, said = touches(question, of)
    costs, warnings = _costs(question)
    names = list(query.by)
    keys = pd.concat([said[names], costs[names]], ignore_index=True)
    codes, words = pd.factorize(pd.MultiIndex.from_frame(keys)) if len(names) > 1 else pd.factorize(keys[names[0]])
    slices = pd.DataFrame([word if len(names) > 1 else (word,) for word in words], columns=names, dtype=object)
    spent = pd.Series(np.full(len(slices), np.nan))
    spent[codes[len(said) :]] = costs["cost"].to_numpy(np.float64)
    found = _Shared(of, path, codes[: len(said)], slices, spent)
    return _limited(found, query), warnings


def _limited(found: _Shared, query: Attribution) -> _Shared:
    """The first slices by linear credit, then by cost, then by name; the others as one."""
    credit = np.bincount(found.code, _credits("linear", found, query), len(found.words))
    spent = found.cost.fillna(0).to_numpy()
    ranked = sorted(range(len(credit)), key=lambda row: (-credit[row], -spent[row], *found.words.iloc[row]))
    kept = ranked[: query.limit]
    new = np.full(len(ranked), len(kept), np.int64)
    new[kept] = np.arange(len(kept))
    words, cost = found.words.iloc[kept], found.cost.iloc[kept]
    if len(ranked) > len(kept):
        rest = found.cost.iloc[ranked[query.limit :]]
        words = pd.concat([words, pd.DataFrame([[OTHER] * len(query.by)], columns=list(query.by))])
        cost = pd.concat([cost, pd.Series([rest.sum(min_count=1)])])
    return _Shared(found.of, found.touches, new[found.code], words.reset_index(drop=True), cost.reset_index(drop=True))


def _credits(model: str, found: _Shared, query: Attribution) -> Ints:
    """Each touchpoint's part of a conversion, in millionths."""
    return shared(model, found.touches, np.full(len(found.touches), PARTS), query.half_life_days)


def _frame(found: _Shared, query: Attribution) -> pd.DataFrame:
    size, path = len(found.words), found.touches
    amount = found.of.value[path.conversion]
    parts: dict[str, Any] = {"touch": ["touched" if row < query.limit else "other" for row in range(size)]}
    parts |= {name: found.words[name] for name in query.by}
    for model in MODELS:
        parts[model] = np.bincount(found.code, _credits(model, found, query), size) / PARTS
    parts |= {"assisted": _assisted(found), "touched": _once(path.conversion, found.code, size)}
    if query.value:
        for model in MODELS:
            parts[f"{model}_money"] = np.bincount(found.code, shared(model, path, amount, query.half_life_days), size)
        parts["cost"] = found.cost.to_numpy(np.float64)
    frame = pd.DataFrame(parts).astype({name: np.float64 for name in parts if name != "touch" and name not in query.by})
    alone = _untouched(found)
    return pd.concat([frame, _nobody(found.of.value[alone], frame, query)], ignore_index=True) if alone.any() else frame


def _untouched(found: _Shared) -> Any:
    alone = np.ones(len(found.of), bool)
    alone[found.touches.conversion] = False
    return alone


def _nobody(values: Ints, frame: pd.DataFrame, query: Attribution) -> pd.DataFrame:
    """The row of conversions without a touchpoint: every model leaves them whole."""
    row: dict[str, Any] = dict.fromkeys(frame.columns, 0.0) | dict.fromkeys(query.by, "") | {"touch": NONE}
    row |= {model: float(len(values)) for model in MODELS}
    if query.value:
        row |= {f"{model}_money": float(values.sum()) for model in MODELS} | {"cost": np.nan}
    return pd.DataFrame([row])


def _once(conversion: Ints, code: Ints, slices: int) -> Ints:
    """How many conversions each slice meets, each once."""
    return np.bincount(distinct(conversion * slices + code) % slices, minlength=slices) if len(code) else np.zeros(slices, np.int64)


def _assisting(found: _Shared) -> Ints:
    """Touchpoints of another slice than their conversion's last one."""
    path = found.touches
    last = found.code[path.last].repeat(path.size[path.first]) if len(path) else path.last
    return np.flatnonzero(found.code != last)


def _assisted(found: _Shared) -> Ints:
    """Conversions that a touchpoint of the slice came before, and whose last touchpoint is of another slice."""
    rows = _assisting(found)
    return _once(found.touches.conversion[rows], found.code[rows], len(found.words))


def _derived(frame: pd.DataFrame, query: Attribution) -> pd.DataFrame:
    if not query.value:
        return frame
    for model in MODELS:
        frame[f"{model}_cac"] = frame["cost"] / frame[model].where(frame[model] > 0)
        frame[f"{model}_roas"] = frame[f"{model}_money"] / frame["cost"].where(frame["cost"] > 0)
    return frame


def _totals(found: _Shared, frame: pd.DataFrame, query: Attribution) -> dict[str, float | None]:
    """Everything once. Costs against all conversions, however they came."""
    path, count, money = found.touches, float(len(found.of)), float(found.of.value.sum())
    totals: dict[str, float | None] = dict.fromkeys(MODELS, count)
    totals |= {ASSISTED.name: float(len(np.unique(path.conversion[_assisting(found)]))), TOUCHED.name: float(len(path.first))}
    if not query.value:
        return totals
    cost = None if frame["cost"].isna().all() else float(frame["cost"].sum())
    totals |= {f"{model}_money": money for model in MODELS} | {COST.name: cost}
    for model in MODELS:
        totals[f"{model}_cac"] = cost / count if cost is not None and count else None
        totals[f"{model}_roas"] = money / cost if cost else None
    return totals


def _refused(frame: pd.DataFrame, totals: dict[str, float | None]) -> tuple[pd.DataFrame, dict[str, float | None]]:
    """Without money: an amount in a currency without a rate is refused, not left out."""
    unsaid = [name for name in totals if name.endswith(("_money", "_roas"))]
    return frame.assign(**{f"{model}_money": np.nan for model in MODELS}), totals | dict.fromkeys(unsaid)


def _extra(found: _Shared) -> dict[str, Any]:
    path = found.touches
    return {
        "conversions": len(found.of),
        "money": int(found.of.value.sum()),
        "untouched": len(found.of) - len(path.first),
        "mean_touches": len(path) / len(path.first) if len(path.first) else None,
    }


def _costs(question: Question) -> tuple[pd.DataFrame, tuple[Warning, ...]]:
    """What the slices cost in the period: `cost` beside their words. Costs know channels and campaigns alone."""
    query, scan = cast(Attribution, question.query), question.scan()
    nothing = pd.DataFrame({name: [] for name in (*query.by, "cost")}, dtype=object)
    if not query.value or not set(query.by) <= COSTED:
        return nothing, ()
    if not applies(COSTS, scan):
        return nothing, (not_applicable([METRICS["marketing_cost"]]),)
    keys = [sa.func.coalesce(channel_costs.c[name], "").label(name) for name in query.by]
    columns = [expression(channel_costs).label(n) for n, expression in _EXPRESSIONS.items()]
    rows = question.read(sa.select(*keys, *columns).where(*conditions(COSTS, channel_costs, scan)).group_by(*keys))
    lacking = sorted({code for codes in rows["lacking"].dropna() for code in str(codes).split(",")})
    rows["cost"] = rows["cost"].astype("float64").mask(rows["lacking"].notna())
    return rows.drop(columns="lacking"), (no_rate(METRICS["marketing_cost"], lacking),) if lacking else ()


_EXPRESSIONS = {
    "cost": cast(Any, METRICS["marketing_cost"].expression),
    "lacking": cast(Any, METRICS["marketing_cost"].unrated),
}


def members(question: Question, slice: tuple[str, ...] | None, touch: str = "touched") -> pd.DataFrame:
    """`key` of each person who converted after a touchpoint of the slice (None: of any); with touch "none" after no touchpoint."""
    query = cast(Attribution, question.query)
    found, _ = _found(question)
    if touch == NONE:
        meant = np.flatnonzero(_untouched(found))
    elif slice is None:
        meant = found.touches.conversion
    else:
        same = (found.words[list(query.by)] == list(slice)).all(axis=1).to_numpy()
        rows = np.flatnonzero(same & ((np.arange(len(same)) < query.limit) == (touch == "touched")))
        meant = found.touches.conversion[np.isin(found.code, rows)]
    who = found.of.who[meant]
    return pd.DataFrame({"key": distinct(who[who >= 0])})
