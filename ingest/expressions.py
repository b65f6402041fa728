"""A map's expressions over a batch of rows, column by column; values that do not fit are named, not guessed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import sqlalchemy as sa
from babel.numbers import get_currency_precision

from ingest.files import UnreadableFile
from ingest.mapping import Amount, Column, Constant, Expression, Instant, Mapping, Product, Skip, TableMap, Template

_FIELD = re.compile(r"\{([^{}]+)\}")
_YES, _NO = {"true", "yes", "y", "1", "t"}, {"false", "no", "n", "0", "f"}


class MissingColumn(UnreadableFile):
    """The file has no such column."""


@dataclass
class Batch:
    """Some rows of a file. `bad` gives the reason per row position for rows that cannot be used."""

    frame: pd.DataFrame
    mapping: Mapping
    bad: dict[int, str] = field(default_factory=dict)

    def raw(self, name: str) -> pd.Series:
        if name not in self.frame.columns:
            raise MissingColumn(f"the file has no column “{name}”; it has {', '.join(map(str, self.frame.columns))[:300]}")
        column = self.frame[name]
        if pd.api.types.is_string_dtype(column.dtype):
            return column.mask(column.isin(self.mapping.missing))
        return column

    def text(self, name: str) -> pd.Series:
        """A column as text; whole numbers that were read as fractions lose their “.0”."""
        column = self.raw(name)
        if pd.api.types.is_float_dtype(column.dtype) and (column.dropna() % 1 == 0).all():
            column = column.astype("Int64")
        return column.astype("string")

    def numbers(self, name: str) -> pd.Series:
        column = self.raw(name)
        values = pd.to_numeric(column, errors="coerce").astype("float64")
        values = values.where(np.isfinite(values))
        self.refuse(values.isna() & column.notna(), lambda i: f"{name}: “{column.iat[i]}” is not a number")
        return values

    def refuse(self, which: pd.Series, reason: Callable[[int], str]) -> None:
        for i in np.flatnonzero(which.to_numpy(dtype=bool, na_value=False)):
            self.bad.setdefault(int(i), reason(int(i)))


def skipped(batch: Batch, skip: Skip) -> pd.Series:
    """Which rows a rule leaves out."""
    match skip.when:
        case "missing":
            return batch.raw(skip.column).isna()
        case "present":
            return batch.raw(skip.column).notna()
        case "equal":
            return batch.text(skip.column).eq(str(skip.value)).fillna(False)
        case "not_equal":
            return batch.text(skip.column).ne(str(skip.value)).fillna(True)
    numbers = pd.to_numeric(batch.raw(skip.column), errors="coerce")
    return {"negative": numbers < 0, "positive": numbers > 0, "zero": numbers == 0}[skip.when].fillna(False)


def evaluated(batch: Batch, table: TableMap) -> pd.DataFrame:
    """The target columns of every row; `batch.bad` grows by what cannot be read or is empty but needed."""
    columns = {target: _value(batch, expression, table.type_of(target)) for target, expression in table.columns.items()}
    result = pd.DataFrame(columns)
    for target, expression in table.columns.items():
        if target.endswith("_minor"):
            result[target] = _minor(batch, result, (target, expression))
    return result


def _value(batch: Batch, expression: Expression, kind: sa.types.TypeEngine[object]) -> pd.Series:
    match expression:
        case Constant(constant=value):
            return pd.Series([value] * len(batch.frame), dtype="string" if isinstance(kind, sa.Text) else None)
        case Template(template=text):
            return _template(batch, text)
        case Product(product=factors):
            return _product(batch, factors)
        case Amount(amount=name):
            return batch.numbers(name)
        case Instant():
            return _instants(batch, expression)
        case Column(column=name):
            return _column(batch, name, kind)


def _column(batch: Batch, name: str, kind: sa.types.TypeEngine[object]) -> pd.Series:
    if isinstance(kind, (sa.DateTime, sa.Date)):
        return _instants(batch, Instant(instant=name))
    if isinstance(kind, (sa.Numeric, sa.Integer)):
        return batch.numbers(name)
    if isinstance(kind, sa.Boolean):
        return _flags(batch, name)
    return batch.text(name)


def _flags(batch: Batch, name: str) -> pd.Series:
    words = batch.text(name).str.lower()
    flags = words.isin(_YES).astype("boolean").mask(words.isna())
    batch.refuse(words.notna() & ~words.isin(_YES | _NO), lambda i: f"{name}: “{words.iat[i]}” is not yes or no")
    return flags


def _template(batch: Batch, text: str) -> pd.Series:
    result = pd.Series([""] * len(batch.frame), dtype="string")
    end = 0
    for found in _FIELD.finditer(text):
        result = result + text[end : found.start()] + batch.text(found[1])
        end = found.end()
    return result + text[end:]


def _product(batch: Batch, factors: tuple[str | int | float, ...]) -> pd.Series:
    result = pd.Series(np.ones(len(batch.frame)))
    for factor in factors:
        result = result * (batch.numbers(factor) if isinstance(factor, str) else factor)
    return result


def _minor(batch: Batch, result: pd.DataFrame, column: tuple[str, Expression]) -> pd.Series:
    """Major units as minor units of the row's currency, halves away from zero."""
    target, expression = column
    values = pd.to_numeric(result[target], errors="coerce").astype("float64")
    if isinstance(expression, Product) or (isinstance(expression, Amount) and not expression.minor):
        values = values * _minor_units(result)
    # TRICKY: 1.005 * 100 is 100.49999999999999; what lies below a millionth of a cent is noise, not money.
    steady = values.round(6)
    return (np.sign(steady) * np.floor(steady.abs() + 0.5)).astype("Int64")


def _minor_units(result: pd.DataFrame) -> pd.Series:
    if "currency" not in result.columns:
        return pd.Series(100.0, index=result.index)
    codes = result["currency"].astype("string").fillna("")
    return codes.map({code: 10.0 ** get_currency_precision(code) for code in codes.unique()}).astype("float64")


def _instants(batch: Batch, expression: Instant) -> pd.Series:
    """Naive UTC. Of an hour the clock repeats the first, of one it skips the instant it jumped over it."""
    column = batch.raw(expression.instant)
    moments = _parsed(column, expression)
    if moments.dt.tz is None:
        first = np.ones(len(moments), dtype=bool)
        moments = moments.dt.tz_localize(expression.zone, ambiguous=first, nonexistent="shift_forward")
    moments = moments.dt.tz_convert("UTC").dt.tz_localize(None).astype("datetime64[us]")
    batch.refuse(moments.isna() & column.notna(), lambda i: f"{expression.instant}: “{column.iat[i]}” is not a time")
    return moments


def _parsed(column: pd.Series, expression: Instant) -> pd.Series:
    if expression.unit:
        return pd.to_datetime(pd.to_numeric(column, errors="coerce"), unit=expression.unit, errors="coerce", utc=True)
    if not pd.api.types.is_datetime64_any_dtype(column.dtype):
        column = column.astype("string")
    parsed = pd.to_datetime(column, format=expression.format or "ISO8601", errors="coerce", utc=_has_offset(column, expression) or None)
    return parsed if pd.api.types.is_datetime64_any_dtype(parsed.dtype) else pd.to_datetime(parsed, errors="coerce", utc=True)


def _has_offset(column: pd.Series, expression: Instant) -> bool:
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return False
    if expression.format:
        return "%z" in expression.format
    return bool(column.str.contains(r"(?:Z|[+-]\d{2}:?\d{2})\s*$", regex=True).any())
