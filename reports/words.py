"""Say a value: numbers, money, shares, durations and names, by unit, locale and currency.

English writes €482.6k, 3,184, 112.4%; French writes 482,6 k€, 3 184, 112,4 % with narrow no-break spaces.
The minus is the true one, and what cannot be said is a dash.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Literal

from babel import Locale
from babel.numbers import get_currency_precision, get_currency_symbol

from accounts.language import Text
from analytics.metric import Dimension, Unit

MISSING = "—"
MINUS = "\u2212"
NARROW = "\u202f"  # narrow no-break space
UNKNOWN = Text("Unknown", "Inconnu")
CHANNELS = {  # as most tools name them
    "direct": Text("Direct", "Direct"),
    "organic_search": Text("Organic search", "Recherche naturelle"),
    "paid_search": Text("Paid search", "Recherche payante"),
    "organic_social": Text("Organic social", "Réseaux sociaux"),
    "paid_social": Text("Paid social", "Réseaux sociaux payants"),
    "referral": Text("Referral", "Sites référents"),
    "email": Text("E-mail", "E-mail"),
    "affiliate": Text("Affiliate", "Affiliation"),
    "display": Text("Display", "Display"),
}
POINTS = Text("pt", "pt")

Style = Literal["short", "exact"]
_SCALES = ((1e9, Text("B", "Md")), (1e6, Text("M", "M")), (1e3, Text("k", "k")))


def french(locale: str) -> bool:
    return locale.startswith("fr")


def missing(value: object) -> bool:
    """None, NaN and infinities: nothing can be said."""
    return value is None or (isinstance(value, float) and not math.isfinite(value))


def decimal(value: float, places: int, locale: str) -> str:
    """`places` decimals, grouped thousands, true minus."""
    text = f"{abs(value):,.{places}f}"
    if french(locale):
        text = text.replace(",", NARROW).replace(".", ",")
    return f"{MINUS}{text}" if value < 0 and text.strip("0.,") else text


def value(amount: float | None, unit: Unit, locale: str, currency: str = "EUR", style: Style = "short") -> str:
    """One value in words. `amount` as a Result holds it: money in minor units, shares as fractions.

    "short" suits a tile or an axis (€482.6k); "exact" a table or a tooltip (€482,613.20).
    """
    if amount is None or missing(amount):
        return MISSING
    number = float(amount)
    match unit:
        case Unit.MONEY:
            return money(number, locale, currency, style)
        case Unit.RATIO:
            return percent(number, locale)
        case Unit.SECONDS:
            return duration(number, locale)
        case Unit.MILLISECONDS:
            return _milliseconds(number, locale)
        case Unit.NUMBER:
            return decimal(number, 2 if abs(number) < 100 else 1, locale)
        case _:
            return count(number, locale, style)


def count(number: float, locale: str, style: Style = "short") -> str:
    """Whole things: 3,184; from 100,000 on 482.6k unless exact."""
    if style == "short" and abs(number) >= 100_000:
        scaled, suffix = _scaled(number, locale)
        return f"{scaled}{NARROW if french(locale) else ''}{suffix}"
    return decimal(number, 0 if number == round(number) or abs(number) >= 100 else 1, locale)


def percent(share: float, locale: str, places: int = 1) -> str:
    """0.124 is 12.4%. A share of 10 or more is written without decimals."""
    places = 0 if abs(share) >= 10 else places
    return f"{decimal(share * 100, places, locale)}{NARROW if french(locale) else ''}%"


def money(minor: float, locale: str, currency: str, style: Style = "short") -> str:
    """Minor units of `currency`; the sign and the symbol stand where the language puts them."""
    places = currency_places(currency)
    major = minor / 10**places
    suffix = ""
    if style == "short" and abs(major) >= 10_000:
        digits, suffix = _scaled(abs(major), locale)
    else:
        bare = style == "short" and (abs(major) >= 1_000 or major == 0)
        digits = decimal(abs(major), 0 if bare else places, locale)
    sign = MINUS if major < 0 and digits.strip("0.,") else ""
    if french(locale):
        return f"{sign}{digits}{NARROW}{suffix}{symbol(currency, locale)}"
    return f"{sign}{symbol(currency, locale)}{digits}{suffix}"


@lru_cache(maxsize=256)
def currency_places(currency: str) -> int:
    """How many decimals the currency's minor unit has: 2 for EUR, 0 for JPY."""
    return int(get_currency_precision(currency))


@lru_cache(maxsize=256)
def symbol(currency: str, locale: str) -> str:
    return str(get_currency_symbol(currency, locale="fr" if french(locale) else "en"))


def _scaled(number: float, locale: str) -> tuple[str, str]:
    """482613 -> ("482.6", "k"); rounding up to the next scale moves there (999960 -> 1M)."""
    for size, suffix in _SCALES:
        if abs(number) >= size * 0.99995:
            places = 2 if size > 1e3 and abs(number) < 10 * size else 1
            return decimal(number / size, places, locale), suffix[locale]
    return decimal(number, 0, locale), ""


def duration(seconds: float, locale: str) -> str:
    """52.3 s, 4 min 12 s, 1 h 05 min, 3 d 4 h."""
    total = abs(seconds)
    sign = MINUS if seconds < 0 else ""
    if total < 60:
        return f"{decimal(seconds, 0 if total >= 10 or total == int(total) else 1, locale)}{NARROW}s"
    minutes, rest = divmod(round(total), 60)
    if minutes < 60:
        return f"{sign}{minutes}{NARROW}min" + (f" {rest}{NARROW}s" if rest else "")
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{sign}{hours}{NARROW}h {minutes:02d}"
    return f"{sign}{hours // 24}{NARROW}{'j' if french(locale) else 'd'} {hours % 24}{NARROW}h"


def _milliseconds(number: float, locale: str) -> str:
    if abs(number) >= 1_000:
        return f"{decimal(number / 1_000, 2, locale)}{NARROW}s"
    return f"{decimal(number, 0 if abs(number) >= 10 else 1, locale)}{NARROW}ms"


def signed(text: str) -> str:
    """A plus before what is not negative, missing or zero."""
    return text if text.startswith(MINUS) or text == MISSING or not text.strip(f"0.,%{NARROW}") else f"+{text}"


def change(amount: float | None, how: Literal["percent", "points"], locale: str) -> str:
    """A change against the compared period: +4.2%, or +1.1 pt for a rate (as `Result.change` gives it)."""
    if amount is None or missing(amount):
        return MISSING
    if how == "percent":
        return signed(percent(amount, locale))
    return signed(decimal(amount * 100, 1, locale)) + f"{NARROW}{POINTS[locale]}"


def slice_name(of: Dimension, raw: object, locale: str) -> str:
    """One value of a dimension in words: France for FR, Desktop for desktop, Unknown for nothing."""
    text = "" if raw is None or missing(raw) else str(raw)
    if not text:
        return UNKNOWN[locale]
    if of.words == "country":
        return country(text, locale)
    known = of.values or (CHANNELS if of.name == "channel" else {})
    return known[text][locale] if text in known else text


@lru_cache(maxsize=1024)
def country(code: str, locale: str) -> str:
    """The country's name in the reader's language; the code itself where unknown."""
    return str(Locale.parse("fr" if french(locale) else "en").territories.get(code.upper(), code))
