"""sessions: one row per session, from its events."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from analytics.sources.events import PAGE_VIEW
from data_access.functions import add_days, seconds_between
from data_access.schema import events, sessions
from data_access.warehouse import Transaction
from ingest.rollups import addition, session_day, visits
from ingest.rollups.part import Part, replace_rows


def recompute(tx: Transaction, part: Part) -> None:
    """The sessions with an event in `part`, and those that had one before the batch; and their days."""
    tenant = part.tenant.key
    if part.whole:
        replace_rows(tx, sessions, [sessions.c.tenant == tenant], _rows([*part.of(events), events.c.session_key.is_not(None)]))
        session_day.recompute(tx, tenant)
        return
    keys = tx.arrow(_touched(part))
    before = _with_keys(tx, tenant, keys)
    after = _recomputed(tx, part, keys)
    days = pc.unique(pa.chunked_array([*before["day"].chunks, *after["day"].chunks], before["day"].type))
    session_day.recompute(tx, tenant, tx.stage("session_days", pa.table({"day": days})))


def _recomputed(tx: Transaction, part: Part, keys: pa.Table) -> pa.Table:
    """The sessions with these keys (`session_key`) anew, and as they are then."""
    touched = tx.stage("touched_sessions", keys)
    mine = [sessions.c.tenant == part.tenant.key, sessions.c.session_key.in_(sa.select(touched.c.session_key))]
    first, last = _span(tx, part, mine)
    of_them = events.c.session_key.in_(sa.select(touched.c.session_key))
    rows = _rows([events.c.tenant == part.tenant.key, events.c.day.between(first, last), of_them])
    replace_rows(tx, sessions, mine, rows)
    return _with_keys(tx, part.tenant.key, keys)


def _with_keys(tx: Transaction, tenant: int, keys: pa.Table) -> pa.Table:
    staged = tx.stage("wanted_sessions", keys)
    columns = [column for column in sessions.c if column.name != "tenant"]
    mine = sessions.c.tenant == tenant, sessions.c.session_key.in_(sa.select(staged.c.session_key))
    return tx.arrow(sa.select(*columns).where(*mine))


def add(tx: Transaction, part: Part, rows: pa.Table) -> None:
    """The sessions of events just written, with all columns of the table, `seq` among them; `part` holds their days."""
    mine = rows.filter(pc.is_valid(rows["session_key"]))
    if not mine.num_rows:
        return
    tenant, arrived = part.tenant.key, visits.of(addition.decoded(mine))
    stored = _with_keys(tx, tenant, arrived.select(["session_key"]))
    lengthened, fresh, mixed = visits.joined(stored, arrived)
    again = [_recomputed(tx, part, mixed)] if mixed.num_rows else []
    if lengthened.num_rows:
        longer = tx.stage("longer_sessions", lengthened.select(["session_key"]))
        tx.execute(sa.delete(sessions).where(sessions.c.tenant == tenant, sessions.c.session_key.in_(sa.select(longer.c.session_key))))
    written = pa.concat_tables([fresh, lengthened], promote_options="permissive")
    addition.append(tx, sessions, tenant, written)
    after = pa.concat_tables([written, *(part.select(written.column_names) for part in again)], promote_options="permissive")
    session_day.add(tx, tenant, stored, after)


def _touched(part: Part) -> sa.CompoundSelect[Any]:
    """TRICKY: a session that lost its last event is only found among the stored ones."""
    now = sa.select(events.c.session_key).where(*part.of(events), *_anyone_of(part, events), events.c.session_key.is_not(None))
    # A stored session is dated by its first event; it may reach into the touched days from the days before.
    reach = sessions.c.ended_at >= sa.cast(sa.literal(part.first), sa.DateTime) - sa.literal_column("INTERVAL '1 day'")
    mine = [sessions.c.tenant == part.tenant.key, sessions.c.day <= part.last, reach]
    return sa.union(now, sa.select(sessions.c.session_key).where(*mine, *_anyone_of(part, sessions)))


def _anyone_of(part: Part, table: sa.Table) -> list[sa.ColumnElement[bool]]:
    """Rows about the users of `part`, or about no known user."""
    return [] if part.users is None else [sa.or_(part.people(table)[1], table.c.user_key.is_(None))]


def _span(tx: Transaction, part: Part, mine: list[sa.ColumnElement[bool]]) -> tuple[date, date]:
    """The days that can hold an event of these sessions: those they had, and those just written."""
    # ended_at is UTC; a tenant's day may be one ahead of it.
    reach = sa.func.max(add_days(sessions.c.ended_at, 1))
    stored = tx.arrow(sa.select(sa.func.min(sessions.c.day).label("first"), reach.label("last")).where(*mine)).to_pylist()[0]
    assert part.first is not None
    assert part.last is not None
    return min(stored["first"] or part.first, part.first), max(stored["last"] or part.last, part.last)


def _rows(where: list[sa.ColumnElement[bool]]) -> sa.Select[Any]:
    """Sessions made of the events that `where` names, in order of time, then of arrival."""
    totals, first, pages = _totals(where), _first_events(where), _pages(where)
    joined = (
        totals.join(first, first.c.session_key == totals.c.session_key)
        .join(events, sa.and_(events.c.id == first.c.id, events.c.tenant == first.c.tenant))
        .outerjoin(pages, pages.c.session_key == totals.c.session_key)
    )
    named = [events.c[name] for name in visits.OF_FIRST_EVENT]
    length = seconds_between(totals.c.ts, totals.c.ended_at).label("duration_s")
    columns = (events.c.tenant, *totals.c, length, *named, pages.c.entry_page, pages.c.exit_page)
    return sa.select(*columns).select_from(joined).order_by(events.c.day)


def _totals(where: list[sa.ColumnElement[bool]]) -> sa.Subquery:
    views = sa.cast(sa.func.sum(sa.case((events.c.name == PAGE_VIEW, 1), else_=0)), sa.BigInteger)
    return (
        sa.select(
            events.c.session_key,
            sa.func.min(events.c.ts).label("ts"),
            sa.func.max(events.c.ts).label("ended_at"),
            sa.func.count().label("events"),
            views.label("page_views"),
        )
        .where(*where)
        .group_by(events.c.session_key)
        .subquery("totals")
    )


def _order(*, backwards: bool = False) -> sa.ColumnElement[int]:
    by = (events.c.ts, events.c.seq, events.c.id)
    return sa.func.row_number().over(partition_by=events.c.session_key, order_by=[c.desc() for c in by] if backwards else by)


def _first_events(where: list[sa.ColumnElement[bool]]) -> sa.Subquery:
    """Only ids here: carrying the dimensions through the window would cost eight times as much."""
    ranked = sa.select(events.c.tenant, events.c.id, events.c.session_key, _order().label("place")).where(*where).subquery("ranked")
    return sa.select(ranked.c.tenant, ranked.c.id, ranked.c.session_key).where(ranked.c.place == 1).subquery("first_events")


def _pages(where: list[sa.ColumnElement[bool]]) -> sa.Subquery:
    """The pages of each session's first and last page view."""
    places = (_order().label("place"), _order(backwards=True).label("from_end"))
    seen = sa.select(events.c.session_key, events.c.page, *places).where(*where, events.c.name == PAGE_VIEW).subquery("seen")
    return (
        sa.select(
            seen.c.session_key,
            sa.func.max(sa.case((seen.c.place == 1, seen.c.page))).label("entry_page"),
            sa.func.max(sa.case((seen.c.from_end == 1, seen.c.page))).label("exit_page"),
        )
        .group_by(seen.c.session_key)
        .subquery("pages")
    )
