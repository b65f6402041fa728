"""Every condition by hand, on a few hours drawn here."""

from __future__ import annotations

import math

import numpy as np
import pytest

from alerts.conditions import CONDITIONS
from alerts.conditions.anomaly import Anomaly
from alerts.conditions.change import Change
from alerts.conditions.missing import Missing
from alerts.conditions.ratio import Ratio
from alerts.conditions.silence import Silence
from alerts.conditions.streak import Streak
from alerts.conditions.threshold import Threshold
from alerts.course import Course, shifted, window_sum

NAN = np.nan


def course(values, upstream=None):
    at = np.datetime64("2026-01-05T00") + np.arange(len(values)) * np.timedelta64(1, "h")
    return Course(at, np.array(values, float), None if upstream is None else np.array(upstream, float))


def told(condition, values, upstream=None):
    return condition.judge(course(values, upstream)).breach.tolist()


def test_a_window_sums_what_there_is():
    assert window_sum(np.array([1, NAN, 2, 3.0]), 2).tolist() == [1, 1, 2, 5]
    assert np.isnan(window_sum(np.array([1, NAN, NAN]), 2)).tolist() == [False, False, True]
    assert shifted(np.array([1.0, 2, 3]), 2).tolist()[2] == 1
    assert np.isnan(shifted(np.array([1.0, 2, 3]), 3)).all()


def test_more_than_three_in_two_hours():
    # sums over two hours: 2, 4, 3, 1
    assert told(Threshold(hours=2, limit=3), [2, 2, 1, 0]) == [False, True, False, False]
    assert told(Threshold(limit=0, op="<="), [0, NAN, 1]) == [True, False, False]  # no rows is no value


def test_a_fall_by_a_third():
    # against three hours before: 20 → 13 is −35 %; 30 → 27 is −10 %; 10 is below the least of 20
    judged = Change(limit=-0.3, before=3).judge(course([20, 30, 10, 13, 27, 0]))
    assert judged.breach.tolist() == [False, False, False, True, False, False]
    assert judged.value[3] == pytest.approx(-0.35)
    assert judged.known.tolist() == [False, False, False, True, True, False]


def test_abandonment_is_what_a_ratio_lacks():
    # one hour: 60 of 100 finish, so 40 % abandon; of 9 starts nothing is said
    found = Ratio(limit=0.3, complement=True).judge(course([60, 90, 0], [100, 100, 9]))
    assert found.breach.tolist() == [True, False, False]
    assert found.value[:2] == pytest.approx([0.4, 0.1])
    assert not found.known[2]


def test_what_never_came_is_not_missing():
    assert told(Missing(hours=2), [NAN, NAN, 5, 0, NAN, 1]) == [False, False, False, False, True, False]


def test_the_same_error_four_times_unless_a_success_comes_between():
    assert told(Streak(hours=4, times=3), [1, 1, 1, 1, 0]) == [False, False, False, True, False]
    assert told(Streak(hours=4, times=3), [1, 1, 1, 1, 0], [0, 1, 0, 0, 0]) == [False] * 5


def test_how_many_visits_make_no_sign_up_significant():
    # ten days with one sign-up for 20 visits each hour: p = 0.05, so n = ln 0.001 / ln 0.95 = 134.7 → 135 visits
    quiet = 7
    values, upstream = [1.0] * 240 + [0.0] * quiet, [20.0] * (240 + quiet)
    condition = Silence(hours=quiet, chance=0.001)
    assert condition.needed(course(values, upstream))[-1] == math.ceil(math.log(0.001) / math.log(0.95)) == 135
    # an hour has 20 visits, seven have 140: only a window of seven silent hours is significant
    assert not any(told(Silence(hours=quiet - 1, chance=0.001), values[:-1], upstream[:-1]))
    assert told(condition, values, upstream) == [False] * (239 + quiet) + [True]
    assert condition.lasting(course(values, upstream)) == pytest.approx(135 / 20)


def test_without_history_the_least_decides():
    assert told(Silence(hours=2, least=10), [0, 0, 0], [6, 6, 1]) == [False, True, False]


def test_no_traffic_is_no_silence():
    assert not any(told(Silence(hours=1), [1, 0, 0], [0, 0, 0]))
    assert Silence(hours=1).lasting(course([0.0], [0.0])) == math.inf


def test_the_band_of_this_hour_of_the_week():
    # six weeks of 100 an hour: σ = √100 = 10, four σ: 60 to 140
    calm = [100.0] * (168 * 6)
    judged = Anomaly().judge(course([*calm, 139, 141, 61, 59]))
    assert judged.breach[-4:].tolist() == [False, True, False, True]
    assert (judged.lower[-1], judged.upper[-1]) == (60, 140)
    assert not judged.known[: 168 * 3].any()
    assert told(Anomaly(side="above"), [*calm, 59])[-1] is False


def test_an_earlier_incident_does_not_move_the_band():
    weeks = [100.0] * (168 * 6)
    weeks[168 * 2] = 0.0  # the same hour of the week, four weeks before
    assert Anomaly().judge(course([*weeks, 100])).upper[-1] == 140


@pytest.mark.parametrize("name", CONDITIONS)
def test_only_the_past_is_looked_at(name):
    settings = {"threshold": {"limit": 3}, "change": {"limit": -0.2}, "ratio": {"limit": 0.1}}.get(name, {})
    condition = CONDITIONS[name].model(hours=5, **settings)
    rng = np.random.default_rng(7)
    values, upstream = rng.poisson(1, 1200).astype(float), rng.poisson(9, 1200).astype(float)
    whole, part = condition.judge(course(values, upstream)), condition.judge(course(values[:1000], upstream[:1000]))
    for field in ("breach", "value", "known", "lower", "upper"):
        assert np.array_equal(getattr(whole, field)[:1000], getattr(part, field), equal_nan=True)


@pytest.mark.parametrize("name", CONDITIONS)
def test_a_course_of_nothing_is_judged(name):
    settings = {"threshold": {"limit": 3}, "change": {"limit": -0.2}, "ratio": {"limit": 0.1}}.get(name, {})
    condition = CONDITIONS[name].model(**settings)
    assert len(condition.judge(course([], [])).breach) == 0
    assert not condition.judge(course([NAN] * 600, [NAN] * 600)).breach.any()


def test_every_condition_says_what_it_is():
    for name, entry in CONDITIONS.items():
        assert entry.model.model_fields["kind"].default == name
        assert entry.model.__doc__
        assert entry.label["fr"]
        assert entry.meaning["fr"]
