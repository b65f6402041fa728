"""Values of one event, made safe to keep: what no database can store is taken out, what is endless is cut."""

from __future__ import annotations

from typing import Any

MOST_KEYS = 500
DEEPEST = 10
LONGEST_TEXT = 8_192
LONGEST_KEY = 200
LARGEST = 2**63 - 1
_PLAIN = (bool, type(None))


class BadEvent(ValueError):
    """One event cannot be kept; the message is its reason. The others of its request are not touched."""


class Cleaner:
    """Cleans one event and remembers what it had to change: `notes` is a set of short codes."""

    __slots__ = ("keys", "notes")

    def __init__(self) -> None:
        self.notes: set[str] = set()
        self.keys = 0

    def object(self, value: Any, what: str, depth: int = 1) -> dict[str, Any]:
        """A clean copy of an object. Raises BadEvent where it is none, too deep or has too many keys."""
        if value is None:
            return {}
        if type(value) is not dict:
            raise BadEvent(f"{what} must be an object")
        self._count(len(value), depth)
        clean = self.value
        return {self._key(key): (v if type(v) in _PLAIN else clean(v, depth)) for key, v in value.items()}

    def value(self, value: Any, depth: int = 1) -> Any:
        """A clean copy of any JSON value."""
        kind = type(value)
        if kind is str:
            return self.text(value)
        if kind is int or kind is float:
            return self._number(value)
        if kind is dict:
            return self.object(value, "a property", depth + 1)
        if kind is list:
            self._count(len(value), depth + 1)
            return [self.value(item, depth + 1) for item in value]
        return value

    def text(self, value: str, longest: int = LONGEST_TEXT) -> str:
        if "\0" in value:
            self.notes.add("nul_removed")
            value = value.replace("\0", "")
        if len(value) > longest:
            self.notes.add("text_cut")
            value = value[:longest]
        return value

    def _number(self, value: float) -> float | None:
        # TRICKY: a whole number beyond 64 bits reaches us as a float that is not what was sent.
        if -LARGEST <= value <= LARGEST:
            return value
        self.notes.add("number_dropped")
        return None

    def _key(self, key: str) -> str:
        return key if len(key) <= LONGEST_KEY and "\0" not in key else self.text(key, LONGEST_KEY)

    def _count(self, more: int, depth: int) -> None:
        self.keys += more
        if self.keys > MOST_KEYS:
            raise BadEvent(f"more than {MOST_KEYS} keys and items")
        if depth > DEEPEST:
            raise BadEvent(f"nested deeper than {DEEPEST}")


def text_of(value: Any, what: str, longest: int = LONGEST_KEY) -> str | None:
    """An optional short text: numbers are taken as text, empty is nothing. Raises BadEvent for anything else."""
    if value is None or value == "":
        return None
    if type(value) is int:
        return str(value)
    if type(value) is not str:
        raise BadEvent(f"{what} must be a text")
    return value[:longest] if "\0" not in value else value.replace("\0", "")[:longest] or None


def number_of(value: Any, what: str) -> float | None:
    """An optional number that the warehouse can hold. Raises BadEvent."""
    if value is None:
        return None
    if type(value) not in (int, float) or not -LARGEST <= value <= LARGEST:
        raise BadEvent(f"{what} must be a number of at most 64 bits")
    return float(value)


def whole_of(value: Any, what: str) -> int | None:
    """An optional whole number. Raises BadEvent."""
    number = number_of(value, what)
    if number is None:
        return None
    if number != int(number):
        raise BadEvent(f"{what} must be a whole number")
    return int(value)
