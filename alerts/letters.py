"""What a message about alerts says, in the language of who gets it: the money first, then what, since when, and what to do.

The outbox holds only which alerts a message is about; it is written here when it is sent, from the alerts as they are then.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from accounts.language import Text
from alerts.rule import Rule, rule_from_json
from analytics.metric import Unit
from analytics.metrics import METRICS
from data_access.store import alerts, rules, tenants
from delivery.message import Link, Message
from delivery.outbox import Letter

Say = Callable[[float | None, Unit, str, str], str]  # value, unit, locale, currency
SHOWN = 10
SEVERITIES = {
    "info": Text("info", "info"),
    "warning": Text("warning", "avertissement"),
    "critical": Text("critical", "critique"),
    "emergency": Text("emergency", "urgence"),
}
RESOLVED = Text("resolved", "résolu")
VERDICTS = {
    "product": Text("the product itself", "le produit lui-même"),
    "tracking": Text("tracking, not the product", "le suivi, pas le produit"),
    "pipeline": Text("the data pipeline", "la chaîne de données"),
}
CAUSES = {"no_data": Text("there is no data", "il n’y a pas de données"), "error": Text("the question failed", "la question a échoué")}
AT_RISK = Text("{money} an hour at risk", "{money} par heure en jeu")
PEOPLE = Text("{people} people met it", "{people} personnes touchées")
AGAINST = Text("{value} against a limit of {limit}", "{value} pour une limite de {limit}")
OVER = Text("It is over after {lasted}.", "C’est terminé après {lasted}.")
MANY = Text("{name}: {count} alerts", "{name} : {count} alertes")
MORE = Text("and {count} more", "et {count} autres")
SINCE, SEVERITY, VERDICT, VALUE, SERIES = (
    Text("Since", "Depuis"),
    Text("Severity", "Gravité"),
    Text("Verdict", "Verdict"),
    Text("Value", "Valeur"),
    Text("Series", "Série"),
)
FIRST = Text("First: {action}", "D’abord : {action}")
OPEN = Text("Open the alert", "Ouvrir l’alerte")
OPEN_ALL = Text("Open the alert centre", "Ouvrir le centre d’alertes")


@dataclass(frozen=True)
class Writer:
    """`render` is a renderer of `delivery.sender`. `say` words a value; `public_url` is where the cockpit is reached, "" for no links."""

    say: Say
    public_url: str = ""

    def render(self, tx: sa.Connection, letter: Letter, locale: str) -> Message | None:
        """The message as things stand now; None where its alerts are gone."""
        told = [(one["id"], one["event"]) for one in letter.message["alerts"]]
        found = tx.execute(sa.select(alerts).where(alerts.c.tenant == letter.tenant, alerts.c.id.in_({id_ for id_, _ in told}))).mappings()
        rows = sorted(found, key=lambda row: (-(row["money_per_hour_minor"] or 0), row["started_at"], row["series"]))
        if not rows:
            return None
        tenant = tx.execute(sa.select(tenants).where(tenants.c.key == letter.tenant)).mappings().one()
        return self._written(_Told(rows, dict(told), _rule(tx, rows[0]), tenant, locale), letter)

    def _written(self, told: _Told, letter: Letter) -> Message:
        first, over = told.rows[0], told.over
        name = Text(first["name"]["en"], first["name"]["fr"])[told.locale]
        head = (RESOLVED if over else SEVERITIES[first["severity"]])[told.locale]
        title = name if len(told.rows) == 1 else MANY[told.locale].format(name=name, count=len(told.rows))
        return Message(
            subject=f"[{head}] {title}",
            first=self._over(told) if over else self._stakes(first, told),
            key=letter.key,
            lines=() if over else self._advice(told),
            facts=self._facts(told),
            links=self._links(told),
            severity=first["severity"],
            event="resolved" if over else told.events[first["id"]],
            data={"group": letter.about, "alerts": [row["id"] for row in told.rows]},
        )

    def _stakes(self, row: sa.RowMapping, told: _Told) -> str:
        """Money and people where they are known, what was measured in any case."""
        parts = []
        if row["money_per_hour_minor"]:
            parts.append(AT_RISK[told.locale].format(money=self.say(row["money_per_hour_minor"], Unit.MONEY, told.locale, told.currency)))
        if row["people"]:
            parts.append(PEOPLE[told.locale].format(people=self.say(row["people"], Unit.COUNT, told.locale, told.currency)))
        parts.append(self._measured(row, told))
        return " · ".join(parts)

    def _measured(self, row: sa.RowMapping, told: _Told) -> str:
        if row["cause"] in CAUSES:
            return CAUSES[row["cause"]][told.locale]
        value = self._value(row["value"], told)
        if row["limit"] is None:
            return value
        return AGAINST[told.locale].format(value=value, limit=self._value(row["limit"], told))

    def _value(self, value: float | None, told: _Told) -> str:
        return self.say(value, told.unit, told.locale, told.currency)

    def _over(self, told: _Told) -> str:
        ended = max(row["resolved_at"] for row in told.rows)
        seconds = (ended - min(row["started_at"] for row in told.rows)).total_seconds()
        return OVER[told.locale].format(lasted=self.say(seconds, Unit.SECONDS, told.locale, told.currency))

    def _advice(self, told: _Told) -> tuple[str, ...]:
        if told.rule is None:
            return ()
        action = told.rule.action[told.locale]
        steps = [f"{n}. {step[told.locale]}" for n, step in enumerate(told.rule.steps, 1)]
        return tuple(
            line for line in (told.rule.impact[told.locale], FIRST[told.locale].format(action=action) if action else "", *steps) if line
        )

    def _facts(self, told: _Told) -> tuple[tuple[str, str], ...]:
        first, locale = told.rows[0], told.locale
        since = first["started_at"].astimezone(ZoneInfo(told.tenant["time_zone"]))
        facts = [
            (SINCE[locale], f"{since:%Y-%m-%d %H:%M} ({told.tenant['time_zone']})"),
            (SEVERITY[locale], SEVERITIES[first["severity"]][locale]),
        ]
        if first["verdict"] in VERDICTS:
            facts.append((VERDICT[locale], VERDICTS[first["verdict"]][locale]))
        if len(told.rows) == 1 and first["series"]:
            facts.append((SERIES[locale], first["series"]))
        if len(told.rows) > 1:
            facts += [(row["series"] or "—", self._measured(row, told)) for row in told.rows[:SHOWN]]
            if (more := len(told.rows) - SHOWN) > 0:
                facts.append(("…", MORE[locale].format(count=more)))
        return tuple(facts)

    def _links(self, told: _Told) -> tuple[Link, ...]:
        if not self.public_url:
            return ()
        if len(told.rows) > 1:
            return (Link(OPEN_ALL[told.locale], f"{self.public_url}/alerts"),)
        return (Link(OPEN[told.locale], f"{self.public_url}/alerts?id={told.rows[0]['id']}"),)


@dataclass(frozen=True)
class _Told:
    """The alerts of a message, what happened to each last, and the rule that raised the first."""

    rows: Sequence[sa.RowMapping]
    events: dict[str, str]
    rule: Rule | None
    tenant: sa.RowMapping
    locale: str

    @property
    def over(self) -> bool:
        return all(row["state"] == "resolved" for row in self.rows)

    @property
    def currency(self) -> str:
        return str(self.tenant["currency"])

    @property
    def unit(self) -> Unit:
        """How the value is worded: as the metric is; shares and changes as a share."""
        if self.rule is None:
            return Unit.NUMBER
        if self.rule.condition.kind in ("ratio", "change"):
            return Unit.RATIO
        metric = METRICS.get(self.rule.watched.value)
        return Unit.NUMBER if metric is None else metric.unit


def _rule(tx: sa.Connection, row: sa.RowMapping) -> Rule | None:
    kept: Any = tx.scalar(sa.select(rules.c.definition).where(rules.c.id == row["rule"])) if row["rule"] else None
    return None if kept is None else rule_from_json(kept)
