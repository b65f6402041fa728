"""A service marketplace: bookings of experts, calls, and what the experts are owed."""

from data_access.schema.base import fact, flag, instant, money, number, person, text, whole

bookings = fact(
    "bookings",
    text("booking_id"),
    text("type"),  # started, completed, failed, cancelled
    text("provider_id"), text("reason"), whole("session_key"), *person(), *money(), instant("scheduled_at"),
)  # fmt: skip

calls = fact(
    "calls",
    text("call_id"), text("booking_id"), text("provider_id"),
    text("status"),  # completed, failed, no_answer, busy
    number("duration_s"), text("error_code"), *person(),
)  # fmt: skip

# Availability over time: a row whenever an expert's state changes.
providers = fact(
    "providers",
    text("provider_id"), text("name"), text("country"), text("category"), flag("available"), flag("top"),
    number("rating"),
)  # fmt: skip

payouts = fact(
    "payouts",
    text("payout_id"), text("provider_id"), text("provider"),
    text("status"),  # pending, paid, failed
    text("reason"), *money(), text("country"),
)  # fmt: skip

commissions = fact("commissions", text("commission_id"), text("booking_id"), text("provider_id"), text("status"), *money())

balances = fact("balances", text("service"), *money("balance"), number("threshold"))
