"""AUDIENCE: what visits lead to, whoever pays it and wherever they come from."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from accounts.language import Text
from accounts.roles import Permission
from analytics.metric import Metric, Unit, ratio
from analytics.sources.visits import VISITS
from data_access.functions import distinct_list


def _converting(rows: sa.FromClause) -> sa.ColumnElement[Any]:
    return sa.func.sum(rows.c.converted)


AUDIENCE: tuple[Metric, ...] = (
    Metric(
        "converting_sessions",
        Text("Converting sessions", "Sessions converties"),
        Text("Sessions begun in the period in which a conversion happened.", "Sessions commencées dans la période, avec conversion."),
        "activity", Unit.COUNT, source=VISITS, expression=_converting, empty=0, hidden=True,
    ),
    Metric(
        "session_conversion_rate",
        Text("Session conversion", "Conversion par session"),
        Text("Sessions in which a conversion of any type happened ÷ sessions.", "Sessions avec une conversion de tout type ÷ sessions."),
        "activity", Unit.RATIO, needs=("converting_sessions", "sessions"),
        formula=lambda m: ratio(m["converting_sessions"], m["sessions"]), change="points",
    ),
    Metric(
        "session_value",
        Text("Session value", "Valeur des sessions"),
        Text(
            "Money of the conversions that happened in the sessions begun in the period.",
            "Montant des conversions survenues dans les sessions commencées dans la période.",
        ),
        "revenue", Unit.MONEY, source=VISITS, expression=lambda rows: sa.func.sum(rows.c.value_base_minor),
        unrated=lambda rows: distinct_list(rows.c.lacking), empty=0, permission=Permission.READ_MONEY,
    ),
)  # fmt: skip
