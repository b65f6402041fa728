"""How `rollup_active` moves when users become active on days they were not: arithmetic on arrays, no engine."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

Whole = npt.NDArray[np.int64]
NEVER = np.iinfo(np.int64).min  # the previous day of a first day


@dataclass(frozen=True)
class Steps:
    """Days of users with one value of a dimension, in order of (who, day). `fresh`: not there before. All of one length."""

    who: Whole
    day: Whole
    fresh: npt.NDArray[np.bool_]


def steps(who: Whole, day: Whole, fresh: npt.NDArray[np.bool_]) -> Steps:
    """Each (who, day) once; fresh where no row was there before."""
    low = int(day.min())
    span = int(day.max()) - low + 1
    # Where a day is both old and fresh, the old row sorts first and is the one that stays.
    ranked = np.sort(((who * span + (day - low)) << 1) | fresh)
    key = ranked >> 1
    first = np.ones(len(key), bool)
    first[1:] = key[1:] != key[:-1]
    kept = ranked[first]
    return Steps((kept >> 1) // span, (kept >> 1) % span + low, (kept & 1).astype(bool))


def moved(of: Steps) -> tuple[Whole, Whole, Whole, Whole]:
    """(place in `of`, day, previous day or NEVER, +1 or -1): what the fresh days add to and take from the histogram."""
    place = np.arange(len(of.who))
    opens = np.ones(len(of.who), bool)
    opens[1:] = of.who[1:] != of.who[:-1]
    begin = np.maximum.accumulate(np.where(opens, place, 0))
    now = np.where(opens, -1, place - 1)
    last_old = np.maximum.accumulate(np.where(of.fresh, -1, place))
    before = np.where(opens, -1, np.append([-1], last_old[:-1]))
    before = np.where(before < begin, -1, before)
    changed = ~of.fresh & (now != before)
    at = np.concatenate([place[of.fresh], place[changed], place[changed]])
    earlier = np.concatenate([now[of.fresh], now[changed], before[changed]])
    sign = np.ones(len(at), np.int64)
    sign[len(at) - int(changed.sum()) :] = -1
    return at, of.day[at], np.where(earlier < 0, NEVER, of.day[earlier]), sign


def change(history: pa.Table, new: pa.Table, dimensions: tuple[str, ...]) -> tuple[pa.Table, Steps]:
    """What to add to `rollup_active` (without tenant) when the days `new` join the days `history` of the same users; and the days of
    each user. Both tables hold `user_key`, `day` and the dimensions; `history` holds none of `new`."""
    whole = pa.concat_tables([part.select(["user_key", "day", *dimensions]) for part in (history, new)])
    users, user = np.unique(whole["user_key"].to_numpy(), return_inverse=True)  # small numbers, so that keys stay within 63 bits
    day = whole["day"].cast(pa.date32()).cast(pa.int32()).to_numpy().astype(np.int64)
    fresh = np.arange(len(user)) >= history.num_rows
    everyone = steps(user, day, fresh)
    found = [_counted(everyone, "", ("",), 1)]
    for name in dimensions:
        words = pc.dictionary_encode(whole[name].combine_chunks())
        many = len(words.dictionary)
        coded = steps(user * many + words.indices.to_numpy(), day, fresh)
        found.append(_counted(coded, name, tuple(words.dictionary.to_pylist()), many))
    return pa.concat_tables(found), Steps(users[everyone.who], everyone.day, everyone.fresh)


def _counted(of: Steps, dimension: str, words: tuple[str, ...], many: int) -> pa.Table:
    at, day, earlier, sign = moved(of)
    rows = pd.DataFrame({"day": day, "value": of.who[at] % many, "prev": earlier, "users": sign})
    summed = rows.groupby(["day", "value", "prev"], as_index=False, sort=False)["users"].sum()
    summed = summed[summed["users"] != 0]
    prev = summed["prev"].to_numpy()
    return pa.table(
        {
            "day": _dates(summed["day"].to_numpy()),
            "dimension": pa.repeat(pa.scalar(dimension), len(summed)),
            "value": pa.array(list(words), pa.string()).take(pa.array(summed["value"].to_numpy())),
            "prev_day": _dates(np.where(prev == NEVER, 0, prev), missing=prev == NEVER),
            "users": pa.array(summed["users"].to_numpy()),
        }
    )


def _dates(days: Whole, missing: npt.NDArray[np.bool_] | None = None) -> pa.Array:
    return pa.array(days.astype(np.int32), pa.int32(), mask=missing).cast(pa.date32())
