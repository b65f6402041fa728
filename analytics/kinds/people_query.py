"""The question who is behind a number: People, and the cells of other questions that it can name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import Field, NaiveDatetime, field_serializer, model_validator

from analytics.kinds.aggregate import Aggregate
from analytics.kinds.attribution_query import Attribution
from analytics.kinds.dropoff_query import DropOff
from analytics.kinds.funnel_query import Funnel
from analytics.kinds.lifecycle import Lifecycle, State
from analytics.kinds.paths import Paths
from analytics.kinds.retention_query import Retention
from analytics.kinds.stickiness import Stickiness
from analytics.kinds.trends import Trends
from analytics.query import Query, Scope

Word = Annotated[str, Field(max_length=600)]
# Another kind whose cells have people joins here, in CELLS, and in SHAPES of `people_shapes`.
Asked = Annotated[
    Aggregate | Attribution | DropOff | Funnel | Lifecycle | Stickiness | Paths | Retention | Trends, Field(discriminator="kind")
]
EVERYONE = "everyone"  # the kind where no other question is asked about
CELLS: Mapping[str, frozenset[str]] = {
    EVERYONE: frozenset(),
    "aggregate": frozenset({"metric", "bucket", "slice"}),
    "attribution": frozenset({"slice", "touch"}),
    "trends": frozenset({"metric", "bucket", "slice"}),
    "dropoff": frozenset({"what", "source"}),
    "funnel": frozenset({"step", "outcome", "slice", "bucket", "took"}),
    "lifecycle": frozenset({"state", "bucket"}),
    "stickiness": frozenset({"times"}),
    "paths": frozenset({"source", "target", "outcome", "path"}),
    "retention": frozenset({"bucket", "later", "outcome", "slice"}),
}


class People(Query):
    """`People(of=Funnel(...), step=2, outcome="dropped")`: the people behind one cell of another question.

    Which cell. Of an aggregate: the `metric` (the first unless told) in a `bucket` and a `slice`, whose people are those whose own
    events or rows make the number; of trends likewise (s1, s2, …).
    Of a funnel: `step` (from 1) reached or dropped before it, in a `slice` of the breakdown, a
    `bucket` of the trend, or a bar of the histogram (`took`: from, to seconds, the end excluded). Of a lifecycle: `state` in
    `bucket`. Of stickiness: active in so many `times`. Of paths: the edge `source` to `target`, or one node; with `outcome`
    dropped those whose path ended at it, or a whole `path` by its items.
    Of a retention grid of users: the cohort that began in `bucket`, and `later` buckets on who came
    back or, dropped, who did not, in a `slice`. Of attribution: who converted with a touchpoint of the `slice`, or with `touch` none,
    without any. Of reasons for dropping: those who dropped and met `what` (seen in `source`); "" is nothing more. What is left out is not
    narrowed. Without `of`: everyone known.

    The period is this query's; its filters are added to those of the question asked about. `search` keeps those whose id or e-mail
    begins with it or whose name contains it.
    """

    kind: Literal["people"] = "people"
    of: Asked | None = None
    metric: Annotated[str, Field(max_length=120)] | None = None
    step: Annotated[int, Field(ge=1, le=20)] | None = None
    outcome: Literal["reached", "dropped"] | None = None
    slice: Annotated[tuple[Word, ...], Field(max_length=4)] | None = None
    bucket: date | NaiveDatetime | None = None
    later: Annotated[int, Field(ge=0, le=365)] | None = None
    state: State | None = None
    times: Annotated[int, Field(ge=1, le=10_000)] | None = None
    took: tuple[float, float] | None = None
    source: Word | None = None
    target: Word | None = None
    what: Word | None = None
    path: Annotated[tuple[Word, ...], Field(min_length=1, max_length=20)] | None = None
    touch: Literal["touched", "other", "none"] | None = None
    search: Annotated[str, Field(max_length=200)] | None = None
    offset: Annotated[int, Field(ge=0, le=100_000_000)] = 0
    limit: Annotated[int, Field(ge=1, le=10_000)] = 100

    @model_validator(mode="before")
    @classmethod
    def _own_period(cls, data: Any) -> Any:
        """Without a period of its own it is the period of the question asked about."""
        if not isinstance(data, dict) or "period" in data or data.get("of") is None:
            return data
        asked = data["of"]
        if isinstance(asked, dict):
            period = asked.get("period") or (Retention.model_fields["period"].default if asked.get("kind") == "retention" else None)
        else:
            period = getattr(asked, "period", None)
        return data if period is None else {**data, "period": period}

    @model_validator(mode="after")
    def _one_cell(self) -> Self:
        every = frozenset().union(*CELLS.values())
        foreign = sorted(name for name in every - CELLS[self.shape] if getattr(self, name) is not None)
        if foreign:
            raise ValueError(f"a cell of {self.shape} is not named by {foreign[0]}")
        if check := _CHECKS.get(self.shape):
            check(self, self.of)
        return self

    @field_serializer("of")
    def _with_its_kind(self, of: Query | None) -> dict[str, Any] | None:
        """TRICKY: leaving out defaults would leave out the kind, by which it is read again."""
        return None if of is None else of.to_json()

    def within(self, scope: Scope) -> Self:
        """As the question asked about: one that keeps its own period keeps it here too."""
        keeps = self.of is not None and self.of.keeps_period
        return super().within(scope.model_copy(update={"period": self.period}) if keeps else scope)

    @property
    def shape(self) -> str:
        """The kind of the question asked about."""
        return EVERYONE if self.of is None else self.of.kind

    @property
    def asked(self) -> Query:
        """The question asked about, within this one's period, filters and segment."""
        if self.of is None:
            return self
        filters = tuple(dict.fromkeys(self.of.filters + self.filters))
        return self.of.model_copy(update={"period": self.period, "filters": filters, "segment": self.segment or self.of.segment})


