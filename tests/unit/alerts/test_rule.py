"""Rules: there and back as JSON, what cannot be kept says why, and how long detection takes at most."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import orjson
import pytest

from accounts.language import Text
from alerts.rule import InvalidRule, longest_detection, rule_from_json

WATCHED = {"query": {"kind": "aggregate", "metrics": ["failed_payments"]}, "value": "failed_payments"}
PLAIN = {"name": "Card failures", "watched": WATCHED, "condition": {"kind": "threshold", "limit": 3}}


def test_a_rule_reads_back_as_it_was_written():
    rich = {
        **PLAIN,
        "name": {"en": "Card failures", "fr": "Échecs de carte"},
        "environments": {"staging": {"limit": 30}},
        "price": {"per": "revenue_per_user"},
        "steps": ["Look", {"en": "Call", "fr": "Appeler"}],
    }
    rule = rule_from_json(rich)
    assert rule_from_json(orjson.loads(orjson.dumps(rule.to_json()))) == rule
    assert rule.name == Text("Card failures", "Échecs de carte")
    assert rule.steps[0] == Text("Look", "Look")
    assert (rule.judged_in("staging").limit, rule.judged_in("production").limit) == (30, 3)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"condition": {"kind": "silence"}}, "needs an upstream"),
        ({"upstream": WATCHED}, "leave upstream out"),
        ({"condition": {"kind": "nonsense"}}, "condition"),
        ({"condition": {"kind": "threshold", "limit": 3, "hours": 0}}, "hours"),
        ({"every": "61 * * * *"}, "is not a cron expression"),
        ({"watched": {**WATCHED, "value": "mrr"}}, "name one of failed_payments"),
        ({"watched": {"query": {"kind": "nothing"}, "value": "x"}}, "a query is an object with a kind"),
        ({"environments": {"staging": {"limits": 3}}}, "environment “staging”"),
        ({"name": 7}, "is either words"),
        ({"price": {}}, "state either the metric"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_what_cannot_be_kept_says_what_to_change(change, words):
    with pytest.raises(InvalidRule, match=words):
        rule_from_json({**PLAIN, **change})


def test_the_longest_time_to_detection_is_the_longest_gap_between_looks():
    paris = ZoneInfo("Europe/Paris")
    assert longest_detection(rule_from_json({**PLAIN, "every": "0 9,18 * * *"}), paris) == timedelta(hours=15)
    assert longest_detection(rule_from_json({**PLAIN, "every": "0 */4 * * *", "pending_minutes": 10}), paris) == timedelta(
        hours=4, minutes=10
    )
