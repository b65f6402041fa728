"""Movements: what moved MRR, down to the customer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal, cast

import pandas as pd
import sqlalchemy as sa
from pydantic import Field

from accounts.language import Text
from accounts.roles import Permission
from analytics.compile import applies, conditions
from analytics.dimensions import DIMENSIONS, dimension
from analytics.kinds.aggregate import TRUNCATED, no_rate, not_applicable
from analytics.metric import Unit
from analytics.metrics import METRICS
from analytics.money import lacking_rate
from analytics.query import Query
from analytics.question import Question
from analytics.result import Column, Result
from analytics.sources.revenue import MOVEMENTS
from data_access.functions import distinct_list
from data_access.schema import accounts, users

Movement = Literal["new", "expansion", "contraction", "churn", "reactivation"]


class Movements(Query):
    """`Movements(movements=("churn",), period="mtd", limit=20)`: the largest first, or with `order="time"` the newest first."""

    kind: Literal["movements"] = "movements"
    movements: Annotated[tuple[Movement, ...], Field(max_length=5)] = ()  # none: all five
    order: Literal["size", "time"] = "size"
    limit: Annotated[int, Field(ge=1, le=1000)] = 50


def tables(query: Movements) -> Iterable[str]:
    return {"mrr_movements", "users", "accounts"}


def permissions(query: Movements) -> frozenset[Permission]:
    return frozenset({Permission.READ_MONEY, Permission.READ_PEOPLE}) | {dimension(f.dimension).permission for f in query.filters}


def lookback(query: Movements) -> int | None:
    return 0


def answer(question: Question) -> Result:
    """frame: one row per customer and change: `day`, `customer` (its key), `name`, `movement`, `plan_from`, `plan_to` ("" for none),
    `amount` (minor units of the reporting currency; negative for a loss; NaN without a rate) and `ts` (naive UTC).
    """
    query = cast(Movements, question.query)
    warnings = []
    if not applies(MOVEMENTS, question.scan()):
        found, warnings = _no_rows(), [not_applicable([METRICS["net_new_mrr"]])]
    else:
        found = question.read(_statement(question, query))
    kept = found.head(query.limit)
    if len(found) > query.limit:
        warnings.append(TRUNCATED)
    if lacking := sorted({code for codes in kept["lacking"].dropna() for code in str(codes).split(",")}):
        warnings.append(no_rate(METRICS["net_new_mrr"], lacking))
    return Result(
        query=query,
        period=question.period,
        frame=_worded(kept, _names(question, list(kept["customer"]))),
        columns=COLUMNS,
        warnings=tuple(warnings),
        currency=question.tenant.currency,
        trail=tuple(question.trail),
    )


def _statement(question: Question, query: Movements) -> sa.Select[Any]:
    scan = question.scan()
    rows = MOVEMENTS.build(scan)
    amount = sa.func.sum(rows.c.delta_base_minor)
    lacking = lacking_rate("delta")(rows)
    size = sa.func.abs(sa.func.coalesce(amount, 0))
    keys = [rows.c.ts, rows.c.day, rows.c.customer, rows.c.movement]
    chosen = [rows.c.movement.in_(query.movements)] if query.movements else []
    # A move between plans or countries that leaves the sum as it was moved no MRR.
    moved = sa.or_(sa.func.sum(rows.c.delta_minor) != 0, sa.func.sum(rows.c.customers_delta) != 0)
    order = [size.desc(), rows.c.ts.desc()] if query.order == "size" else [rows.c.ts.desc(), size.desc()]
    return (
        sa.select(
            *keys,
            sa.case((lacking.is_(None), amount)).label("amount"),
            lacking.label("lacking"),
            _plans(rows, rows.c.delta_minor < 0).label("left"),
            _plans(rows, rows.c.delta_minor > 0).label("joined"),
        )
        .where(*conditions(MOVEMENTS, rows, scan), *chosen)
        .group_by(*keys)
        .having(moved)
        .order_by(*order, rows.c.customer)
        .limit(query.limit + 1)
    )


def _plans(rows: sa.FromClause, of: sa.ColumnElement[bool]) -> sa.ColumnElement[Any]:
    return distinct_list(sa.case((of, rows.c.plan)), ", ")


def _names(question: Question, customers: list[str]) -> dict[str, str]:
    """What the customers are called: the name given to the account or user, else the company's own id of it."""
    found: dict[str, str] = {}
    for mark, table, key in (("a", accounts, accounts.c.account_key), ("u", users, users.c.user_key)):
        keys = sorted({int(c[1:]) for c in customers if c[:1] == mark and c[1:].isdigit()})
        if keys:
            title = sa.func.coalesce(sa.func.nullif(table.c.name, ""), table.c.external_id).label("title")
            rows = question.read(sa.select(key.label("key"), title).where(table.c.tenant == question.tenant.key, key.in_(keys)))
            found |= {f"{mark}{row.key}": row.title for row in rows.itertuples() if isinstance(row.title, str)}
    return found


def _worded(rows: pd.DataFrame, names: dict[str, str]) -> pd.DataFrame:
    left, joined = rows["left"].fillna(""), rows["joined"].fillna("")
    begins, ends = rows["movement"].isin(["new", "reactivation"]), rows["movement"].eq("churn")
    told = rows.assign(
        name=[names.get(customer, customer) for customer in rows["customer"]],
        plan_from=left.where(left.ne(""), joined).mask(begins, ""),
        plan_to=joined.where(joined.ne(""), left).mask(ends, ""),
        amount=rows["amount"].astype("float64"),
    )
    return told[[column.name for column in COLUMNS]].reset_index(drop=True)


def _no_rows() -> pd.DataFrame:
    return pd.DataFrame(
        {name: pd.Series(dtype="object") for name in ("ts", "day", "customer", "movement", "amount", "lacking", "left", "joined")}
    )


COLUMNS = (
    Column("day", Text("Day", "Jour"), Unit.TIME, "time"),
    Column("customer", Text("Customer key", "Clé du client"), Unit.PERSON, "dimension"),
    Column("name", Text("Customer", "Client"), Unit.TEXT, "dimension"),
    Column("movement", DIMENSIONS["movement"].label, Unit.TEXT, "dimension"),
    Column("plan_from", Text("From plan", "Offre quittée"), Unit.TEXT, "dimension"),
    Column("plan_to", Text("To plan", "Offre rejointe"), Unit.TEXT, "dimension"),
    Column("amount", Text("MRR", "MRR"), Unit.MONEY, "metric"),
    Column("ts", Text("Time", "Heure"), Unit.INSTANT, "dimension"),
)
