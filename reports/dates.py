"""Say when: days, buckets, periods and instants, in the reader's language and the tenant's calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Final

from babel.dates import format_date

from accounts.actor import Tenant
from accounts.language import Text
from analytics.period import Grain, Resolved
from analytics.result import Result
from analytics.segment_names import title
from reports.words import NARROW, french

DASH: Final = "–"
PERIODS: dict[str, Text] = {
    "today": Text("Today", "Aujourd’hui"),
    "yesterday": Text("Yesterday", "Hier"),
    "7d": Text("Last 7 days", "7 derniers jours"),
    "30d": Text("Last 30 days", "30 derniers jours"),
    "12w": Text("Last 12 weeks", "12 dernières semaines"),
    "mtd": Text("Month to date", "Depuis le début du mois"),
    "qtd": Text("Quarter to date", "Depuis le début du trimestre"),
    "ytd": Text("Year to date", "Depuis le début de l’année"),
    "12m": Text("Last 12 months", "12 derniers mois"),
    "wtd": Text("Week to date", "Depuis le début de la semaine"),
    "last_week": Text("Last week", "Semaine dernière"),
    "last_month": Text("Last month", "Mois dernier"),
    "last_quarter": Text("Last quarter", "Trimestre dernier"),
    "last_year": Text("Last year", "Année dernière"),
    "all": Text("All time", "Depuis toujours"),
}
GRAINS: dict[str, Text] = {
    "hour": Text("Hourly", "Par heure"),
    "day": Text("Daily", "Par jour"),
    "week": Text("Weekly", "Par semaine"),
    "month": Text("Monthly", "Par mois"),
    "quarter": Text("Quarterly", "Par trimestre"),
    "year": Text("Yearly", "Par an"),
}
COMPARED = Text("compared with {period}", "comparé au {period}")
FRESH = Text("data as of {instant}", "données au {instant}")
VERSUS = Text("vs {period}", "vs {period}")
REST, OTHERS = Text("The rest of the people", "Le reste des personnes"), Text("vs “{name}”", "vs « {name} »")
VS_REST = Text("vs the rest", "vs le reste")
BEFORE_IT = Text("vs prev. {days} d", "vs {days} j préc.")
YEAR_BEFORE = Text("vs a year ago", "vs un an avant")


def _babel(locale: str) -> str:
    return "fr" if french(locale) else "en_GB"


def _format(day: date, pattern: str, locale: str) -> str:
    text = str(format_date(day, pattern, locale=_babel(locale)))
    return text.replace("Sept", "Sep") if not french(locale) else text


def day_of_month(day: date, locale: str) -> str:
    return "1er" if french(locale) and day.day == 1 else str(day.day)


def short_day(day: date, locale: str, year: bool = False) -> str:
    """4 Oct, 1er nov. 2026."""
    return f"{day_of_month(day, locale)} {_format(day, 'MMM y' if year else 'MMM', locale)}"


def days(first: date, last: date, locale: str, beside: int | None = None) -> str:
    """Both included: 1–30 Nov 2026, 28 Oct – 26 Nov 2026. `beside` is a year that need not be said again."""
    year = last.year != beside or first.year != last.year
    if first == last:
        return short_day(last, locale, year)
    if (first.year, first.month) == (last.year, last.month):
        return f"{day_of_month(first, locale)}{DASH}{short_day(last, locale, year)}"
    return f"{short_day(first, locale, first.year != last.year)} {DASH} {short_day(last, locale, year)}"


def period(bounds: Resolved, locale: str, beside: int | None = None) -> str:
    """The days of a period; what has not happened yet is not said."""
    return days(bounds.first, max(bounds.first, bounds.last - timedelta(days=1)), locale, beside)


def versus(result: Result, locale: str) -> str:
    """vs Oct, vs prev. 30 d, vs a year ago: the compared period, as short as it can be."""
    compared = result.previous_period
    if compared is None:
        return ""
    if people := others(result, locale):
        return people
    last = compared.last - timedelta(days=1)
    beside = (result.period.last - timedelta(days=1)).year
    whole_month = (
        compared.first.day == 1 and compared.last.day == 1 and (compared.first.year, compared.first.month) == (last.year, last.month)
    )
    if whole_month:
        return VERSUS[locale].format(period=_format(last, "MMM" if last.year == beside else "MMM y", locale))
    if result.query.compare == "year":
        return YEAR_BEFORE[locale]
    return BEFORE_IT[locale].format(days=compared.days)


def others(result: Result, locale: str) -> str:
    """The people compared with, over the same days; empty where periods are compared."""
    compare = result.query.compare or ""
    if compare == "rest":
        return VS_REST[locale]
    return OTHERS[locale].format(name=title(compare.removeprefix("segment:"))) if compare.startswith("segment:") else ""


def instant(moment: datetime, tenant: Tenant, locale: str, now: datetime | None = None) -> str:
    """A naive UTC instant on the tenant's clock: 20 Nov 23:55 UTC; the year is said unless it is `now`'s."""
    local = moment.replace(tzinfo=UTC).astimezone(tenant.zone)
    year = now is None or now.astimezone(tenant.zone).year != local.year
    return f"{short_day(local.date(), locale, year)} {local:%H:%M} {local.tzname()}"


def context(result: Result, tenant: Tenant, locale: str, now: datetime) -> str:
    """The line under a title: what period, compared with what, data as of when."""
    said = _whole(period(result.period, locale))
    if result.previous_period is not None and (people := others(result, locale)):
        said += f", {people}"
    elif result.previous_period is not None:
        beside = (result.period.last - timedelta(days=1)).year
        said += ", " + COMPARED[locale].format(period=_whole(period(result.previous_period, locale, beside)))
    if result.freshness is not None:
        said += " · " + FRESH[locale].format(instant=_whole(instant(result.freshness, tenant, locale, now)))
    return said


def _whole(said: str) -> str:
    """A date that no line breaks in two."""
    return said.replace(" ", "\u00a0").replace(DASH, f"{DASH}\u2060")  # a line may break after a dash, but for a word joiner


def bucket(start: datetime, grain: str, locale: str) -> str:
    """One bucket in full, for a tooltip or a table."""
    day = start.date()
    match grain:
        case Grain.HOUR:
            return f"{short_day(day, locale)} {start:%H:%M}"
        case Grain.WEEK:
            return Text("week of {day}", "semaine du {day}")[locale].format(day=short_day(day, locale, year=True))
        case Grain.MONTH:
            return _format(day, "MMMM y", locale)
        case Grain.QUARTER:
            return f"{Text('Q', 'T')[locale]}{(day.month + 2) // 3} {day.year}"
        case Grain.YEAR:
            return str(day.year)
        case _:
            return _format(day, "EEE", locale) + f" {short_day(day, locale, year=True)}"


def tick(start: datetime, grain: str, locale: str) -> str:
    """One bucket on an axis, as short as it can be: 4 Oct, Oct, Jan 27, Q4 26."""
    day = start.date()
    match grain:
        case Grain.HOUR:
            return f"{start:%H:%M}" if start.hour else short_day(day, locale)
        case Grain.MONTH:
            return _format(day, "MMM yy" if day.month == 1 else "MMM", locale)
        case Grain.QUARTER:
            return f"{Text('Q', 'T')[locale]}{(day.month + 2) // 3}{NARROW}{day:%y}"
        case Grain.YEAR:
            return str(day.year)
        case _:
            return short_day(day, locale)


def weekday(number: int, locale: str) -> str:
    """The name of a weekday; 0 = Monday."""
    return _format(date(2024, 1, 1) + timedelta(days=number), "EEEE", locale)
