"""Every way a value is said, in both languages."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from accounts.actor import Tenant
from analytics.dimensions import dimension
from analytics.filters import Filter
from analytics.metric import Unit
from analytics.period import Period
from analytics.segment_names import remember
from reports import dates, words
from reports.sentences import filter_sentence, filters_sentence

N = "\u202f"  # narrow no-break space
NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
PARIS = Tenant(1, "acme", "Acme", time_zone="Europe/Paris")

SHORT = [
    (48_261_320, Unit.MONEY, "€482.6k", f"482,6{N}k€"),
    (15_157, Unit.MONEY, "€151.57", f"151,57{N}€"),
    (318_400, Unit.MONEY, "€3,184", f"3{N}184{N}€"),
    (-610_000, Unit.MONEY, "−€6,100", f"−6{N}100{N}€"),
    (99_999_600, Unit.MONEY, "€1.00M", f"1,00{N}M€"),
    (123_456_789_012, Unit.MONEY, "€1.23B", f"1,23{N}Md€"),
    (0, Unit.MONEY, "€0", f"0{N}€"),
    (3_184, Unit.COUNT, "3,184", f"3{N}184"),
    (248_261, Unit.COUNT, "248.3k", f"248,3{N}k"),
    (1.124, Unit.RATIO, "112.4%", f"112,4{N}%"),
    (-0.0126, Unit.RATIO, "−1.3%", f"−1,3{N}%"),
    (-0.0000001, Unit.RATIO, "0.0%", f"0,0{N}%"),
    (2.634, Unit.NUMBER, "2.63", "2,63"),
    (52.3, Unit.SECONDS, f"52{N}s", f"52{N}s"),
    (252, Unit.SECONDS, f"4{N}min 12{N}s", f"4{N}min 12{N}s"),
    (3_905, Unit.SECONDS, f"1{N}h 05", f"1{N}h 05"),
    (187_200, Unit.SECONDS, f"2{N}d 4{N}h", f"2{N}j 4{N}h"),
    (231, Unit.MILLISECONDS, f"231{N}ms", f"231{N}ms"),
    (1_240, Unit.MILLISECONDS, f"1.24{N}s", f"1,24{N}s"),
    (None, Unit.MONEY, "—", "—"),
    (float("nan"), Unit.COUNT, "—", "—"),
    (float("inf"), Unit.RATIO, "—", "—"),
]


@pytest.mark.parametrize(("amount", "unit", "english", "french"), SHORT)
def test_a_value_is_said_in_both_languages(amount, unit, english, french):
    assert words.value(amount, unit, "en") == english
    assert words.value(amount, unit, "fr") == french


def test_exact_money_keeps_its_cents():
    assert words.value(48_261_320, Unit.MONEY, "en", style="exact") == "€482,613.20"
    assert words.value(48_261_320, Unit.MONEY, "fr", style="exact") == f"482{N}613,20{N}€"


def test_a_currency_without_cents_has_none():
    assert words.value(1_234, Unit.MONEY, "en", "JPY") == "¥1,234"


def test_changes_carry_their_sign_and_their_unit():
    assert words.change(0.042, "percent", "en") == "+4.2%"
    assert words.change(-0.008, "percent", "en") == "−0.8%"
    assert words.change(0.011, "points", "fr") == f"+1,1{N}pt"
    assert words.change(0.0, "percent", "en") == "0.0%"
    assert words.change(None, "percent", "en") == "—"


def test_slices_are_named():
    assert words.slice_name(dimension("country"), "FR", "en") == "France"
    assert words.slice_name(dimension("country"), "US", "fr") == "États-Unis"
    assert words.slice_name(dimension("country"), "ZZ9", "fr") == "ZZ9"
    assert words.slice_name(dimension("device"), "desktop", "fr") == "Ordinateur"
    assert words.slice_name(dimension("plan"), "", "fr") == "Inconnu"
    assert words.slice_name(dimension("plan"), "<b>Pro</b>", "en") == "<b>Pro</b>"


@pytest.mark.parametrize(
    ("text", "english", "french"),
    [
        ("last_month", "1–30 Nov 2026", "1er–30 nov. 2026"),
        ("2026-10-28~2026-11-26", "28 Oct – 26 Nov 2026", "28 oct. – 26 nov. 2026"),
        ("2026-11-05~2026-11-05", "5 Nov 2026", "5 nov. 2026"),
        ("12m", "1 Dec 2025 – 30 Nov 2026", "1er déc. 2025 – 30 nov. 2026"),
    ],
)
def test_a_period_is_said_in_both_languages(text, english, french):
    period = Period(text).resolve(NOW, PARIS)
    assert dates.period(period, "en") == english
    assert dates.period(period, "fr") == french


def test_the_compared_year_is_not_said_twice():
    before = Period("last_month").previous(NOW, PARIS)
    assert dates.period(before, "en", beside=2026) == "1–31 Oct"


def test_an_instant_is_on_the_tenants_clock():
    assert dates.instant(datetime(2026, 11, 20, 22, 55), PARIS, "en", NOW) == "20 Nov 23:55 CET"
    assert dates.instant(datetime(2025, 7, 1, 10), PARIS, "fr", NOW) == "1er juil. 2025 12:00 CEST"


@pytest.mark.parametrize(
    ("grain", "english", "french"),
    [
        ("day", "Sun 1 Nov 2026", "dim. 1er nov. 2026"),
        ("week", "week of 1 Nov 2026", "semaine du 1er nov. 2026"),
        ("month", "November 2026", "novembre 2026"),
        ("quarter", "Q4 2026", "T4 2026"),
        ("year", "2026", "2026"),
    ],
)
def test_a_bucket_is_said_by_its_grain(grain, english, french):
    assert dates.bucket(datetime(2026, 11, 1), grain, "en") == english
    assert dates.bucket(datetime(2026, 11, 1), grain, "fr") == french


def test_a_filter_by_segment_is_said_as_being_in_it_or_not():
    remember("0123456789abcdef", "At risk")
    inside, outside = (Filter("is", "segment.0123456789abcdef", (value,)) for value in ("in", "out"))
    assert filters_sentence((inside, outside), "en") == "in “At risk” and not in “At risk”"
    assert (
        filters_sentence((inside, outside), "fr").replace("\u202f", " ").replace("\xa0", " ") == "dans « At risk » et hors de « At risk »"
    )
    assert filter_sentence(Filter("is_not", "segment.0123456789abcdef", ("in",)), "en") == "not in “At risk”"
