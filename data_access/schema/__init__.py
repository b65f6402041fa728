"""The warehouse, table by table.

Conventions, true of every fact table:

- `tenant` is the small integer key of the tenant; no query may leave it out (`run` adds it).
- `ts` is an instant in UTC without a zone marker; `day` is the tenant's calendar date of that
  instant, stored when the row is written, so daily and coarser grains never convert time zones.
- money is an integer in minor units (`*_minor`) beside its `currency`; `*_base_minor` is the same
  amount in the tenant's reporting currency at the dated rate, NULL where no rate is known.
- `user_key` and `account_key` are dense integers given by the writer (`users`, `accounts`).
- `country`, `device`, `channel`, `plan`, `kind` on a fact are what held when the row was written.

`tests/unit/test_schema.py` keeps the numbered migrations of each engine equal to these tables.
"""

from data_access.schema.base import metadata
from data_access.schema.events import conversions, events, form_errors, sessions
from data_access.schema.health import checks, error_logs, samples
from data_access.schema.lists import event_list_moves, event_lists, event_pages, event_visits
from data_access.schema.marketplace import balances, bookings, calls, commissions, payouts, providers
from data_access.schema.money import channel_costs, fx_rates, mrr_movements, payments, subscriptions
from data_access.schema.people import accounts, aliases, identity_merges, users
from data_access.schema.rollups import (
    data_versions,
    imports,
    rollup_active,
    rollup_activity,
    rollup_event_day,
    rollup_event_hour,
    rollup_latency,
    rollup_page_day,
    rollup_session_day,
    rollup_user_day,
    segment_members,
)
from data_access.schema.usage import ai_generations, api_requests, conversations, experiments, exposures

FACTS = {
    table.name: table
    for table in (
        events, sessions, conversions, form_errors, subscriptions, payments, ai_generations, conversations,
        api_requests, error_logs, samples, checks, experiments, exposures, bookings, calls, providers,
        payouts, commissions, balances, channel_costs,
    )
}  # fmt: skip
DIMENSION_TABLES = {table.name: table for table in (users, accounts, aliases, fx_rates)}
ROLLUPS = {
    table.name: table
    for table in (
        mrr_movements, rollup_active, rollup_activity, rollup_event_day, rollup_event_hour, rollup_latency, rollup_page_day,
        rollup_session_day, rollup_user_day,
    )
}  # fmt: skip
BOOKKEEPING = {table.name: table for table in (data_versions, imports, segment_members)}

__all__ = [
    "BOOKKEEPING", "DIMENSION_TABLES", "FACTS", "LISTS", "ROLLUPS",
    "accounts", "ai_generations", "aliases", "api_requests", "balances", "bookings", "calls", "channel_costs",
    "checks", "commissions", "conversations", "conversions", "data_versions", "error_logs", "event_list_moves", "event_lists",
    "event_pages", "event_visits", "events", "experiments",
    "exposures", "form_errors", "fx_rates", "identity_merges", "imports", "metadata", "mrr_movements", "payments", "payouts", "providers",
    "rollup_active", "rollup_activity", "rollup_event_day", "rollup_event_hour", "rollup_latency", "rollup_page_day", "rollup_session_day",
    "rollup_user_day", "samples", "segment_members", "sessions",
    "subscriptions", "users",
]  # fmt: skip
