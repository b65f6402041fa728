"""What one person did, as numbers: one statement per table, each over the person's own rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import sqlalchemy as sa

from accounts.language import Text
from accounts.roles import Permission
from analytics.metric import Unit
from analytics.question import Question
from analytics.sources.events import PAGE_VIEW
from data_access.schema import (
    ai_generations,
    api_requests,
    bookings,
    calls,
    conversations,
    conversions,
    error_logs,
    events,
    form_errors,
    payments,
    rollup_user_day,
    sessions,
    subscriptions,
)

Expression = Callable[[sa.Table], sa.ColumnElement[Any]]


@dataclass(frozen=True)
class Deed:
    """A number about one person: an aggregate over the person's rows of a table."""

    name: str
    label: Text
    unit: Unit
    table: sa.Table
    expression: Expression
    permission: Permission | None = None


def _count(condition: Callable[[sa.Table], sa.ColumnElement[bool]] | None = None) -> Expression:
    if condition is None:
        return lambda table: sa.func.count()
    return lambda table: sa.func.coalesce(sa.func.sum(sa.case((condition(table), 1), else_=0)), 0)


def _sum(name: str) -> Expression:
    return lambda table: sa.func.coalesce(sa.func.sum(table.c[name]), 0)


def _named(*parts: str, action: str = "", category: str = "") -> Callable[[sa.Table], sa.ColumnElement[bool]]:
    """Events that say so by their action or category, or whose name holds one of these words."""

    def condition(table: sa.Table) -> sa.ColumnElement[bool]:
        name = sa.func.lower(sa.func.coalesce(table.c.name, ""))
        said = [sa.func.strpos(name, part) > 0 for part in parts]
        said += [table.c.action == action] if action else []
        said += [table.c.category == category] if category else []
        return sa.func.coalesce(sa.or_(*said), sa.false())

    return condition


def _revenue(table: sa.Table) -> sa.ColumnElement[Any]:
    sign = sa.case((table.c.type == "captured", 1), (table.c.type == "refunded", -1))
    return sa.func.coalesce(sa.func.sum(sign * table.c.amount_base_minor), 0)


def _tokens(table: sa.Table) -> sa.ColumnElement[Any]:
    both = sa.func.coalesce(table.c.input_tokens, 0) + sa.func.coalesce(table.c.output_tokens, 0)
    return sa.func.coalesce(sa.func.sum(both), 0)


def _rate(condition: Callable[[sa.Table], sa.ColumnElement[bool]]) -> Expression:
    return lambda table: sa.cast(sa.func.sum(sa.case((condition(table), 1), else_=0)), sa.Double) / sa.func.nullif(sa.func.count(), 0)


def _failed(table: sa.Table) -> sa.ColumnElement[bool]:
    return sa.func.coalesce(table.c.status == "error", sa.false())


def _refused(table: sa.Table) -> sa.ColumnElement[bool]:
    return sa.func.coalesce(table.c.status >= 500, sa.false())


def _is(word: str) -> Callable[[sa.Table], sa.ColumnElement[bool]]:
    return lambda table: table.c.type == word


def _mean(name: str) -> Expression:
    return lambda table: sa.func.avg(table.c[name])


