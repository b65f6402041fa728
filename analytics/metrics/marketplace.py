"""What a service marketplace watches: bookings, calls, payouts and commissions."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from accounts.language import Text
from accounts.roles import Permission
from analytics.metric import Expression, Metric, Unit, ratio
from analytics.money import Where, base_sum, lacking_rate
from analytics.sources.marketplace import BOOKINGS, CALLS, COMMISSIONS, PAYOUTS


def rows_where(column: str, *values: str) -> Expression:
    """How many rows hold one of the values; no rows at all is 0."""

    def expression(rows: sa.FromClause) -> sa.ColumnElement[Any]:
        return sa.func.sum(sa.case((rows.c[column].in_(values), 1), else_=0))

    return expression


def equals(column: str, value: str) -> Where:
    return lambda rows: rows.c[column] == value


completed, paid = equals("type", "completed"), equals("status", "paid")


def _mean_duration(rows: sa.FromClause) -> sa.ColumnElement[Any]:
    return sa.func.avg(sa.case((rows.c.status == "completed", rows.c.duration_s)))


MARKETPLACE: tuple[Metric, ...] = (
    Metric(
        "bookings_started",
        Text("Bookings started", "Réservations commencées"),
        Text("Bookings that a visitor began.", "Réservations qu’un visiteur a commencées."),
        "marketplace", Unit.COUNT, source=BOOKINGS, expression=rows_where("type", "started"), empty=0.0,
    ),
    Metric(
        "bookings",
        Text("Bookings", "Réservations"),
        Text("Bookings completed.", "Réservations menées à leur terme."),
        "marketplace", Unit.COUNT, source=BOOKINGS, expression=rows_where("type", "completed"), empty=0.0,
    ),
    Metric(
        "bookings_failed",
        Text("Failed bookings", "Réservations échouées"),
        Text("Bookings that ended in an error.", "Réservations terminées par une erreur."),
        "marketplace", Unit.COUNT, "down", source=BOOKINGS, expression=rows_where("type", "failed"), empty=0.0,
    ),
    Metric(
        "booking_failure_rate",
        Text("Booking failure rate", "Taux d’échec des réservations"),
        Text("Failed bookings ÷ (completed + failed).", "Réservations échouées ÷ (terminées + échouées)."),
        "marketplace", Unit.RATIO, "down", change="points", needs=("bookings_failed", "bookings"),
        formula=lambda m: ratio(m["bookings_failed"], m["bookings_failed"] + m["bookings"]),
    ),
    Metric(
        "booking_completion",
        Text("Booking completion", "Taux d’aboutissement"),
        Text("Completed bookings ÷ started bookings of the period.", "Réservations terminées ÷ commencées sur la période."),
        "marketplace", Unit.RATIO, change="points", needs=("bookings", "bookings_started"),
        formula=lambda m: ratio(m["bookings"], m["bookings_started"]),
    ),
    Metric(
        "booking_value",
        Text("Booking value", "Valeur des réservations"),
        Text("Amount of completed bookings.", "Montant des réservations terminées."),
        "marketplace", Unit.MONEY, source=BOOKINGS, expression=base_sum("amount", completed),
        unrated=lacking_rate("amount", completed), empty=0.0,
        permission=Permission.READ_MONEY,
    ),
    Metric(
        "calls",
        Text("Calls", "Appels"),
        Text("Calls attempted between a client and an expert.", "Appels tentés entre un client et un expert."),
        "marketplace", Unit.COUNT, source=CALLS, expression=lambda rows: sa.func.count(), empty=0.0,
    ),
    Metric(
        "calls_failed",
        Text("Failed calls", "Appels échoués"),
        Text("Calls that ended in a technical failure.", "Appels terminés par une panne technique."),
        "marketplace", Unit.COUNT, "down", source=CALLS, expression=rows_where("status", "failed"), empty=0.0,
    ),
    Metric(
        "call_failure_rate",
        Text("Call failure rate", "Taux d’échec des appels"),
        Text("Failed calls ÷ calls.", "Appels échoués ÷ appels."),
        "marketplace", Unit.RATIO, "down", change="points", needs=("calls_failed", "calls"),
        formula=lambda m: ratio(m["calls_failed"], m["calls"]),
    ),
    Metric(
        "call_duration",
        Text("Mean call duration", "Durée moyenne d’appel"),
        Text("Mean duration of completed calls.", "Durée moyenne des appels aboutis."),
        "marketplace", Unit.SECONDS, "neutral", source=CALLS, expression=_mean_duration,
    ),
    Metric(
        "payouts_paid",
        Text("Payouts", "Versements"),
        Text("Amount paid out to experts.", "Montant versé aux experts."),
        "marketplace", Unit.MONEY, "neutral", source=PAYOUTS, expression=base_sum("amount", paid),
        unrated=lacking_rate("amount", paid), empty=0.0,
        permission=Permission.READ_MONEY,
    ),
    Metric(
        "payouts_failed",
        Text("Failed payouts", "Versements échoués"),
        Text("Payouts that the payment provider refused.", "Versements refusés par le prestataire de paiement."),
        "marketplace", Unit.COUNT, "down", source=PAYOUTS, expression=rows_where("status", "failed"), empty=0.0,
    ),
    Metric(
        "commission",
        Text("Commission", "Commission"),
        Text("Commission earned on bookings, paid.", "Commission gagnée sur les réservations, encaissée."),
        "marketplace", Unit.MONEY, source=COMMISSIONS, expression=base_sum("amount", paid),
        unrated=lacking_rate("amount", paid), empty=0.0,
        permission=Permission.READ_MONEY,
    ),
)  # fmt: skip
