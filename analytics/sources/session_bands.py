"""Bands of session lengths: whole seconds up to a minute, then two for each doubling; a band is named by its lower edge in seconds."""

from __future__ import annotations

import itertools
from typing import Any

import sqlalchemy as sa

MINUTE = 60
LONGER = tuple(sorted({*(MINUTE << i for i in range(13)), *((MINUTE * 3 // 2) << i for i in range(12))}))


def band_of(seconds: sa.ColumnElement[Any]) -> sa.ColumnElement[int]:
    """The band that holds a length."""
    longer = [(seconds < edge, below) for below, edge in itertools.pairwise(LONGER)]
    return sa.cast(sa.case((seconds < MINUTE, sa.func.floor(seconds)), *longer, else_=LONGER[-1]), sa.BigInteger)


def above(band: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """Where a band ends: lengths in it are below this; NULL for the last."""
    ends = [(band == below, edge) for below, edge in itertools.pairwise(LONGER)]
    return sa.case((band < MINUTE, band + 1), *ends)
