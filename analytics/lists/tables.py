"""Look-up tables: from the codes that lists hold, or from users, to flags and to places of words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from analytics.kernels.arrays import Ints
from analytics.lists.file import ListFile, Rows

Kind = Literal["page", "visit", "user"]
SPARSE = 1_000_000  # user keys may be this much larger than their number and still be looked up directly


@dataclass(frozen=True)
class Piece:
    """Rows of one list of one file."""

    file: ListFile
    rows: Rows

    def codes(self, kind: Kind) -> Ints:
        """What a look-up table of that kind is asked by."""
        return self.rows.user if kind == "user" else self.file[kind][self.rows.at]


@dataclass(frozen=True)
class Table:
    """A value per code: `values[code]`; with `keys` the value of `keys[i]` is `values[i]`. Codes beyond have `other`."""

    kind: Kind
    values: Any
    other: Any
    keys: Ints | None = None

    def __call__(self, piece: Piece) -> Any:
        return self.of(piece.codes(self.kind))

    def renamed(self, places: Ints) -> Table:
        """The table of `places[value]` for each value."""
        return self if (places == np.arange(len(places))).all() else replace(self, values=places[self.values], other=places[self.other])

    def of(self, codes: Ints) -> Any:
        """The values of these codes."""
        if self.kind != "user":
            return self.values[codes]
        place = codes if self.keys is None else np.searchsorted(self.keys, codes)
        found = self.values.take(place, mode="clip")
        out = place >= len(self.values)
        if self.keys is not None:
            out |= self.keys.take(place, mode="clip") != codes
        return np.where(out, self.other, found) if out.any() else found


class Words:
    """The words of a cut, each once; "" is unknown."""

    def __init__(self) -> None:
        self.known: dict[str, int] = {}

    def place(self, word: str) -> int:
        return self.known.setdefault(word, len(self.known))

    def places(self, column: pd.Series) -> Ints:
        codes, words = pd.factorize(column.fillna(""))
        return np.array([self.place(str(word)) for word in words], np.int64)[codes] if len(codes) else np.zeros(0, np.int64)


def by_user(keys: Ints, values: Any, other: Any) -> Table:
    """A value per user."""
    if not len(keys) or keys.min() < 0 or keys.max() > 4 * len(keys) + SPARSE:
        sorting = np.argsort(keys)
        return Table("user", np.append(values[sorting], other), other, np.append(keys[sorting], np.iinfo(np.int64).max))
    dense = np.full(int(keys.max()) + 1, other, values.dtype if values.dtype == bool else np.min_scalar_type(int(values.max(initial=0))))
    dense[keys] = values
    return Table("user", dense, other)
