"""Freezing a segment: who is in it now is written down, and stays."""

from __future__ import annotations

from datetime import datetime
from time import monotonic

import pyarrow as pa
import sqlalchemy as sa

from accounts.actor import Actor
from analytics.kinds.segment_size import SegmentSize
from analytics.period import Period
from analytics.question import Question
from analytics.segments import saved
from analytics.segments.questions import looking, target
from analytics.segments.saved import Segment
from data_access.connections import store, warehouse
from data_access.schema import segment_members
from data_access.settings import settings
from data_access.warehouse import Warehouse


def freeze(actor: Actor, known: tuple[str, int], now: datetime) -> Segment:
    """The segment `known` (id, version) with the members it has at `now`, from then on.

    Members are written under the next version before the store says so: an accident in between leaves rows that nobody reads.
    Raises NoSegment, StaleSegment, PermissionError, QueryBudgetExceeded.
    """
    identity, version = known
    saved.may_change(store(), actor, known)
    query = SegmentSize(segment=identity)
    period = Period("today").resolve(now, actor.tenant)
    question = Question(query, actor, period, now, warehouse(), monotonic() + settings().query_budget_seconds)
    keys = target(looking(question)).keys
    rows = {"segment": pa.array([identity] * len(keys), pa.string()), "version": pa.array([version + 1] * len(keys), pa.int64())}
    rows |= {"tenant": pa.array([actor.tenant.key] * len(keys), pa.int32()), "user_key": pa.array(keys)}
    with warehouse().transaction() as tx:
        tx.execute(_of(actor, identity, segment_members.c.version > version))
        tx.append("segment_members", pa.table(rows))
    frozen = saved.mark_frozen(store(), actor, known, now)
    _sweep(warehouse(), actor, frozen)
    return frozen


def forget(actor: Actor, identity: str) -> Segment:
    """Delete a saved segment and the members it was frozen with. Raises as `saved.delete` does."""
    gone = saved.delete(store(), actor, identity)
    if gone.frozen_version is not None:
        with warehouse().transaction() as tx:
            tx.execute(_of(actor, identity, sa.true()))
    return gone


def _sweep(house: Warehouse, actor: Actor, frozen: Segment) -> None:
    """Earlier frozen members are no longer read."""
    with house.transaction() as tx:
        tx.execute(_of(actor, frozen.id, segment_members.c.version < frozen.version))


def _of(actor: Actor, identity: str, versions: sa.ColumnElement[bool]) -> sa.Delete:
    m = segment_members.c
    return sa.delete(segment_members).where(m.tenant == actor.tenant.key, m.segment == identity, versions)
