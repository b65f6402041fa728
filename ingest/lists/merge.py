"""Joining small files of posting lists into larger ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analytics.kernels.arrays import Ints
from analytics.lists.coverage import NOBODY
from analytics.lists.file import ListFile, Posting
from ingest.lists.rows import COLUMNS, Entries

FAN = 8  # files of a kind before they are joined
JOIN = (400_000, 3_200_000)  # events: files below the first limit become one, then files below the second


def run_to_join(rows: pd.DataFrame, limit: int) -> pd.DataFrame:
    """The last files, as far back as each holds less than `limit` events; none while they are few. `rows` in order of birth."""
    small = (rows["events"] < limit).to_numpy()
    run = len(small) if small.all() else len(small) - 1 - int(np.flatnonzero(~small)[-1])
    return rows.iloc[len(rows) - run :] if run >= FAN else rows.iloc[:0]


def merged(files: Sequence[ListFile]) -> Entries:
    """Every row of the files, in order of birth, that no later one of them makes void; unsorted."""
    names = sorted({name for file in files for name in file.lists})
    parts: list[Entries] = []
    void = NOBODY
    for file in reversed(files):
        parts += [rows_of(file, posting, (names, names.index(name)), void) for name, posting in file.lists.items()]
        void = np.union1d(void, file["void"])
    return _together(names, parts)


def rows_of(file: ListFile, of: Posting, about: tuple[list[str], int], void: Ints) -> Entries:
    """One list of a file without the users of `void`; `about`: the names, and which of them the list is of."""
    names, number = about
    at = slice(of.start, of.end)
    rows = file.rows(of, int(of.ranges[0]), int(of.ranges[-1]) + 1)
    assert rows is not None
    value, valued = sparse(file, "value", at)
    seq, tied = sparse(file, "tie", at)
    # Who ties with none of its file has no number any more; against rows of other files the first that it could have says as much.
    seq = np.where(tied, seq, file.after + 1)
    whole = {"page": file["page"][at].astype(np.int64), "visit": file["visit"][at].astype(np.int64), "value": value, "valued": valued}
    found = Entries(names, np.full(len(rows.user), number), rows.user, rows.time, seq, **whole)
    return found.take(np.flatnonzero(~np.isin(rows.user, void))) if len(void) else found


def sparse(file: ListFile, name: str, at: slice) -> tuple[Ints, Ints]:
    """A column that few rows have, over the rows `at`: its values (0 where there is none), and which rows have it."""
    places = file[f"{name}_at"]
    low, high = np.searchsorted(places, (at.start, at.stop))
    values, there = np.zeros(at.stop - at.start, np.int64), np.zeros(at.stop - at.start, bool)
    rows = places[low:high].astype(np.int64) - at.start
    values[rows], there[rows] = file[name][low:high], True
    return values, there


def _together(names: list[str], parts: list[Entries]) -> Entries:
    nothing = {column: np.zeros(0, bool if column == "valued" else np.int64) for column in COLUMNS}
    return Entries(names, **{column: np.concatenate([nothing[column], *(getattr(part, column) for part in parts)]) for column in COLUMNS})
