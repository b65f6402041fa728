"""CSV: raw and formatted, and harmless to the spreadsheet that opens it."""

from __future__ import annotations

import csv
import io

import pytest

from reports.formats import FORMATS, file_name
from reports.formats.csv import harmless
from tests.unit.reports import made


def table(result, locale="en", formatted=False, delimiter=","):
    text = FORMATS["csv"].render(result, locale, formatted).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text), delimiter=delimiter))


def test_raw_money_is_in_major_units_beside_its_currency():
    rows = table(made.by_slice(made.MRR, "plan", {"pro": (123_456, 100_000)}))
    assert rows == [["plan", "mrr", "mrr__previous", "currency"], ["pro", "1234.56", "1000.00", "EUR"]]


def test_formatted_cells_say_what_the_screen_says():
    rows = table(made.by_slice(made.MRR, "plan", {"": (123_456, 100_000)}), "fr", True, ";")
    assert rows == [["Offre", "MRR", "MRR, avant"], ["Inconnu", "1\u202f234,56\u202f€", "1\u202f000,00\u202f€"]]


@pytest.mark.parametrize("name", ["=1+1", "+cmd", "-2+3", "@SUM(A1)", "\t=1", "\r=1", " =1+1", "\u00a0=1"])
@pytest.mark.parametrize("formatted", [False, True])
def test_a_name_never_becomes_a_formula(name, formatted):
    rows = table(made.by_slice(made.USERS, "plan", {name: (1, 1)}), formatted=formatted)
    assert rows[1][0] == f"'{name}"


def test_ordinary_names_are_left_alone():
    assert harmless("Île-de-France, <b>") == "Île-de-France, <b>"


def test_missing_numbers_are_blank_when_raw():
    assert table(made.by_slice(made.USERS, "plan", {"pro": (float("nan"), 3)}))[1] == ["pro", "", "3"]


@pytest.mark.parametrize("name", ["../../etc/passwd", "a\x00b", "x" * 300, "", "…"])
def test_a_download_has_a_clean_name(name):
    made_name = file_name(name, extension="csv")
    assert len(made_name) <= 84
    assert "/" not in made_name
    assert not made_name.startswith(".")
    assert made_name.endswith(".csv")
    assert made_name.isascii()
