"""A rule: when to worry. A row made in the interface, as YAML or shipped; its query is asked through `run` like any other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated, Any, Literal
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError
from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, PlainValidator, ValidationError, field_validator, model_validator

from accounts.language import Text
from alerts.conditions import CONDITIONS
from alerts.conditions.condition import Condition
from alerts.state import Meaning, Policy
from analytics.kinds import query_from_json
from analytics.query import InvalidQuery, Query, explain

Severity = Literal["info", "warning", "critical", "emergency"]
SEVERITIES: tuple[Severity, ...] = ("info", "warning", "critical", "emergency")
MOST_SERIES = 10_000


class InvalidRule(ValueError):
    """The rule cannot be kept; the message says what to change. Shown to the reader as it is."""


def _words(value: Any) -> Text:
    if isinstance(value, Text):
        return value
    if isinstance(value, str):
        return Text(value, value)
    if isinstance(value, dict) and set(value) == {"en", "fr"} and all(isinstance(words, str) for words in value.values()):
        return Text(**value)
    raise ValueError("is either words, or words in each language: {en: …, fr: …}")


def _said(text: Text) -> str | dict[str, str]:
    return text.en if text.en == text.fr else {"en": text.en, "fr": text.fr}


def _query(value: Any) -> Query:
    return value if isinstance(value, Query) else query_from_json(value)


Words = Annotated[Text, PlainValidator(_words), PlainSerializer(_said)]
QueryField = Annotated[Query, PlainValidator(_query), PlainSerializer(lambda query: query.to_json(), return_type=dict)]
if TYPE_CHECKING:
    AnyCondition = Condition
else:
    AnyCondition = Annotated[reduce(or_, (entry.model for entry in CONDITIONS.values())), Field(discriminator="kind")]


class Watched(BaseModel):
    """A number: `value` names a metric of an Aggregate, whose breakdown makes one series per slice and which is asked by
    the hour; of any other shape it names a total of its Result (a funnel's conversion), asked as it is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    query: QueryField
    value: Annotated[str, Field(min_length=1, max_length=120)]

    @model_validator(mode="after")
    def _named(self) -> Watched:
        metrics = getattr(self.query, "metrics", None)
        if metrics is not None and self.value not in metrics:
            raise ValueError(f"the query does not ask for “{self.value}”: name one of {', '.join(metrics)}")
        return self


class Price(BaseModel):
    """What an hour of this costs: what is missing against the usual, times the money of one.

    `per`: the metric whose mean over the past 28 days is what one missing (or one failed) thing is worth, in money;
    `fixed_minor`: a stated amount for each instead, in minor units of the tenant's currency.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    per: Annotated[str, Field(max_length=120)] | None = None
    fixed_minor: Annotated[int, Field(ge=0)] | None = None
    counts: Literal["missing", "happened"] = "happened"

    @model_validator(mode="after")
    def _one(self) -> Price:
        if (self.per is None) == (self.fixed_minor is None):
            raise ValueError("state either the metric that prices one, or a fixed amount")
        return self


class Rule(BaseModel):
    """`every`: cron in the tenant's time zone. `environments`: settings of the condition that differ there, by name.
    `action`: what to do first; `steps`: the way through the incident."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Words
    watched: Watched
    upstream: Watched | None = None
    condition: AnyCondition
    severity: Severity = "warning"
    every: Annotated[str, Field(max_length=100)] = "*/5 * * * *"
    pending_minutes: Annotated[int, Field(ge=0, le=60 * 24 * 7)] = 0
    keep_minutes: Annotated[int, Field(ge=0, le=60 * 24 * 7)] = 0
    no_data: Meaning = "clear"
    error: Meaning = "keep"
    environments: dict[Annotated[str, Field(max_length=40)], dict[str, float]] = {}
    labels: dict[Annotated[str, Field(max_length=60)], Annotated[str, Field(max_length=200)]] = {}
    impact: Words = Text("", "")
    action: Words = Text("", "")
    steps: Annotated[tuple[Words, ...], Field(max_length=30)] = ()
    price: Price | None = None
    runbook: Annotated[str, Field(max_length=500)] = ""

    @field_validator("every")
    @classmethod
    def _cron(cls, every: str) -> str:
        try:
            CronSim(every, datetime(2026, 1, 1, tzinfo=UTC))
        except CronSimError as error:
            raise ValueError(f"“{every}” is not a cron expression: {error}") from None
        return every

    @model_validator(mode="after")
    def _fits(self) -> Rule:
        follows = CONDITIONS[self.condition.kind].follows
        if self.upstream is not None and follows is None:
            raise ValueError(f"a {self.condition.kind} looks at one number alone: leave upstream out")
        if self.upstream is None and self.condition.kind in ("silence", "ratio"):
            raise ValueError(f"a {self.condition.kind} needs an upstream: {CONDITIONS[self.condition.kind].meaning.en}")
        for name in self.environments:
            self.judged_in(name)
        return self

    @property
    def policy(self) -> Policy:
        return Policy(timedelta(minutes=self.pending_minutes), timedelta(minutes=self.keep_minutes), self.no_data, self.error)

    def judged_in(self, environment: str) -> Condition:
        """The condition with the thresholds of that environment. Raises InvalidRule."""
        changed = {**self.condition.model_dump(), **self.environments.get(environment, {})}
        try:
            return CONDITIONS[self.condition.kind].model.model_validate(changed)
        except ValidationError as error:
            raise InvalidRule(f"environment “{environment}”: {explain(error)}") from None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, defaults left out; `rule_from_json` reads it back."""
        return {**self.model_dump(mode="json", exclude_defaults=True), "condition": self.condition.model_dump(mode="json")}


def rule_from_json(data: Any) -> Rule:
    """The rule of a JSON or YAML document; raises InvalidRule with the first thing wrong."""
    try:
        return Rule.model_validate(data)
    except ValidationError as error:
        raise InvalidRule(explain(error)) from None
    except InvalidQuery as error:
        raise InvalidRule(f"the question: {error}") from None


def longest_detection(rule: Rule, zone: ZoneInfo) -> timedelta:
    """The longest time from the start of what is wrong to its alert, apart from what the condition itself must see first:
    the longest gap between two looks in a week, plus the pending time."""
    start = datetime(2026, 1, 5, tzinfo=UTC).astimezone(zone)
    looks, end = CronSim(rule.every, start), start + timedelta(days=8)
    before, gap = start, timedelta()
    for look in looks:
        gap, before = max(gap, look - before), look
        if look > end:
            break
    return gap + timedelta(minutes=rule.pending_minutes)
