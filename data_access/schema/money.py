"""Subscriptions, payments, what marketing costs, and rates of exchange."""

import sqlalchemy as sa

from data_access.schema.base import date, fact, instant, metadata, money, number, person, tenant, text, whole

# Every change of a subscription is a row; a row holds the state after the change.
subscriptions = fact(
    "subscriptions",
    text("subscription_id"),
    text("customer"),  # who pays: "a<account_key>" for a business, "u<user_key>" for an individual
    text("change"),  # start, upgrade, downgrade, quantity, discount, price, pause, resume, cancel, expire, reactivate, past_due
    text("status"),  # trialing, active, past_due, paused, cancelled
    text("interval"),  # month or year
    whole("quantity"),
    *person(),
    *money(),  # per interval, after discount, for the whole quantity
    whole("mrr_minor"),  # per month: yearly / 12, rounded half up; 0 unless active or past_due
    instant("ends_at"),  # end of the paid period, set on cancel
)  # fmt: skip

payments = fact(
    "payments",
    text("payment_id"),
    text("type"),  # attempt, authorised, captured, refunded, failed
    text("provider"),  # stripe, paypal, …
    text("method"), text("decline_code"), text("subscription_id"), text("booking_id"), whole("session_key"),
    *person(),
    *money(),  # always positive; a refund is a row of type refunded
    whole("fee_minor"),
)  # fmt: skip

# Derived from subscriptions by the writer: one row per customer, change and plan. The sum of
# delta_base_minor up to an instant is the MRR at that instant.
mrr_movements = sa.Table(
    "mrr_movements",
    metadata,
    tenant(),
    text("customer"),
    text("subscription_id"),
    instant("ts", nullable=False),
    date("day", nullable=False),
    text("movement"),  # new, expansion, contraction, churn, reactivation
    whole("delta_minor"), text("currency"), whole("delta_base_minor"),
    whole("customers_delta"),  # +1 new or reactivation, -1 churn, 0 otherwise; on one row per customer and change
    instant("active_since"),  # when the customer's unbroken paying run began
    date("active_since_day"),
    date("customer_since_day"),  # when the customer paid for the first time: the cohort
    *person(),
)  # fmt: skip

channel_costs = fact("channel_costs", text("channel"), text("campaign"), *money("cost"), whole("clicks"), whole("impressions"))

# 1 unit of `currency` is worth `rate` units of the tenant's reporting currency from `day` on.
fx_rates = sa.Table("fx_rates", metadata, tenant(), date("day", nullable=False), text("currency"), number("rate"))
