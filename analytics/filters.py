"""Filters as triples `(operator, dimension, values)`: the same triple is SQL, a sentence, a URL and JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from accounts.language import Text

Value = str | int | float | bool
MAX_VALUES = 200
MAX_LENGTH = 500


class InvalidFilter(ValueError):
    """The triple cannot be used; the message says what to change."""


@dataclass(frozen=True)
class Operator:
    name: str
    sentence: Text  # with {dimension} and {values}
    arity: tuple[int, int]  # fewest and most values


def _op(name: str, en: str, fr: str, arity: tuple[int, int] = (1, MAX_VALUES)) -> tuple[str, Operator]:
    return name, Operator(name, Text("{dimension} " + en, "{dimension} " + fr), arity)


OPERATORS: Mapping[str, Operator] = dict(
    (
        _op("is", "is {values}", "est {values}"),
        _op("is_not", "is not {values}", "n’est pas {values}"),
        _op("contains", "contains {values}", "contient {values}"),
        _op("not_contains", "does not contain {values}", "ne contient pas {values}"),
        _op("gt", "is greater than {values}", "est supérieur à {values}", (1, 1)),
        _op("gte", "is at least {values}", "est au moins {values}", (1, 1)),
        _op("lt", "is less than {values}", "est inférieur à {values}", (1, 1)),
        _op("lte", "is at most {values}", "est au plus {values}", (1, 1)),
        _op("is_set", "is known", "est connu", (0, 0)),
        _op("is_not_set", "is not known", "n’est pas connu", (0, 0)),
    )
)


@dataclass(frozen=True)
class Filter:
    """`Filter("is", "country", ("FR", "BE"))`. Several values mean any of them (for the negations: none)."""

    operator: str
    dimension: str
    values: tuple[Value, ...] = ()

    def __post_init__(self) -> None:
        if self.operator not in OPERATORS:
            raise InvalidFilter(f"“{str(self.operator)[:40]}” is not an operator: use one of {', '.join(OPERATORS)}")
        fewest, most = OPERATORS[self.operator].arity
        if not fewest <= len(self.values) <= most:
            raise InvalidFilter(f"{self.operator} takes {fewest} to {most} values, got {len(self.values)}")
        if any(isinstance(v, str) and len(v) > MAX_LENGTH for v in self.values):
            raise InvalidFilter(f"a value of the filter on {self.dimension[:60]} is longer than {MAX_LENGTH} characters")

    def sentence(self, locale: str, label: str, say: Callable[[Value], str] = str) -> str:
        """`country is France or Belgium`; `say` words one value."""
        joiner = " ou " if locale.startswith("fr") else " or "
        words = joiner.join(say(v) for v in self.values)
        return OPERATORS[self.operator].sentence[locale].replace("{dimension}", label).replace("{values}", words)

    def to_json(self) -> list[Any]:
        return [self.operator, self.dimension, list(self.values)]

    @classmethod
    def from_json(cls, data: Any) -> Filter:
        match data:
            case [str(operator), str(dimension), list(values)] if all(isinstance(v, str | int | float | bool) for v in values):
                return cls(operator, dimension, tuple(values))
        raise InvalidFilter('a filter is written ["is", "country", ["FR", "BE"]]')