_MONEY, _HEALTH = Permission.READ_MONEY, Permission.READ_HEALTH
DEEDS: tuple[Deed, ...] = (
    Deed("events", Text("Events", "Événements"), Unit.COUNT, rollup_user_day, _sum("events")),
    Deed("active_days", Text("Days active", "Jours d’activité"), Unit.COUNT, rollup_user_day, lambda t: sa.func.count(t.c.day.distinct())),
    Deed("page_views", Text("Page views", "Pages vues"), Unit.COUNT, sessions, _sum("page_views")),
    Deed("sessions", Text("Sessions", "Sessions"), Unit.COUNT, sessions, _count()),
    Deed("session_length", Text("Mean session", "Session moyenne"), Unit.SECONDS, sessions, _mean("duration_s")),
    Deed("revenue", Text("Revenue", "Revenu"), Unit.MONEY, payments, _revenue, _MONEY),
    Deed("payments", Text("Payments", "Paiements"), Unit.COUNT, payments, _count(_is("captured")), _MONEY),
    Deed("payments_failed", Text("Failed payments", "Paiements échoués"), Unit.COUNT, payments, _count(_is("failed")), _MONEY),
    Deed("plan_changes", Text("Plan changes", "Changements d’offre"), Unit.COUNT, subscriptions, _count(), _MONEY),
    Deed("conversions", Text("Conversions", "Conversions"), Unit.COUNT, conversions, _count()),
    Deed("generations", Text("AI generations", "Générations IA"), Unit.COUNT, ai_generations, _count()),
    Deed("tokens", Text("AI tokens", "Jetons IA"), Unit.COUNT, ai_generations, _tokens),
    Deed("ai_cost", Text("AI cost", "Coût de l’IA"), Unit.MONEY, ai_generations, _sum("cost_base_minor"), _MONEY),
    Deed("ai_latency", Text("AI response", "Réponse de l’IA"), Unit.MILLISECONDS, ai_generations, _mean("latency_ms")),
    Deed("ai_errors", Text("AI error rate", "Taux d’erreur IA"), Unit.RATIO, ai_generations, _rate(_failed)),
    Deed("conversations", Text("Conversations", "Conversations"), Unit.COUNT, conversations, _count()),
    Deed("messages", Text("Messages", "Messages"), Unit.COUNT, conversations, _sum("messages")),
    Deed("rating", Text("Mean rating", "Note moyenne"), Unit.NUMBER, conversations, _mean("rating")),
    Deed("api_requests", Text("API requests", "Requêtes API"), Unit.COUNT, api_requests, _count()),
    Deed("api_errors", Text("API error rate", "Taux d’erreur API"), Unit.RATIO, api_requests, _rate(_refused)),
    Deed("shares", Text("Shares", "Partages"), Unit.COUNT, events, _count(_named("share", action="share"))),
    Deed("exports", Text("Exports", "Exports"), Unit.COUNT, events, _count(_named("export", action="export"))),
    Deed("customisations", Text("Customisations", "Personnalisations"), Unit.COUNT, events, _count(_named("customi", category="settings"))),
    Deed("feedback", Text("Feedback", "Avis donnés"), Unit.COUNT, events, _count(_named("feedback", "_rated", action="rate"))),
    Deed("tickets", Text("Tickets", "Tickets"), Unit.COUNT, events, _count(_named("ticket"))),
    Deed("form_errors", Text("Form errors", "Erreurs de formulaire"), Unit.COUNT, form_errors, _count()),
    Deed("errors", Text("Errors", "Erreurs"), Unit.COUNT, error_logs, _count(), _HEALTH),
    Deed("bookings", Text("Bookings", "Réservations"), Unit.COUNT, bookings, _count(_is("completed"))),
    Deed("calls", Text("Calls", "Appels"), Unit.COUNT, calls, _count(lambda t: t.c.status == "completed")),
    Deed("call_length", Text("Mean call", "Appel moyen"), Unit.SECONDS, calls, _mean("duration_s")),
)  # fmt: skip
TABLES = tuple(dict.fromkeys(deed.table.name for deed in DEEDS))


def done(question: Question, key: int, deeds: Sequence[Deed]) -> pd.DataFrame:
    """One row with a column per deed; NaN where nothing can be said."""
    values: dict[str, Any] = {}
    for table in dict.fromkeys(deed.table for deed in deeds):
        wanted = [deed for deed in deeds if deed.table is table]
        row = question.read(_statement(question, key, table, wanted)).iloc[0]
        values |= {deed.name: row[deed.name] for deed in wanted}
    return pd.DataFrame({deed.name: [values[deed.name]] for deed in deeds}).astype("float64")


def _statement(question: Question, key: int, table: sa.Table, deeds: Sequence[Deed]) -> sa.Select[Any]:
    c, period = table.c, question.period
    where = [c.tenant == question.tenant.key, c.user_key == key, c.day >= period.first, c.day < period.last]
    where += [c.ts < period.until] if "ts" in c and period.cut else []
    where += [c.name != PAGE_VIEW] if table is events else []
    return sa.select(*(deed.expression(table).label(deed.name) for deed in deeds)).select_from(table).where(*where)
