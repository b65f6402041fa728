"""What the columns of a file mean: a TOML map, checked before the first row is read. docs/import.md explains it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from data_access import schema

TARGETS: dict[str, tuple[str, ...]] = {
    "events": ("ts", "name"),
    "users": ("external_id",),
    "subscriptions": ("ts", "subscription_id", "change", "status", "interval", "amount_minor", "currency"),
    "payments": ("ts", "type", "amount_minor", "currency"),
}  # table: the columns a map must give
WRITTEN_BY_US = frozenset({"tenant", "day", "seq", "session_key", "user_key", "account_key", "customer"})


class InvalidMapping(ValueError):
    """The map cannot be used; one line for each thing to mend."""


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError) as error:
        raise ValueError(f"“{name}” is not a time zone such as Europe/Paris") from error
    return name


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Column(_Part):
    """A column as it is. A plain string in the map is short for this."""

    column: str


class Constant(_Part):
    """The same value on every row."""

    constant: str | int | float | bool


class Template(_Part):
    """Text with columns in braces: "{Country}-{CustomerID}". Empty where one of them is."""

    template: str


class Product(_Part):
    """Columns and numbers multiplied. For an amount in minor units the product is in major units (euros, not cents)."""

    product: Annotated[tuple[str | int | float, ...], Field(min_length=1)]


class Amount(_Part):
    """A column of money in major units, or in minor units with `minor = true`."""

    amount: str
    minor: bool = False


class Instant(_Part):
    """A moment. `format` as in strptime (ISO 8601 without one), or `unit` for numbers since 1970; `zone` is the clock of
    values that carry no offset."""

    instant: str
    format: str | None = None
    unit: Literal["s", "ms", "us"] | None = None
    zone: Annotated[str, AfterValidator(_zone)] = "UTC"


Expression = Column | Constant | Template | Product | Amount | Instant


class Skip(_Part):
    """Rows to leave out without a word."""

    column: str
    when: Literal["missing", "present", "equal", "not_equal", "negative", "positive", "zero"]
    value: str | int | float | None = None


class TableMap(_Part):
    """How rows become rows of one table."""

    table: Literal["events", "users", "subscriptions", "payments"]
    skip: tuple[Skip, ...] = ()
    columns: dict[str, Expression]

    @model_validator(mode="before")
    @classmethod
    def _short_forms(cls, given: Any) -> Any:
        if isinstance(given, dict) and isinstance(given.get("columns"), dict):
            columns = {name: {"column": value} if isinstance(value, str) else value for name, value in given["columns"].items()}
            return {**given, "columns": columns}
        return given

    @model_validator(mode="after")
    def _known_columns(self) -> TableMap:
        known = {*schema.metadata.tables[self.table].c.keys(), "user_id", "account_id"} - WRITTEN_BY_US
        problems = [f"{self.table} has no column “{name}” to fill" for name in self.columns if name not in known]
        problems += [f"{self.table} needs “{name}”" for name in TARGETS[self.table] if name not in self.columns]
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def type_of(self, target: str) -> sa.types.TypeEngine[Any]:
        """The type of the column that is filled; the source's own ids are texts."""
        if target in ("user_id", "account_id", "id"):
            return sa.Text()
        return schema.metadata.tables[self.table].c[target].type


class Mapping(_Part):
    """A whole map. Several `load` tables may read the same file, also into the same table."""

    format: Literal["csv", "parquet", "jsonl"] | None = None
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    encoding: str = "utf-8"
    missing: tuple[str, ...] = ("", "NULL", "null", "NaN", "N/A")  # texts that mean nothing is there
    load: Annotated[tuple[TableMap, ...], Field(min_length=1)]


def read_mapping(path: Path) -> Mapping:
    """The map in a TOML file; raises InvalidMapping."""
    try:
        return parse_mapping(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidMapping(f"cannot read {path}: {error.strerror}") from error


def parse_mapping(text: str) -> Mapping:
    """The map in a TOML text; raises InvalidMapping."""
    try:
        return Mapping.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise InvalidMapping(f"not TOML: {error}") from error
    except ValidationError as error:
        raise InvalidMapping("\n".join(sorted({_line(problem) for problem in error.errors()}))) from error


def _line(problem: Any) -> str:
    """One problem in words: where, and what. The many forms an expression could have had are one problem."""
    place = [part for part in problem["loc"] if part not in {kind.__name__ for kind in Expression.__args__}]
    if "columns" in place and len(place) > place.index("columns") + 1:
        place = place[: place.index("columns") + 2]
        if problem["type"] == "value_error":
            what = problem["msg"].removeprefix("Value error, ")
        else:
            what = "not one of a column name, {constant}, {template}, {product}, {amount} or {instant}"
    else:
        what = problem["msg"].removeprefix("Value error, ")
    where = ".".join(str(part + 1) if isinstance(part, int) else str(part) for part in place)
    return f"{where}: {what}" if where else what
