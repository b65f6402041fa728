"""Paths: what people do one after the other, as the edges of a Sankey diagram."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Any, Literal, TypeVar, cast

import numpy as np
import orjson
import pandas as pd
import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field

from accounts.language import Text
from accounts.roles import Permission
from analytics.dimensions import column
from analytics.event_log import Computed, CutName, EventQuery, Log, Reading, event_permissions, event_tables
from analytics.kernels import tops, trails
from analytics.kernels.arrays import Flags, Ints, begins
from analytics.kernels.trails import Edges, Tally, Trails
from analytics.log_parts import read_parts
from analytics.matching import EventName, Matcher
from analytics.metric import Metric, Unit
from analytics.question import Question
from analytics.result import Column, Result
from analytics.sources.events import PAGE_VIEW
from analytics.where import event_dimension

T = TypeVar("T")
ItemName = Annotated[str, Field(min_length=1, max_length=500)]


class Item(BaseModel):
    """Events of this name are known by that dimension; others, and those where it is unknown, by their name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    event: EventName
    by: CutName


class Paths(EventQuery):
    """`Paths(events=(Matcher(event="page_view"),), start="/pricing", max_steps=5)`.

    A session ends at a gap of `gap_seconds` or more; consecutive equal items collapse to the last (unless `collapse` is off);
    a trailing slash does not count. `start` keeps each session from its first such item on, `end` up to its first such item.
    The `limit` most frequent edges are kept, and of those the ones reachable from where paths begin (with only an `end`: that
    lead to it). Nodes are written "<step>_<item>"; with only an `end` steps count so that the end is step `max_steps`.
    `min_share` leaves out what fewer than that share of all paths took. `view="paths"` asks for the `limit` most taken whole paths
    instead of edges, and with a `goal` (an item) for the share of their sessions that came to it, also beyond `max_steps`.
    """

    kind: Literal["paths"] = "paths"
    events: Annotated[tuple[Matcher, ...], Field(max_length=20)] = ()
    items: Annotated[tuple[Item, ...], Field(max_length=10)] = (Item(event=PAGE_VIEW, by="path"),)
    exclude: Annotated[tuple[ItemName, ...], Field(max_length=50)] = ()
    start: ItemName | None = None
    end: ItemName | None = None
    max_steps: Annotated[int, Field(ge=2, le=20)] = 5
    gap_seconds: Annotated[int, Field(ge=1, le=30 * 86_400)] = 1800
    limit: Annotated[int, Field(ge=1, le=1000)] = 50
    collapse: bool = True
    min_share: Annotated[float, Field(ge=0, le=1)] = 0.0
    view: Literal["edges", "paths"] = "edges"
    goal: ItemName | None = None

    @property
    def matchers(self) -> tuple[Matcher, ...]:
        return self.events or (Matcher(),)


PATHS = Metric(
    "paths", Text("Paths", "Parcours"), Text("How many sessions took it.", "Combien de sessions l’ont pris."), "activity", Unit.COUNT
)
MEAN = Metric(
    "mean_time",
    Text("Mean time", "Temps moyen"),
    Text("Between the two.", "Entre les deux."),
    "activity",
    Unit.MILLISECONDS,
    better="neutral",
)
METRICS = (PATHS, MEAN)
SHARE = Metric("share", Text("Share", "Part"), Text("Of all paths.", "De tous les parcours."), "activity", Unit.RATIO, change="points")
CONVERSION = Metric(
    "conversion",
    Text("Reached the goal", "But atteint"),
    Text("Sessions of the path that came to the goal.", "Sessions de ce parcours arrivées au but."),
    "activity",
    Unit.RATIO,
    change="points",
)
PATH_LABEL = Text("Path", "Chemin")
SOURCE_LABEL = Text("From", "De")
TARGET_LABEL = Text("To", "Vers")


def tables(query: Paths) -> Iterable[str]:
    return event_tables(query, query.matchers, _cuts(query))


def permissions(query: Paths) -> frozenset[Permission]:
    return event_permissions(query, query.matchers, _cuts(query))


def lookback(query: Paths) -> int | None:
    return 0


def _cuts(query: Paths) -> tuple[str, ...]:
    return tuple(item.by for item in query.items)


def bare(item: str) -> str:
    """Without a trailing slash, unless that is all."""
    return item[:-1] if len(item) > 1 and item.endswith("/") else item


def _item(question: Question) -> Computed:
    """What an event is called on a path."""
    query = cast(Paths, question.query)
    named = [event_dimension(item.by) for item in query.items]
    columns = {of.col if of.expression is None else "computed" for of in named} | {"name"}

    def sql(rows: sa.FromClause) -> sa.ColumnElement[Any]:
        name = rows.c.name
        known = [(name == item.event, _words(question, item, rows)) for item in query.items]
        return sa.func.coalesce(sa.case(*known, else_=name), name, "") if known else sa.func.coalesce(name, "")

    return Computed(frozenset(columns), sql)