def _sliced(query: People, by: tuple[str, ...], of: str) -> None:
    if query.slice is not None and len(query.slice) != len(by):
        raise ValueError(f"a slice of this {of} has {len(by)} values, one per dimension")


def _aggregate_cell(query: People, of: Aggregate) -> None:
    _sliced(query, of.by, "answer")
    if query.metric is not None and query.metric not in of.metrics:
        raise ValueError(f"metric is one of the question’s own: {', '.join(of.metrics)}")
    if query.bucket is not None and of.grain is None:
        raise ValueError("a question without a grain has no buckets")


def _attribution_cell(query: People, of: Attribution) -> None:
    _sliced(query, of.by, "answer")


def _funnel_cell(query: People, of: Funnel) -> None:
    _sliced(query, of.by, "funnel")
    if query.step is not None and query.step > len(of.steps):
        raise ValueError(f"the funnel has {len(of.steps)} steps, counted from 1")
    if query.outcome == "dropped" and (query.step is None or query.step == 1):
        raise ValueError("nobody drops before the first step: name a later one")
    if query.bucket is not None and of.view != "trend":
        raise ValueError("only the trend of a funnel has buckets")
    if query.took is not None and (query.bucket is not None or query.outcome == "dropped"):
        raise ValueError("took names those who came through, over the whole period")


def _trends_cell(query: People, of: Trends) -> None:
    _sliced(query, of.by, "answer")
    if query.metric is not None and query.metric not in [f"s{i + 1}" for i in range(len(of.series))]:
        raise ValueError(f"metric is a series: s1 to s{len(of.series)}")
    if query.bucket is not None and of.grain is None:
        raise ValueError("a question without a grain has no buckets")


def _paths_cell(query: People, of: Paths) -> None:
    if query.outcome == "dropped" and ((query.source is None) == (query.target is None)):
        raise ValueError("a path ends at one node: name it")


def _dropoff_cell(query: People, of: DropOff) -> None:
    if query.what is None or of.look == "differences":
        raise ValueError("of what the dropped met or did next, say what")
    if of.of.per != "user":
        raise ValueError("only a funnel by user tells who met what")


def _retention_cell(query: People, of: Retention) -> None:
    _sliced(query, of.by, "grid")
    if of.subject != "users":
        raise ValueError("only a grid of users tells who is behind a cell")
    if query.outcome is not None and not query.later:
        raise ValueError("nobody comes back or drops in the cohort’s own bucket: name a later one")


_CHECKS: Mapping[str, Callable[[People, Any], None]] = {
    "aggregate": _aggregate_cell,
    "attribution": _attribution_cell,
    "dropoff": _dropoff_cell,
    "funnel": _funnel_cell,
    "paths": _paths_cell,
    "trends": _trends_cell,
    "retention": _retention_cell,
}
