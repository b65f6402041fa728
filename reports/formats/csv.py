"""CSV: a Result as rows, raw (numbers as the Result holds them) or formatted (as on screen). UTF-8 with a mark, so that
spreadsheets read accents; cells that a spreadsheet would run as a formula are made plain text."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

import pandas as pd

from analytics.metric import Unit
from analytics.result import Column, Result
from reports import words
from reports.charts.sheet import cell, heading

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
BOM = "\ufeff"


def harmless(text: str) -> str:
    """Text that no spreadsheet takes for a formula: an apostrophe before what looks like one."""
    return f"'{text}" if text.lstrip(" \u00a0\u202f").startswith(FORMULA) or text.startswith(FORMULA) else text


def rows(result: Result, locale: str, formatted: bool) -> Iterator[list[object]]:
    """The heading row, then the frame's rows. Raw money is in the currency's major unit, beside a currency column."""
    columns = [c for c in result.columns if c.name in result.frame.columns]
    money = not formatted and any(c.unit is Unit.MONEY for c in columns)
    heads: list[object] = [harmless(heading(c, locale) if formatted else c.name) for c in columns]
    yield heads + (["currency"] if money else [])
    for values in result.frame[[c.name for c in columns]].itertuples(index=False, name=None):
        cells = [_said(result, c, v, locale) if formatted else _raw(result, c, v) for c, v in zip(columns, values, strict=True)]
        yield cells + ([result.currency] if money else [])


def _said(result: Result, column: Column, value: object, locale: str) -> str:
    said = cell(result, column, value, locale)
    return said if column.role in ("metric", "previous") else harmless(said)


def _raw(result: Result, column: Column, value: object) -> object:
    if value is None or value is pd.NaT or words.missing(value):
        return ""
    if column.unit is Unit.MONEY and isinstance(value, int | float):
        places = words.currency_places(result.currency)
        return f"{value / 10**places:.{places}f}"
    if isinstance(value, pd.Timestamp):
        return value.isoformat() if value.hour or value.minute or value.second else value.date().isoformat()
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return harmless(value) if isinstance(value, str) else value


def render(result: Result, locale: str, formatted: bool = False) -> bytes:
    """The whole file; French files part their cells with a semicolon when formatted, as French spreadsheets expect."""
    return _written(rows(result, locale, formatted), ";" if formatted and words.french(locale) else ",")


def _written(lines: Iterable[list[object]], delimiter: str) -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\r\n").writerows(lines)
    return (BOM + out.getvalue()).encode("utf-8")