def _words(question: Question, item: Item, rows: sa.FromClause) -> sa.ColumnElement[Any]:
    return sa.func.nullif(sa.cast(column(rows, event_dimension(item.by), question.scan()), sa.Text), "")


def walked(question: Question) -> tuple[Trails, tuple[str, ...]]:
    """Every session's trail as the question wants it, and what the items are called."""
    query = cast(Paths, question.query)
    parts = _each(question, lambda found, words: (cut_to(query, found, words), words))
    return trails.together([found for found, _ in parts]), parts[0][1]


def whole_sessions(question: Question) -> tuple[Trails, tuple[str, ...]]:
    """Every session from its beginning to its end, and what the items are called."""
    parts = _each(question, lambda found, words: (found, words))
    return trails.together([found for found, _ in parts]), parts[0][1]


def _tallied(question: Question) -> tuple[Tally, tuple[str, ...]]:
    """What every session's trail adds up to, and what the items are called."""
    query = cast(Paths, question.query)
    parts = _each(question, lambda found, words: (trails.tally(cut_to(query, found, words), max(len(words), 1)), words))
    return trails.summed([one for one, _ in parts]), parts[0][1]


def _each(question: Question, work: Callable[[Trails, tuple[str, ...]], tuple[T, tuple[str, ...]]]) -> list[tuple[T, tuple[str, ...]]]:
    """What `work` makes of each part of the people, given their sessions and the words of items, which all parts share."""
    query = cast(Paths, question.query)
    reading = Reading(query.matchers, cuts=_people_only(query), computed=(_item(question),))
    return read_parts(question, reading).each(lambda log: work(*_sessions(query, log)))


def _sessions(query: Paths, log: Log) -> tuple[Trails, tuple[str, ...]]:
    cut = log.cuts[-1]
    words, codes = _renamed(cut.words, cut.codes)
    if query.exclude:
        kept = np.flatnonzero(~np.isin(codes, [words.index(bare(x)) for x in query.exclude if bare(x) in words]))
        log, codes = log.take(kept), codes[kept]
    return trails.sessions(log.who, log.time, codes, query.gap_seconds * 1_000_000, collapse=query.collapse), words


def _people_only(query: Paths) -> tuple[str, ...]:
    """A person's property among the items makes the reading join people."""
    return tuple(name for name in _cuts(query) if name.startswith("person."))


def _renamed(words: tuple[str, ...], codes: Ints) -> tuple[tuple[str, ...], Ints]:
    short = [bare(word) for word in words]
    names = tuple(dict.fromkeys(short))
    place = {name: i for i, name in enumerate(names)}
    return names, np.array([place[word] for word in short], np.int64)[codes] if len(codes) else codes


def cut_to(query: Paths, found: Trails, words: tuple[str, ...]) -> Trails:
    """From the start, to the end, at most `max_steps`."""
    places = {word: i for i, word in enumerate(words)}
    if query.start is not None:
        found = trails.starting(found, places.get(bare(query.start), -1))
    if query.end is not None:
        found = trails.ending(found, places.get(bare(query.end), -1))
        if query.start is None:
            return trails.closing(found, query.max_steps)
    return trails.opening(found, query.max_steps)


def answer(question: Question) -> Result:
    """One row per edge, most taken first; of whole paths one per path (see `paths_top`)."""
    query = cast(Paths, question.query)
    if query.view == "paths":
        return _whole_paths(question)
    found, words = _tallied(question)
    total = found.trails
    frame = _frame(_frequent(found.edges(), query.min_share * total), words, query)
    labels = (Column("source", SOURCE_LABEL, Unit.TEXT, "dimension"), Column("target", TARGET_LABEL, Unit.TEXT, "dimension"))
    return Result(
        query=query,
        period=question.period,
        frame=frame,
        columns=(*labels, *(Column(m.name, m.label, m.unit, "metric") for m in METRICS)),
        metrics=METRICS,
        totals={"paths": float(total), "mean_time": None},
        trail=tuple(question.trail),
        extra={"nodes": _nodes(found, words, frame)},
    )


def _whole_paths(question: Question) -> Result:
    """One row per path, most walked first: `path` (its items as JSON), `paths`, `share` of all, `mean_time` from its first to its last
    item, and with a goal `conversion`."""
    query = cast(Paths, question.query)
    whole, words = whole_sessions(question)
    found = cut_to(query, whole, words)
    goal = words.index(bare(query.goal)) if query.goal and bare(query.goal) in words else -1
    best, total = (
        tops.tops(found, len(words), tops.holding(_from_start(query, whole, words), goal), limit=query.limit),
        len(begins(found.session)),
    )
    kept = best.count >= query.min_share * total
    frame = pd.DataFrame(
        {
            "path": [orjson.dumps([words[i] for i in items]).decode() for items in best.items],
            "paths": best.count.astype(np.float64),
            "share": best.count / max(total, 1),
            "mean_time": [time / 1000 if len(items) > 1 else np.nan for time, items in zip(best.mean, best.items, strict=True)],
            **({"conversion": best.reached / np.maximum(best.count, 1)} if query.goal else {}),
        }
    ).astype({"path": object})[kept]
    metrics = (PATHS, SHARE, MEAN, *((CONVERSION,) if query.goal else ()))
    return Result(
        query=query,
        period=question.period,
        frame=frame.reset_index(drop=True),
        columns=(Column("path", PATH_LABEL, Unit.TEXT, "dimension"), *(Column(m.name, m.label, m.unit, "metric") for m in metrics)),
        metrics=metrics,
        totals={"paths": float(total), "share": None, "mean_time": None},
        trail=tuple(question.trail),
    )


