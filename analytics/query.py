"""A question: frozen, hashable, the same as JSON and as URL parameters.

Each shape is one file in `analytics/kinds/`, a subclass of `Query` with its own `kind`, entered in KINDS.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

import orjson
from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, PlainValidator, ValidationError

from analytics.filters import Filter
from analytics.period import Period

MAX_QUERY_BYTES = 64_000


class InvalidQuery(ValueError):
    """The question cannot be asked; the message says what to change. Shown to the reader as it is."""


def _period(value: Any) -> Period:
    return value if isinstance(value, Period) else Period(str(value))


def _filter(value: Any) -> Filter:
    return value if isinstance(value, Filter) else Filter.from_json(value)


PeriodField = Annotated[Period, PlainValidator(_period), PlainSerializer(lambda p: p.text, return_type=str)]
FilterField = Annotated[Filter, PlainValidator(_filter), PlainSerializer(lambda f: f.to_json(), return_type=list)]
Compare = Literal["previous", "year", "rest"] | Annotated[str, Field(pattern=r"^segment:[0-9a-f]{16}$")]
"""What each number stands beside: the period before, the same a year before, everybody outside the segment, or another segment."""


class Scope(BaseModel):
    """What the reader chose for a whole page: every panel's query is asked within it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    period: PeriodField = Period("30d")
    compare: Compare | None = "previous"
    grain: Literal["hour", "day", "week", "month", "quarter", "year"] | None = None
    filters: Annotated[tuple[FilterField, ...], Field(max_length=20)] = ()
    segment: Annotated[str, Field(max_length=80)] | None = None


class Query(BaseModel):
    """What every shape has. Subclasses add `kind: Literal["…"]` and their own fields, all with tuples, not lists."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str
    period: PeriodField = Period("30d")
    filters: Annotated[tuple[FilterField, ...], Field(max_length=20)] = ()
    compare: Compare | None = None
    segment: Annotated[str, Field(max_length=80)] | None = None

    keeps_period: ClassVar[bool] = False  # True where a page's period must not replace the query's own

    def within(self, scope: Scope) -> Self:
        """This question inside the reader's scope: period, comparison, segment, grain; filters are added."""
        changes: dict[str, Any] = {"filters": tuple(dict.fromkeys(self.filters + scope.filters)), "segment": scope.segment or self.segment}
        if not self.keeps_period:
            changes |= {"period": scope.period}
            changes |= {"compare": scope.compare} if self.compare is not None else {}
        if scope.grain and getattr(self, "grain", None):
            changes["grain"] = scope.grain
        return self.model_copy(update=changes)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, defaults left out."""
        return {"kind": self.kind, **self.model_dump(mode="json", exclude_defaults=True)}

    def to_params(self) -> dict[str, str]:
        """URL parameters: words as they are, anything nested as compact JSON."""
        return {name: value if isinstance(value, str) else orjson.dumps(value).decode() for name, value in self.to_json().items()}


def explain(error: ValidationError) -> str:
    """The first thing wrong, in one sentence, without the library's own wrapping."""
    first = error.errors(include_url=False, include_context=False)[0]
    where = ".".join(str(part) for part in first["loc"] if not str(part).startswith("function-"))
    return f"{where}: {first['msg'].removeprefix('Value error, ')}" if where else first["msg"].removeprefix("Value error, ")


def params_to_json(params: Mapping[str, str]) -> dict[str, Any]:
    """The inverse of `to_params`: a value that is JSON is read as JSON, any other is a word."""
    return {name: _maybe_json(value) for name, value in params.items()}


def _maybe_json(value: str) -> Any:
    if value[:1] not in '[{"' and value not in ("true", "false", "null") and not value.lstrip("-").isdigit():
        return value
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        return value
