"""Why there is no answer is said in both languages, and never in English to a French reader."""

from __future__ import annotations

import pytest

from accounts.roles import Permission
from analytics.filters import Filter, InvalidFilter
from analytics.period import InvalidPeriod, Period
from analytics.query import InvalidQuery
from analytics.run import Forbidden
from data_access.errors import QueryBudgetExceeded, SchemaMismatch, WarehouseUnavailable
from reports import reasons

ERRORS = [
    Forbidden([Permission.READ_MONEY]),
    QueryBudgetExceeded(20),
    WarehouseUnavailable("gone"),
    SchemaMismatch("old"),
    InvalidQuery("no such metric"),
    InvalidPeriod("no such period"),
    InvalidFilter("no such filter"),
    RuntimeError("anything"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda e: type(e).__name__)
def test_each_error_has_a_title_and_an_advice_in_both_languages(error):
    for text in reasons.reason(error):
        assert text.en
        assert text.fr
        assert text.en != text.fr
        assert text.en.isprintable()


def test_an_invalid_question_says_what_is_wrong():
    title, advice = reasons.reason(InvalidQuery("no such metric"))
    assert (title, advice.en) == (reasons.INVALID, "No such metric.")
    assert "no such metric" not in advice.fr


@pytest.mark.parametrize(("make", "said"), [(lambda: Period("30x"), "30d"), (lambda: Filter("is", "country", ()), "condition")])
def test_what_the_parsers_raise_is_worded_by_type(make, said):
    with pytest.raises((InvalidPeriod, InvalidFilter)) as caught:
        make()
    assert said in reasons.invalid(caught.value).fr


def test_without_a_trace_of_the_inside():
    assert "anything" not in "".join(text.en for text in reasons.reason(RuntimeError("anything")))