def _from_start(query: Paths, found: Trails, words: tuple[str, ...]) -> Trails:
    """What happens before the start is no goal reached by going there."""
    return trails.starting(found, words.index(bare(query.start)) if bare(query.start) in words else -1) if query.start else found


def _frequent(taken: Edges, least: float) -> Edges:
    some = taken.count >= least
    return Edges(taken.step[some], taken.source[some], taken.target[some], taken.count[some], taken.mean[some])


def _frame(taken: Edges, words: tuple[str, ...], query: Paths) -> pd.DataFrame:
    ranked = np.argsort(-taken.count, kind="stable")
    floor = taken.count[ranked[min(query.limit, len(ranked)) - 1]] if len(ranked) else 0
    some = np.flatnonzero(taken.count >= floor)  # ties at the limit are decided by name
    frame = pd.DataFrame(
        {
            "source": [_node(int(taken.step[i]), words[taken.source[i]]) for i in some],
            "target": [_node(int(taken.step[i]) + 1, words[taken.target[i]]) for i in some],
            "paths": taken.count[some].astype(np.float64),
            "mean_time": taken.mean[some] / 1000,
        }
    ).astype({"source": object, "target": object})
    frame = frame.sort_values(["paths", "source", "target"], ascending=[False, True, True], kind="stable").head(query.limit)
    backwards = query.end is not None and query.start is None
    return frame[_connected(frame, query, backwards=backwards)].reset_index(drop=True)


def _node(step: int, word: str) -> str:
    return f"{step}_{word}"


def _connected(frame: pd.DataFrame, query: Paths, *, backwards: bool) -> Flags:
    """Edges on a way from a first node, or backwards to a last one."""
    near, far = ("target", "source") if backwards else ("source", "target")
    begin = f"{query.max_steps if backwards else 1}_"
    links: dict[str, list[str]] = {}
    for edge in frame.to_dict("records"):
        links.setdefault(edge[near], []).append(edge[far])
    met = {node for node in links if node.startswith(begin)}
    waiting = list(met)
    while waiting:
        ahead = [node for node in links.get(waiting.pop(), ()) if node not in met]
        met.update(ahead)
        waiting.extend(ahead)
    return np.array([node in met for node in frame[near]], bool)


def _nodes(found: Tally, words: tuple[str, ...], frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The nodes shown: how many sessions came there, and how many ended there."""
    size = found.items
    shown = set(frame["source"]) | set(frame["target"])
    rows = [(_node(int(k // size), words[int(k % size)]), k, int(n), int(m)) for k, n, m in zip(*found.stays, strict=True)]
    return [
        {"node": name, "step": int(k // size), "item": words[int(k % size)], "paths": n, "ended": m}
        for name, k, n, m in rows
        if name in shown
    ]


def walkers(question: Question, items: Sequence[str]) -> pd.DataFrame:
    """The users who walked exactly this path: `key`, `times`."""
    found, words = walked(question)
    known = all(item in words for item in items) and len(found)
    who = tops.taken(found, tuple(words.index(item) for item in items)) if known else found.who[:0]
    return pd.DataFrame({"key": who[begins(who)], "times": np.diff(begins(who), append=len(who))})


def members(question: Question, source: str | None, target: str | None) -> pd.DataFrame:
    """The users who went from one node to the other, or were at the one given: `key`, `times`."""
    found, words = walked(question)
    names = {word: i for i, word in enumerate(words)}
    rows = np.arange(len(found))
    if source is not None and target is not None:
        rows = trails.moves(found)
        rows = rows[_at(found, rows, names, source) & _at(found, rows + 1, names, target)]
    elif source is not None or target is not None:
        rows = rows[_at(found, rows, names, cast(str, source or target))]
    who = found.who[rows]  # in order, as the log is
    keys, times = who[begins(who)], np.diff(begins(who), append=len(who))
    return pd.DataFrame({"key": keys, "times": times})


def _at(found: Trails, rows: Ints, names: dict[str, int], node: str) -> Any:
    step, _, word = node.partition("_")
    if not step.isdigit() or word not in names:
        return np.zeros(len(rows), bool)
    return (found.step[rows] == int(step)) & (found.item[rows] == names[word])
