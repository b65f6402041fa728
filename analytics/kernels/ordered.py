"""Ordered funnels: each step at the earliest instant at or after the one before, all inside the window from the start.

Exact: the earliest choice is never worse, since what was used up to an instant can only be asked for again at that instant;
whether an instant can fill several steps at once is a matching of its events to the steps (`Contents.can_fill`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.kernels.arrays import Flags, Ints
from analytics.kernels.attempts import NEVER, Attempts, Plan, Starts, after
from analytics.kernels.instants import Instants


@dataclass
class _Walk:
    """Where every attempt stands: its instant, what is left of it, and the steps that the rest has to fill there."""

    instant: Ints
    content: Ints
    used: Ints


def ordered(found: Instants, begun: Starts, plan: Plan) -> Attempts:
    """Every attempt as far as it comes, optional steps filled where they were done in between."""
    at = np.full((plan.steps, len(begun.instant)), NEVER, np.int64)
    at[0] = begun.instant
    walk = _Walk(begun.instant.copy(), remainder(found, begun), np.zeros(len(begun.instant), np.int64))
    latest = found.time[begun.instant] + plan.window
    rows = np.arange(len(begun.instant))
    for step in plan.required[1:]:
        rows = _advance(found, walk, rows, (step, plan.later[step], latest))
        at[step, rows] = walk.instant[rows]
    tried = Attempts(at, begun.weight)
    for step in (k for k in range(1, plan.steps) if plan.optional[k]):
        _fill_optional(found, begun, tried, (step, plan))
    return tried


def remainder(found: Instants, begun: Starts) -> Ints:
    """The content of each start's instant without the event that starts the attempt."""
    rest = np.zeros(len(begun.instant), np.int64)
    tied = np.flatnonzero(found.size[begun.instant] > 1)
    if len(tied):
        pairs, back = np.unique(found.content[begun.instant[tied]] << 32 | begun.bits[tied], return_inverse=True)
        rest[tied] = np.array([found.contents.without(int(p >> 32), int(p & 0xFFFFFFFF)) for p in pairs], np.int64)[back]
    return rest


def _advance(found: Instants, walk: _Walk, rows: Ints, to: tuple[int, bool, Ints]) -> Ints:
    """Move the attempts `rows` to their next step; those that make it."""
    step, later, latest = to
    bit = 1 << step
    stay = np.zeros(len(rows), bool) if later else _stays(found, walk, rows, bit)
    moving = rows[~stay]
    ahead = after(found, found.having(step), walk.instant[moving], latest[moving])
    arrived = moving[ahead != NEVER]
    walk.used[rows[stay]] |= bit
    walk.instant[arrived] = ahead[ahead != NEVER]
    walk.content[arrived] = found.content[walk.instant[arrived]]
    walk.used[arrived] = bit
    made = stay.copy()
    made[~stay] = ahead != NEVER
    return rows[made]


def _stays(found: Instants, walk: _Walk, rows: Ints, bit: int) -> Flags:
    """Whether another event of the very same instant fills the step."""
    stay = np.zeros(len(rows), bool)
    here = walk.instant[rows]
    tied = np.flatnonzero((found.size[here] > 1) & (found.bits[here] & bit != 0))
    if len(tied):
        stay[tied] = found.contents.can_fill(walk.content[rows[tied]], walk.used[rows[tied]] | bit)
    return stay


def _fill_optional(found: Instants, begun: Starts, tried: Attempts, which: tuple[int, Plan]) -> None:
    """An optional step is done at the earliest instant from the step before it to the required step after it.

    It never moves a required step, and takes no event that fills another step.
    """
    step, plan = which
    latest = found.time[begun.instant] + plan.window
    upcoming = [k for k in plan.required if k > step]
    prior = _last_filled(tried, step)
    reached = tried.at[upcoming[0]] if upcoming else np.full(len(tried), NEVER, np.int64)
    latest = np.where(reached == NEVER, latest, found.time[reached])
    waiting = tried.at[plan.previous(step)] != NEVER
    rows = np.flatnonzero(waiting)
    done = np.full(len(rows), NEVER, np.int64)
    if not plan.later[step]:
        done = np.where(_spare(found, begun, tried, (rows, prior[rows], step)), prior[rows], done)
    missing = np.flatnonzero(done == NEVER)
    ahead = after(found, found.having(step), prior[rows[missing]], latest[rows[missing]])
    same = (ahead != NEVER) & (ahead == reached[rows[missing]])
    free = _spare(found, begun, tried, (rows[missing], np.maximum(ahead, 0), step))
    done[missing] = np.where(same & ~free, NEVER, ahead)
    tried.at[step, rows] = done


def _last_filled(tried: Attempts, step: int) -> Ints:
    """The instant of the last step before `step` that was filled."""
    last = tried.at[0].copy()
    for k in range(1, step):
        last = np.where(tried.at[k] != NEVER, tried.at[k], last)
    return last


def _spare(found: Instants, begun: Starts, tried: Attempts, asked: tuple[Ints, Ints, int]) -> Flags:
    """Whether the instant has an event for `step` besides those that fill the attempt's other steps there."""
    rows, where, step = asked
    free = np.zeros(len(rows), bool)
    tied = np.flatnonzero((found.size[where] > 1) & (found.bits[where] >> step & 1 != 0))
    if not len(tied):
        return free
    rows, where = rows[tied], where[tied]
    here = tried.at[1:, rows] == where
    used = (here.astype(np.int64) << np.arange(1, len(tried.at))[:, None]).sum(axis=0) | 1 << step
    starting = begun.instant[rows] == where
    content = np.where(starting, remainder(found, Starts(begun.instant[rows], begun.bits[rows], begun.weight[rows])), found.content[where])
    free[tied] = found.contents.can_fill(content, used)
    return free
