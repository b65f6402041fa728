"""The schedule: one visible table of tasks. Runs inside the server by default.

When each task is due is a row in the store; a worker takes it with one UPDATE that must change exactly one row, and
holds it for LEASE. So with any number of workers a due time has one taker, and one that died is taken over.
"""

from __future__ import annotations

import asyncio
import os
import socket
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import sqlalchemy as sa
import structlog
from cronsim import CronSim

from accounts import attempts, sessions
from accounts.actor import Actor
from accounts.secret import secret_of
from accounts.tenants import every
from alerts.engine.turn import turn
from alerts.letters import Writer
from analytics.run import run
from api.observe import TASKS as TASK_RUNS
from data_access.clock import utc_now
from data_access.connections import store
from data_access.settings import settings
from data_access.store import reading, tasks, writing
from delivery.channels.channel import Means
from delivery.sender import Desk, send_due
from ingest.plan import volumes
from reports import words

LEASE = timedelta(minutes=10)
LONGEST_SLEEP = 5.0  # seconds between looks at the table
WARM_AFTER = 2.0  # seconds: whoever waits for the start to be over comes first
WARMED_ROLES = ("executive", "analyst", "admin")
log = structlog.get_logger("worker")


@dataclass(frozen=True)
class Task:
    """`when` is a cron expression read in `zone`. A due time missed while nothing ran is made up for once, and counted."""

    name: str
    function: Callable[[datetime], object]
    when: str
    zone: str = "UTC"


def purge(now: datetime) -> int:
    """Forget what is over: ended sign-ins, old sign-in attempts, old counts of what came in."""
    return sessions.purge(store(), now) + attempts.purge(store(), now) + volumes.purge(store(), now)


def look(now: datetime) -> object:
    """Look at every alert rule that is due."""
    return turn(store(), settings().environment, now)


@lru_cache(maxsize=1)
def desk() -> Desk:
    """What sending needs. One per process: the breaker remembers which channels fail."""
    chosen = settings()
    means = Means(utc_now(), chosen.smtp_url.get_secret_value(), chosen.mail_from, chosen.private_hosts)
    letters = Writer(lambda value, unit, locale, currency: words.value(value, unit, locale, currency), chosen.public_url.rstrip("/"))
    return Desk(store(), secret_of(chosen), means, {"alerts": letters.render})


def deliver(now: datetime) -> object:
    """Send what waits in the outbox."""
    return send_due(desk(), now)


def warm(now: datetime) -> None:
    """Have the headline answers in the cache before the first reader of the day asks."""
    from reports.library import REPORTS

    headline = next(iter(REPORTS.values()))
    for tenant in every(store()):
        for role in WARMED_ROLES:
            actor = Actor("worker", "Worker", tenant, frozenset({role}))
            for panel in headline.panels:
                run(panel.query, actor, now)


TASKS: Mapping[str, Task] = {
    task.name: task
    for task in (
        Task("purge", purge, "17 * * * *"),
        Task("warm", warm, "5 0,6 * * *"),
        Task("look", look, "* * * * *"),
        Task("deliver", deliver, "* * * * *"),
    )
}


def next_due(task: Task, now: datetime) -> datetime:
    """The first due time after `now`. An hour that the clock skips or repeats brings one due time, not none or two."""
    due: datetime = next(CronSim(task.when, now.astimezone(ZoneInfo(task.zone))))
    return due


def seed(store: sa.Engine, table: Mapping[str, Task], now: datetime) -> None:
    """A row for each task that has none yet."""
    with writing(store) as tx:
        known = set(tx.scalars(sa.select(tasks.c.name)))
        for task in table.values():
            if task.name not in known:
                tx.execute(sa.insert(tasks).values(name=task.name, due_at=next_due(task, now), runs=0, missed=0))


def take(store: sa.Engine, task: Task, worker: str, now: datetime) -> datetime | None:
    """The due time this worker now holds; None where nothing is due or somebody else holds it."""
    t = tasks.c
    free = sa.or_(t.lease_until.is_(None), t.lease_until < now)
    held = {"lease_until": now + LEASE, "leased_by": worker, "last_started_at": now}
    with writing(store) as tx:
        taken = tx.execute(sa.update(tasks).where(t.name == task.name, t.due_at <= now, free).values(held))
        due: datetime | None = tx.scalar(sa.select(t.due_at).where(t.name == task.name)) if taken.rowcount == 1 else None
    return due


def give_back(store: sa.Engine, task: Task, worker: str, *, due: datetime, now: datetime, error: str = "") -> bool:
    """Note how it went and set the next due time. False where the lease was lost meanwhile: then it is no longer ours to say."""
    t = tasks.c
    values = {
        "due_at": next_due(task, now),
        "lease_until": None,
        "leased_by": None,
        "runs": t.runs + 1,
        "missed": t.missed + _passed(task, due, now),
        "last_finished_at": now,
        "last_outcome": "failed" if error else "done",
        "last_error": error[:500] or None,
    }
    with writing(store) as tx:
        mine = (t.name == task.name, t.leased_by == worker, t.due_at == due)
        return tx.execute(sa.update(tasks).where(*mine).values(values)).rowcount == 1


def _passed(task: Task, due: datetime, now: datetime) -> int:
    """How many due times after `due` passed unserved (at most 1000 are counted)."""
    times = CronSim(task.when, due.astimezone(ZoneInfo(task.zone)))
    return next((n for n in range(1000) if next(times) > now), 1000)


def work(store: sa.Engine, table: Mapping[str, Task], worker: str, now: datetime) -> list[str]:
    """Run everything that is due and free; the names of what ran."""
    ran = []
    for task in table.values():
        due = take(store, task, worker, now)
        if due is None:
            continue
        error = _tried(task, now)
        give_back(store, task, worker, due=due, now=now, error=error)
        TASK_RUNS.labels(task.name, "failed" if error else "done").inc()
        ran.append(task.name)
    return ran


def _tried(task: Task, now: datetime) -> str:
    """The error a task ended with; empty for none. One that fails must not take the others with it."""
    try:
        task.function(now)
    except Exception as error:
        log.exception("task failed", task=task.name)
        return f"{type(error).__name__}: {error}"
    return ""


def until_next(store: sa.Engine, now: datetime) -> float:
    """Seconds until something may be due, at most LONGEST_SLEEP."""
    with reading(store) as tx:
        due = tx.scalar(sa.select(sa.func.min(tasks.c.due_at)))
    return LONGEST_SLEEP if due is None else min(max((due - now).total_seconds(), 1.0), LONGEST_SLEEP)


async def keep_working() -> None:
    """The loop the server runs beside the pages, until it is cancelled."""
    worker = f"{socket.gethostname()[:30]}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
    await asyncio.to_thread(seed, store(), TASKS, utc_now())
    await asyncio.sleep(WARM_AFTER)
    await asyncio.to_thread(_tried, TASKS["warm"], utc_now())
    while True:
        try:
            await asyncio.to_thread(work, store(), TASKS, worker, utc_now())
            await asyncio.to_thread(_tried, TASKS["deliver"], utc_now())  # what an alert has just written does not wait a minute
            pause = await asyncio.to_thread(until_next, store(), utc_now())
        except sa.exc.SQLAlchemyError:
            log.exception("the store does not answer")
            pause = LONGEST_SLEEP
        await asyncio.sleep(pause)
