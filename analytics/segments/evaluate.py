"""From a tree of conditions to its members on one day: each condition is one set, groups are and/or over sets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import sqlalchemy as sa

from analytics.compile import meets
from analytics.dimensions import column
from analytics.kinds import people
from analytics.members import Flags, Known, flagged, shared, united, without
from analytics.period import EARLIEST, resolved
from analytics.question import Question
from analytics.segments import behaviour
from analytics.segments.behaviour import Days
from analytics.segments.definition import (
    Behind,
    Condition,
    Did,
    FirstTime,
    Group,
    InSegment,
    Joined,
    Property,
    Sequence,
    Stopped,
    Window,
)  # fmt: skip
from analytics.where import PERSON, PERSON_STORED, event_dimension
from data_access.schema import users


@dataclass(frozen=True)
class Setting:
    """Where conditions are looked at: a question to read through, the last day that counts (the tenant's), everybody
    (flags of all known users), and the members on that day of the segments that are mentioned."""

    question: Question
    today: date
    everybody: Flags
    known: Known


def bounds(window: Window, today: date) -> Days:
    """The days [first, last) of a window that has `today` as its last possible day; empty where all lie ahead."""
    end = today + timedelta(days=1)
    if window.days is not None:
        return max(end - timedelta(days=window.days), EARLIEST), end
    if window.first is None or window.last is None:
        return EARLIEST, end
    last = min(window.last + timedelta(days=1), end)
    return min(max(window.first, EARLIEST), last), last


def evaluate(node: Group | Condition, met: Callable[[Condition], Flags]) -> Flags:
    """Who meets the tree, from who meets each condition."""
    if not isinstance(node, Group):
        return met(node)
    parts = [evaluate(part, met) for part in node.of]
    return shared(parts) if node.kind == "all" else united(parts)


def condition(leaf: Condition, setting: Setting) -> Flags:
    """Who meets one condition; always among `everybody`."""
    return shared([_met(leaf, setting), setting.everybody])


def _met(leaf: Condition, setting: Setting) -> Flags:
    question, today = setting.question, setting.today
    match leaf:
        case Did():
            return _did(leaf, setting)
        case Stopped():
            end = today + timedelta(days=1)
            return behaviour.last_before(question, leaf.event, max(end - timedelta(days=leaf.days), EARLIEST), end)
        case FirstTime():
            return behaviour.first_within(question, leaf.event, bounds(leaf.window, today))
        case Sequence():
            return behaviour.in_order(question, leaf, bounds(leaf.window, today))
        case Property():
            return _property(leaf, question)
        case Joined():
            return _joined(bounds(leaf.window, today), question)
        case InSegment():
            inside = setting.known[leaf.id].flags
            return inside if leaf.inside else without(setting.everybody, inside)
        case Behind():
            return _behind(leaf, question)


def _did(leaf: Did, setting: Setting) -> Flags:
    days = bounds(leaf.window, setting.today)
    if leaf.op == "not" or (leaf.measure != "sum" and leaf.op == "at_least" and leaf.amount == 1):
        found = behaviour.did(setting.question, leaf.event, days)
        return without(setting.everybody, found) if leaf.op == "not" else found
    keys, amounts = behaviour.tally(setting.question, leaf.event, days, (leaf.measure, leaf.of))
    meets_it = {"at_least": amounts >= leaf.amount, "at_most": amounts <= leaf.amount, "exactly": amounts == leaf.amount}[leaf.op]
    nothing = {"at_least": leaf.amount <= 0, "at_most": leaf.amount >= 0, "exactly": leaf.amount == 0}[leaf.op]
    if not nothing:
        return flagged(keys[meets_it]).flags
    return without(setting.everybody, flagged(keys[~meets_it]).flags)


def _property(leaf: Property, question: Question) -> Flags:
    """A column of the person first: reading properties as JSON costs ten times as much, and is only needed where it is empty."""
    key = leaf.filter.dimension.removeprefix(PERSON)
    stated = meets(column(users, event_dimension(leaf.filter.dimension), question.scan()), leaf.filter)
    if key not in PERSON_STORED:
        return _users(question, stated)
    known = users.c[key].is_not(None)
    return _users(question, sa.or_(sa.and_(known, meets(users.c[key], leaf.filter)), sa.and_(sa.not_(known), stated)))


def _joined(days: Days, question: Question) -> Flags:
    """By instants, since turning each into a day of the tenant costs more than all else."""
    u, span = users.c, resolved(*days, question.now, question.tenant)
    stated = sa.and_(u.created_at.is_(None), u.signed_up_day >= days[0], u.signed_up_day < days[1])
    return _users(question, sa.or_(sa.and_(u.created_at >= span.start, u.created_at < span.end), stated))


def _users(question: Question, held: sa.ColumnElement[bool]) -> Flags:
    frame = question.read(sa.select(users.c.user_key).where(users.c.tenant == question.tenant.key, held))
    return flagged(frame["user_key"].to_numpy(np.int64)).flags


def _behind(leaf: Behind, question: Question) -> Flags:
    asked = leaf.people
    period = asked.period.resolve(question.now, question.tenant)
    found = people.members(replace(question, query=asked, period=period))
    return flagged(found["key"].to_numpy(np.int64)).flags


def everybody(question: Question) -> Flags:
    """Every user the warehouse knows of the tenant."""
    u = users.c
    columns: list[sa.ColumnElement[Any]] = [sa.func.count(), sa.func.min(u.user_key), sa.func.max(u.user_key)]
    mine: sa.Select[Any] = sa.select(*columns).where(u.tenant == question.tenant.key)
    count, least, most = question.read(mine).iloc[0]
    if not count:
        return np.zeros(0, bool)
    if most - least + 1 == count:
        flags = np.ones(int(most) + 1, bool)
        flags[: int(least)] = False
        return flags
    return _users(question, sa.true())
