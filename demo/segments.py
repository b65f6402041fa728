"""Segments that the demonstration's companies have saved."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from accounts.actor import Actor
from analytics.filters import Filter
from analytics.matching import Matcher
from analytics.segments import saved
from analytics.segments.definition import Did, Group, Joined, Property, Sequence, Stopped, Window
from analytics.segments.saved import Draft

ANYTHING = Matcher()
POWER = Draft(
    "Power users",
    Group(of=(Did(event=ANYTHING, measure="days", amount=10, window=Window(days=30)),)),
    "Here on ten days or more of the last thirty.",
)
LUMEN = (
    POWER,
    Draft(
        "At risk",
        Group(
            of=(Stopped(event=ANYTHING, days=14), Property(filter=Filter("is", "person.plan", ("Solo", "Team", "Business", "Enterprise"))))
        ),
        "They pay, and have not been here for two weeks.",
    ),
    Draft(
        "Free users who invite",
        Group(
            of=(
                Property(filter=Filter("is", "person.plan", ("Free", ""))),
                Did(event=Matcher(event="member_invited"), window=Window(days=90)),
            )
        ),
        "The next to ask for an upgrade.",
    ),
    Draft(
        "New, nothing created yet",
        Group(of=(Joined(window=Window(days=14)), Did(event=Matcher(event="document_created"), op="not", window=Window()))),
        "Signed up in the last two weeks and still in front of an empty page.",
    ),
    Draft(
        "Paid within a week",
        Group(
            of=(
                Sequence(
                    steps=(Matcher(event="sign_up_completed"), Matcher(event="checkout_completed")),
                    within=7,
                    unit="day",
                    window=Window(days=90),
                ),
            )
        ),
        "From sign-up to a paid plan in seven days.",
    ),
)
ALLO = (
    POWER,
    Draft("Gone quiet", Group(of=(Stopped(event=ANYTHING, days=30),)), "Were here, and not in the last month."),
    Draft("New this month", Group(of=(Joined(window=Window(days=30)),)), "First seen in the last thirty days."),
)
SHIPPED = {"lumen": LUMEN, "allo": ALLO}


def ensure(store: sa.Engine, admin: Actor, now: datetime) -> None:
    """Save those of the administrator's company, unless it has any segments already."""
    if saved.listed(store, admin.tenant.key):
        return
    for draft in SHIPPED.get(admin.tenant.slug, ()):
        saved.create(store, admin, draft, now)
