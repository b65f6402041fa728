"""Small readings that several formats share."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from ingest.decode_values import LARGEST, BadEvent

PAGE_VIEW = "page_view"
SCREEN_VIEW = "screen_view"


def text(item: dict[str, Any], name: str, *, required: bool = False) -> str | None:
    """A text of the item; numbers are taken as text. Raises BadEvent."""
    value = item.get(name)
    if type(value) is int:
        value = str(value)
    if value is None or value == "":
        if required:
            raise BadEvent(f"{name} is missing")
        return None
    if type(value) is not str:
        raise BadEvent(f"{name} must be a text")
    return value


def mapping(item: dict[str, Any], name: str) -> dict[str, Any]:
    """An object of the item, empty where it is absent. Raises BadEvent."""
    value = item.get(name)
    if value is None:
        return {}
    if type(value) is not dict:
        raise BadEvent(f"{name} must be an object")
    return value


def objects(item: Any) -> dict[str, Any]:
    """An item that must be an object. Raises BadEvent."""
    if type(item) is not dict:
        raise BadEvent("an event must be an object")
    return item


def minor(amount: Any, currency: Any) -> int | None:
    """An amount in whole units (9.5) as minor units (950) of its currency; None where it is no amount of money."""
    if type(amount) is str:
        try:
            amount = float(amount)
        except ValueError:
            return None
    if type(amount) not in (int, float) or type(currency) is not str or not abs(amount) < LARGEST / 10_000:
        return None
    return round(amount * 10 ** exponent(currency.upper()))


@lru_cache(maxsize=512)
def exponent(currency: str) -> int:
    """Decimal places of a currency by ISO 4217: 2 for EUR, 0 for JPY."""
    from babel.numbers import get_currency_precision

    return int(get_currency_precision(currency))
