"""Headline numbers and sentences: tone, direction, what is worth saying."""

from __future__ import annotations

from dataclasses import replace

from reports.charts import VIEWS
from reports.charts.palette import LIGHT
from tests.unit.reports import made


def tiles(result, locale="en", **options):
    return VIEWS["tiles"].draw(result, made.panel("tiles", result, **options), LIGHT, locale).tiles


def sentences(result, locale="en"):
    return [(s.subject, s.rest, s.tone) for s in VIEWS["changes"].draw(result, made.panel("changes", result), LIGHT, locale).sentences]


def compared(of, now, before):
    result = made.over_time(of)
    return replace(result, totals={of.name: now}, previous_totals={of.name: before})


def test_more_is_good_or_bad_by_what_the_number_means():
    up, churn = tiles(compared(made.MRR, 110, 100))[0], tiles(compared(made.CHURN, 0.02, 0.01))[0]
    assert (up.tone, up.arrow, up.change) == ("good", "up", "+10.0%")
    assert (churn.tone, churn.arrow, churn.change) == ("bad", "up", "+1.0\u202fpt")


def test_what_cannot_be_compared_is_a_dash_and_neutral():
    tile = tiles(compared(made.MRR, 110, 0.0))[0]
    assert (tile.change, tile.tone, tile.arrow) == ("—", "flat", "none")


def test_the_sparkline_leaves_out_the_incomplete_bucket():
    assert len(tiles(made.over_time(made.MRR, partial=True))[0].spark) == 29


def test_a_trend_beside_the_question_draws_the_sparkline():
    result = made.over_time(made.CHURN)
    monthly = made.over_time(made.CHURN, n=12, grain="month")
    assert len(tiles(replace(result, extra={"trend": monthly}))[0].spark) == 12


def test_a_target_shows_how_far_it_is():
    tile = tiles(compared(made.MRR, 8_000_000, 7_000_000), targets={"mrr": 10_000_000})[0]
    assert (tile.target, tile.target_share) == ("Target €100k", 0.8)


def test_a_whole_month_is_compared_by_its_name():
    result = made.over_time(made.MRR)
    october = result.query.model_copy(update={"period": made.Period("last_month")})
    result = replace(result, query=october, previous_period=october.period.previous(made.NOW, made.TENANT))
    assert tiles(result)[0].versus == "vs Oct"
    assert tiles(result, "fr")[0].versus == "vs oct."


def test_sentences_rank_slices_by_how_much_of_the_whole_moved():
    """Users 1,000 → 1,200. France +150 moves 15 % of the whole, Spain −60 moves 6 %, Malta's 1 → 3 is not news."""
    result = compared(made.USERS, 1_200, 1_000)
    parts = made.by_slice(made.USERS, "country", {"ES": (140, 200), "FR": (650, 500), "MT": (3, 1)})
    said = sentences(replace(result, extra={"beside": (parts,)}))
    assert said == [
        ("Active users", "rose by 20.0%, from 1,000 to 1,200.", "good"),
        ("Active users · France", "rose by 30.0%, from 500 to 650.", "good"),
    ]


def test_no_more_than_two_sentences_are_about_one_number():
    result = compared(made.USERS, 1_000, 1_000)
    parts = made.by_slice(made.USERS, "country", {"ES": (140, 200), "FR": (650, 500), "DE": (10, 90)})
    assert [s[0] for s in sentences(replace(result, extra={"beside": (parts,)}))] == ["Active users · France", "Active users · Germany"]


def test_a_slice_that_was_not_there_is_new():
    result = compared(made.USERS, 1_000, 1_000)
    parts = made.by_slice(made.USERS, "country", {"PT": (80, 0)})
    assert sentences(replace(result, extra={"beside": (parts,)}))[0] == ("Active users · Portugal", "appeared: 80.", "good")


def test_nothing_moved_is_said_and_so_is_nothing_to_compare_with():
    assert sentences(compared(made.USERS, 1_000, 1_000))[0][1].startswith("Nothing moved")
    assert sentences(replace(made.over_time(made.USERS), previous_period=None), "fr")[0][1].startswith("Aucune période")
