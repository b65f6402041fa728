"""What changed most, in sentences: which slice moved which number, by how much, for better or worse.

Only Results are read: the panel's own (totals) and the ones beside it (a breakdown each). A slice is ranked by how
much of the whole it moved: |now − before| ÷ the whole before. Slices under `LEAST` of the whole say nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from accounts.language import Text
from analytics.dimensions import dimension
from analytics.metric import Metric, Unit
from analytics.result import Result
from reports import dates, words
from reports.charts.palette import Palette
from reports.charts.view import Sentence, Sentences, Tone, measure_of, tone_of
from reports.report import Panel

LEAST = 0.01
SLIGHT = 0.02  # a change under 2 % is not news
UP, DOWN = Text("rose by", "en hausse de"), Text("fell by", "en baisse de")
SENTENCE = Text("{how} {change}, from {before} to {now}.", "{how} {change}, de {before} à {now}.")
HIGHER, LOWER = Text("higher by", "plus haut de"), Text("lower by", "plus bas de")
BESIDE = Text("{how} {change}: {now} against {before}.", "{how} {change} : {now} contre {before}.")
NEW = Text("appeared: {now}.", "nouveauté : {now}.")
STEADY = Text(
    "Nothing moved by more than 2% against the compared period.", "Rien n’a varié de plus de 2 % par rapport à la période comparée."
)
ALONE = Text("There is no earlier period to compare with.", "Aucune période antérieure à comparer.")


@dataclass(frozen=True)
class Move:
    metric: Metric
    subject: str
    before: float
    now: float
    weight: float  # share of the whole that moved
    by: str = ""  # the dimension of a slice, and its raw value
    slice: str = ""


def changes(result: Result, panel: Panel, palette: Palette, locale: str) -> Sentences:
    """`options["top"]` sentences (default 6), the heaviest first."""
    if result.previous_period is None:
        return Sentences((Sentence("", ALONE[locale], "flat"),))
    moves = [*_totals(result, locale)]
    for other in result.extra.get("beside", ()):
        moves += _slices(result, other, locale)
    moves.sort(key=lambda move: -move.weight)
    told = tuple(_say(move, result, locale) for move in _varied(moves, int(panel.options.get("top", 6))))
    return Sentences(told or (Sentence("", STEADY[locale], "flat"),))


def _varied(moves: list[Move], top: int) -> list[Move]:
    """The heaviest, but no more than two about one metric, so that one number does not fill the list."""
    told: list[Move] = []
    for move in moves:
        if sum(t.metric.name == move.metric.name for t in told) < 2:
            told.append(move)
    return told[:top]


def _totals(result: Result, locale: str) -> Iterator[Move]:
    for metric in result.metrics:
        now, before = result.value(metric.name), result.previous(metric.name)
        if now is None or not before or abs(now - before) < SLIGHT * abs(before):
            continue
        yield Move(metric, metric.label[locale], before, now, abs(now - before) / abs(before))


def _slices(result: Result, other: Result, locale: str) -> Iterator[Move]:
    """Moves of each slice. Only what adds up over slices can have a share of a whole: counts and money."""
    by = next(c.name for c in other.columns if c.role == "dimension")
    of = dimension(by)
    for metric in (m for m in other.metrics if m.unit in (Unit.COUNT, Unit.MONEY)):
        whole = abs(result.previous(metric.name) or other.previous(metric.name) or 0.0)
        then = other.frame.get(f"{metric.name}__previous")
        if not whole or then is None:
            continue
        for raw, now, before in zip(other.frame[by], other.frame[metric.name], then, strict=True):
            now, before = _known(now), _known(before)
            if max(now, before) < LEAST * whole or abs(now - before) < SLIGHT * abs(before or whole):
                continue
            subject = f"{metric.label[locale]} · {words.slice_name(of, raw, locale)}"
            yield Move(metric, subject, before, now, abs(now - before) / whole, by, _raw(raw))


def _raw(value: object) -> str:
    return "" if words.missing(value) else str(value)


def _known(value: float) -> float:
    return 0.0 if math.isnan(value) else float(value)


def _say(move: Move, result: Result, locale: str) -> Sentence:
    measure = measure_of(result, move.metric, locale)
    difference = move.now - move.before
    tone: Tone = tone_of(move.metric, difference)
    if not move.before:
        rest = NEW[locale].format(now=measure.short(move.now))
        return Sentence(move.subject, rest, tone, "up" if difference > 0 else "down", move.metric.name, move.by, move.slice)
    points = move.metric.change == "points"
    amount = words.change(abs(difference) if points else abs(difference) / abs(move.before), move.metric.change, locale).lstrip("+")
    sentence, up, down = (BESIDE, HIGHER, LOWER) if dates.others(result, locale) else (SENTENCE, UP, DOWN)
    rest = sentence[locale].format(
        how=(up if difference > 0 else down)[locale], change=amount, before=measure.short(move.before), now=measure.short(move.now)
    )
    return Sentence(move.subject, rest, tone, "up" if difference > 0 else "down", move.metric.name, move.by, move.slice)
