"""From attempts to people: each person's best attempt, and how long their steps took."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from analytics.kernels.arrays import Flags, Floats, Ints, begins, grouped_median, run_of
from analytics.kernels.attempts import NEVER, Attempts, Plan, levels


class Timed(Protocol):
    """Instants, of which nothing is asked but when they were."""

    @property
    def time(self) -> Ints: ...


@dataclass(frozen=True)
class Outcome:
    """One entry per person (or person and bucket): `who`; `at[k]` the instant at which the best attempt filled step k, NEVER
    where it did not; `level` the required steps filled; `mean` and `median` seconds from the step before, NaN where unknown.

    The best attempt fills most required steps, then most optional ones, then starts first. Times are those of every attempt
    that fills as many required steps.
    """

    who: Ints
    at: Ints
    level: Ints
    mean: Floats
    median: Floats

    def __len__(self) -> int:
        return len(self.who)


def outcome(found: Timed, tried: Attempts, plan: Plan, who: Ints) -> Outcome:
    """The people of these attempts; `who` names the person of each, in ascending order."""
    first = begins(who)
    person = run_of(first, len(who))
    level = levels(tried, plan)
    top = _most(level, first)
    good = level == top[person]
    best = _best(found, tried, (level, first, person), plan)
    mean = np.full((plan.steps, len(first)), np.nan)
    median = mean.copy()
    rows = np.flatnonzero(good)
    for step in range(1, plan.steps):
        mean[step], median[step] = _times(found, tried, (rows, person[rows], len(first)), (plan.previous(step), step))
    return Outcome(who[first], tried.at[:, best], top, mean, median)


def _most(value: Ints, first: Ints) -> Ints:
    return np.maximum.reduceat(value, first) if len(first) else value[:0]


def _best(found: Timed, tried: Attempts, by: tuple[Ints, Ints, Ints], plan: Plan) -> Ints:
    level, first, person = by
    score = level
    if any(plan.optional):
        score = level * (plan.steps + 1) + sum((at != NEVER).astype(np.int16) for at in tried.at)
    leading = np.flatnonzero(score == _most(score, first)[person])
    begun = found.time[tried.start[leading]]
    earliest = begun == np.minimum.reduceat(begun, begins(person[leading]))[person[leading]] if len(leading) else begun == begun
    leading = leading[earliest]
    return leading[begins(person[leading])]


def _times(found: Timed, tried: Attempts, which: tuple[Ints, Ints, int], steps: tuple[int, int]) -> tuple[Floats, Floats]:
    """Mean and median seconds between two steps per person, over their attempts `rows`."""
    rows, person, people = which
    begun, done = tried.at[steps[0], rows], tried.at[steps[1], rows]
    made = done != NEVER
    took, person, weight = found.time[done[made]] - found.time[begun[made]], person[made], tried.weight[rows[made]]
    mean, median = np.full(people, np.nan), np.full(people, np.nan)
    alone = np.bincount(person, minlength=people)[person] == 1 if len(person) else made[made]
    mean[person[alone]] = median[person[alone]] = took[alone] / 1e6
    if not alone.all():
        took, person, weight = took[~alone], person[~alone], weight[~alone]
        total = np.bincount(person, weight, minlength=people)
        some = total > 0
        mean[some] = np.bincount(person, weight * (took / 1e6), minlength=people)[some] / total[some]
        median = np.where(some, grouped_median(np.repeat(person, weight), np.repeat(took, weight), people) / 1e6, median)
    return mean, median


def reached(found: Outcome, step: int) -> Flags:
    """Whether each person filled the step."""
    return found.at[step] != NEVER


def wilson(successes: Floats, trials: Floats, z: float = 1.959963984540054) -> tuple[Floats, Floats]:
    """The 95 % interval of a share by Wilson (1927), NaN where there are no trials."""
    n = np.where(trials > 0, trials, np.nan)
    share, slack = successes / n, z * z / n
    middle = share + slack / 2
    half = z * np.sqrt(share * (1 - share) / n + slack / (4 * n))
    return np.maximum((middle - half) / (1 + slack), 0.0), np.minimum((middle + half) / (1 + slack), 1.0)
