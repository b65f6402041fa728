"""Funnels, lifecycle, stickiness and paths the slow way: every possibility is tried. Small logs only."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, permutations, product


@dataclass(frozen=True)
class Happened:
    """An event of one user: `time` in any whole unit, `steps` the steps it matches, `excludes` the exclusions it is one of."""

    time: int
    steps: frozenset[int]
    excludes: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Rules:
    steps: int
    window: int
    later: tuple[bool, ...]
    optional: tuple[bool, ...]
    exclusions: tuple[tuple[int, int], ...] = ()
    order: str = "ordered"
    entry: str = "every"

    @property
    def required(self) -> list[int]:
        return [k for k in range(self.steps) if not self.optional[k]]

    def previous(self, step: int) -> int:
        return max(k for k in self.required if k < step)


Times = dict[int, int]  # step -> time


def attempts(log: Sequence[Happened], rules: Rules) -> list[Times]:
    """Every attempt of one user that is not void, as the time of each step it fills."""
    enters = set(range(rules.steps)) if rules.order == "unordered" else {0}
    starts = [i for i, event in enumerate(log) if event.steps & enters]
    if rules.entry == "first_in_period" and starts:
        first = min(log[i].time for i in starts)
        starts = [i for i in starts if log[i].time == first]
    walk = {"ordered": _ordered, "strict": _strict, "unordered": _unordered}[rules.order]
    return [times for i in starts if not _void(log, times := walk(log, i, rules), rules)]


def _ordered(log: Sequence[Happened], start: int, rules: Rules) -> Times:
    """Of all ways to fill required steps by different events, the longest, then the one earliest at each step."""
    required = rules.required
    best = max(_ways(log, (start,), rules), key=lambda way: (len(way), [-log[i].time for i in way]))
    times = {step: log[i].time for step, i in zip(required, best, strict=False)}
    for step in (k for k in range(rules.steps) if rules.optional[k]):
        if rules.previous(step) in times:
            _add_optional(log, start, times, (step, rules))
    return times


def _ways(log: Sequence[Happened], way: tuple[int, ...], rules: Rules) -> Iterator[tuple[int, ...]]:
    yield way
    required = rules.required
    if len(way) == len(required):
        return
    step, last, end = required[len(way)], log[way[-1]].time, log[way[0]].time + rules.window
    for i, event in enumerate(log):
        after = event.time > last if rules.later[step] else event.time >= last
        if i not in way and step in event.steps and after and event.time <= end:
            yield from _ways(log, (*way, i), rules)


def _add_optional(log: Sequence[Happened], start: int, times: Times, which: tuple[int, Rules]) -> None:
    """The earliest time between its neighbours at which an event is left for it."""
    step, rules = which
    prior = max(time for k, time in times.items() if k < step)
    following = [times[k] for k in rules.required if k > step and k in times]
    until = min([*following[:1], times[0] + rules.window])
    for time in sorted({event.time for event in log}):
        fits = (time > prior if rules.later[step] else time >= prior) and time <= until
        if fits and _can_hold(log, start, {**times, step: time}):
            times[step] = time
            return


def _can_hold(log: Sequence[Happened], start: int, times: Times) -> bool:
    """Whether different events can fill the steps at exactly these times, the start by its own event."""
    steps = [k for k in times if k]
    options = [[i for i, e in enumerate(log) if k in e.steps and e.time == times[k] and i != start] for k in steps]
    return any(len(set(chosen)) == len(chosen) for chosen in product(*options))


def _strict(log: Sequence[Happened], start: int, rules: Rules) -> Times:
    """Every order of the ties: how many of the following events are the next steps."""
    best: list[int] = []
    for sequence in _orders(log):
        at = sequence.index(start)
        run = []
        for step, i in zip(range(rules.steps), sequence[at:], strict=False):
            if step not in log[i].steps or log[i].time > log[start].time + rules.window:
                break
            run.append(log[i].time)
        best = max(best, run, key=lambda times: (len(times), [-t for t in times]))
    return dict(enumerate(best))


def _orders(log: Sequence[Happened]) -> Iterator[list[int]]:
    ranked = sorted(range(len(log)), key=lambda i: log[i].time)
    ties = [list(permutations(group)) for _, group in groupby(ranked, key=lambda i: log[i].time)]
    for chosen in product(*ties):
        yield [i for part in chosen for i in part]


def _unordered(log: Sequence[Happened], start: int, rules: Rules) -> Times:
    """For each moment of the window how many steps can have an event of their own by then."""
    begin = log[start].time
    inside = [event for event in log if begin <= event.time <= begin + rules.window]
    times: Times = {}
    for moment in sorted({event.time for event in inside}):
        done = _most([event.steps for event in inside if event.time <= moment])
        times |= {n: moment for n in range(done) if n not in times}
    return times


def _most(events: list[frozenset[int]], taken: frozenset[int] = frozenset()) -> int:
    """The largest number of steps that different events can fill."""
    if not events:
        return 0
    without = _most(events[1:], taken)
    return max([without, *(1 + _most(events[1:], taken | {step}) for step in events[0] - taken)])


def _void(log: Sequence[Happened], times: Times, rules: Rules) -> bool:
    for number, (after, before) in enumerate(rules.exclusions):
        if after in times:
            end = times.get(before, times[0] + rules.window)
            if any(number in event.excludes and times[after] < event.time < end for event in log):
                return True
    return False


@dataclass(frozen=True)
class Person:
    """One user's result: `level` required steps, the best attempt's `filled` steps, mean and median per step."""

    level: int
    filled: frozenset[int]
    mean: dict[int, float]
    median: dict[int, float]


def person(log: Sequence[Happened], rules: Rules) -> Person | None:
    """None for someone who never enters, or whose attempts are all void."""
    tried = attempts(log, rules)
    if not tried:
        return None
    levels = [sum(k in times for k in rules.required) for times in tried]
    level = max(levels)
    good = [times for times, own in zip(tried, levels, strict=True) if own == level]
    best = max(good, key=lambda times: (len(times), -times[0]))
    took = {k: [t[k] - t[rules.previous(k)] for t in good if k in t] for k in range(1, rules.steps)}
    mean = {k: statistics.fmean(values) for k, values in took.items() if values}
    median = {k: float(statistics.median(values)) for k, values in took.items() if values}
    return Person(level, frozenset(best), mean, median)
