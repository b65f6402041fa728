"""rollup_activity: the days a user was active, as bits in blocks of 60 days."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import sqlalchemy as sa

from data_access.functions import days_between
from data_access.schema import rollup_activity, rollup_user_day
from data_access.warehouse import Transaction
from ingest.rollups import addition
from ingest.rollups.part import Part, replace_rows
from ingest.rollups.steps import Steps

BLOCK_DAYS = 60
EPOCH = date(1970, 1, 1)


def recompute(tx: Transaction, part: Part) -> None:
    """The blocks that hold the days of `part`, for its users, from rollup_user_day."""
    r = rollup_user_day.c
    number = days_between(sa.cast(sa.literal(EPOCH), sa.Date), r.day)
    # TRICKY: integer division rounds towards zero on one engine and down on the other; days before 1970 exist.
    block = sa.cast(sa.func.floor(number / sa.literal_column("60.0")), sa.BigInteger)
    bit = sa.cast(sa.literal_column("1"), sa.BigInteger).op("<<")(sa.cast(number - block * BLOCK_DAYS, sa.Integer))
    where = [*part.people(rollup_user_day), *_within(part, r.day)]
    rows = sa.select(r.tenant, r.user_key, block.label("block"), sa.func.bit_or(bit).label("bits")).where(*where)
    grouped = rows.group_by(r.tenant, r.user_key, block).order_by(block, r.user_key)
    replace_rows(tx, rollup_activity, [*part.people(rollup_activity), *_blocks(part)], grouped)


def add(tx: Transaction, tenant: int, days: Steps) -> None:
    """The bits of the days that are fresh."""
    user, day = days.who[days.fresh], days.day[days.fresh]
    if not len(user):
        return
    block = day // BLOCK_DAYS
    begins = np.flatnonzero(np.append(True, (user[1:] != user[:-1]) | (block[1:] != block[:-1])))
    bits = np.bitwise_or.reduceat(np.int64(1) << (day - block * BLOCK_DAYS), begins)
    delta = pa.table({"user_key": user[begins], "block": block[begins], "bits": bits})
    addition.append(tx, rollup_activity, tenant, addition.merge(tx, rollup_activity, tenant, delta, sums=("bits",), bits=True))


def _span(part: Part) -> tuple[int, int] | None:
    """First and last block of the part."""
    if part.first is None or part.last is None:
        return None
    return (part.first - EPOCH).days // BLOCK_DAYS, (part.last - EPOCH).days // BLOCK_DAYS


def _blocks(part: Part) -> list[sa.ColumnElement[bool]]:
    span = _span(part)
    return [rollup_activity.c.block.between(*span)] if span else []


def _within(part: Part, day: sa.ColumnElement[date]) -> list[sa.ColumnElement[bool]]:
    span = _span(part)
    if span is None:
        return []
    first = EPOCH.toordinal() + span[0] * BLOCK_DAYS
    last = EPOCH.toordinal() + (span[1] + 1) * BLOCK_DAYS - 1
    return [day.between(date.fromordinal(max(first, 1)), date.fromordinal(min(last, date.max.toordinal())))]
