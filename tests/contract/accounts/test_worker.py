"""The schedule as a timeline: one effect per due time with any number of workers, and on the days the clock changes."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

import worker
from data_access.store import reading
from data_access.store import tasks as rows
from worker import LEASE, Task

START = datetime(2026, 3, 10, 8, 50, tzinfo=UTC)
NINE = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)


@pytest.fixture
def effects():
    return []


@pytest.fixture
def hourly(effects):
    return Task("hourly", effects.append, "0 * * * *")


@pytest.fixture
def seeded(store, hourly):
    worker.seed(store, {"hourly": hourly}, START)
    worker.seed(store, {"hourly": hourly}, START + timedelta(hours=5))  # another start does not move what is due
    return store


def row(store):
    with reading(store) as tx:
        return tx.execute(sa.select(rows)).mappings().one()


def test_nothing_runs_before_its_time_and_once_at_it(seeded, hourly, effects):
    table = {"hourly": hourly}
    assert worker.work(seeded, table, "a", NINE - timedelta(seconds=1)) == []
    assert worker.work(seeded, table, "a", NINE) == ["hourly"]
    assert worker.work(seeded, table, "a", NINE + timedelta(seconds=1)) == []
    assert worker.work(seeded, table, "b", NINE + timedelta(hours=1)) == ["hourly"]
    assert effects == [NINE, NINE + timedelta(hours=1)]
    assert (row(seeded)["runs"], row(seeded)["missed"], row(seeded)["last_outcome"]) == (2, 0, "done")


def test_of_many_workers_at_the_same_instant_one_takes_it(seeded, hourly):
    taken = []
    barrier = threading.Barrier(6)

    def reach(name):
        barrier.wait()
        taken.append(worker.take(seeded, hourly, name, NINE))

    threads = [threading.Thread(target=reach, args=(str(n),)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(due == NINE for due in taken) == [False] * 5 + [True]


def test_a_worker_that_died_is_taken_over_after_its_lease(seeded, hourly):
    assert worker.take(seeded, hourly, "dead", NINE)
    assert worker.take(seeded, hourly, "b", NINE + LEASE) is None
    assert worker.take(seeded, hourly, "b", NINE + LEASE + timedelta(seconds=1)) == NINE


def test_a_paused_worker_that_wakes_after_its_lease_has_no_say(seeded, hourly):
    late = NINE + LEASE + timedelta(seconds=1)
    due = worker.take(seeded, hourly, "paused", NINE)
    assert worker.take(seeded, hourly, "b", late) == due
    assert worker.give_back(seeded, hourly, "b", due=due, now=late)
    before = row(seeded)
    assert not worker.give_back(seeded, hourly, "paused", due=due, now=late + timedelta(minutes=1), error="late")
    assert row(seeded) == before
    assert worker.take(seeded, hourly, "paused", late + timedelta(minutes=1)) is None


def test_due_times_missed_while_nothing_ran_are_made_up_for_once_and_counted(seeded, hourly, effects):
    assert worker.work(seeded, {"hourly": hourly}, "a", NINE + timedelta(hours=4, minutes=30)) == ["hourly"]
    assert len(effects) == 1
    assert row(seeded)["missed"] == 4
    assert row(seeded)["due_at"] == NINE + timedelta(hours=5)


def test_a_task_that_fails_says_why_and_takes_no_other_with_it(store, effects):
    def breaks(_now):
        raise ValueError("no disk")

    table = {"breaks": Task("breaks", breaks, "0 * * * *"), "after": Task("after", effects.append, "0 * * * *")}
    worker.seed(store, table, START)
    assert worker.work(store, table, "a", NINE) == ["breaks", "after"]
    with reading(store) as tx:
        found = {r.name: (r.last_outcome, r.last_error) for r in tx.execute(sa.select(rows))}
    assert found == {"breaks": ("failed", "ValueError: no disk"), "after": ("done", None)}
    assert effects == [NINE]


@pytest.mark.parametrize(
    ("day", "when", "expected"),
    [
        (
            datetime(2026, 3, 28, 12, tzinfo=UTC),
            "30 2 * * *",
            ["03-29 01:00", "03-30 00:30", "03-31 00:30"],
        ),  # 2:30 does not exist on the 29th
        (
            datetime(2026, 10, 24, 12, tzinfo=UTC),
            "30 2 * * *",
            ["10-25 00:30", "10-26 01:30", "10-27 01:30"],
        ),  # 2:30 exists twice on the 25th
        (datetime(2026, 3, 10, tzinfo=UTC), "0 9 * * 1", ["03-16 08:00", "03-23 08:00", "03-30 07:00"]),  # 1 is Monday
    ],
)
def test_each_due_time_comes_once_when_the_clock_changes(day, when, expected):
    task = Task("daily", print, when, "Europe/Paris")
    found, now = [], day
    for _ in expected:
        now = worker.next_due(task, now)
        found.append(now.astimezone(UTC).strftime("%m-%d %H:%M"))
    assert found == expected


def test_the_loop_sleeps_until_the_next_due_time_but_never_long(seeded):
    assert worker.until_next(seeded, NINE - timedelta(seconds=5)) == 5
    assert worker.until_next(seeded, START) == worker.LONGEST_SLEEP
    assert worker.until_next(seeded, NINE + timedelta(hours=1)) == 1


def test_the_table_of_tasks_is_complete():
    for name, task in worker.TASKS.items():
        assert task.name == name
        assert worker.next_due(task, NINE) > NINE
        assert task.function.__doc__
