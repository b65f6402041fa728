"""Product events and what is derived from them at ingest."""

import sqlalchemy as sa

from data_access.schema.base import date, fact, flag, instant, json, metadata, money, number, person, tenant, text, whole

events = fact(
    "events",
    whole("seq"),  # arrival order within the tenant; decides what is shown first, never excludes a tie
    instant("received_at"),
    text("name"),
    text("category"),
    whole("session_key"),
    *person(),
    text("page"), text("action"), text("label"), text("title"), text("path"), text("search"), text("referrer"),
    text("source"), text("medium"), text("campaign"), text("term"), text("content"),
    text("region"), text("city"), text("device"), text("os"), text("os_version"),
    text("browser"), text("browser_version"), text("language"), text("screen"),
    flag("is_new_user"), flag("is_new_session"), text("role"), number("duration_ms"),
    *money("value"),
    json("properties"),
)  # fmt: skip

# One row per session, kept by the writer; dimensions are those of its first event.
sessions = sa.Table(
    "sessions",
    metadata,
    tenant(),
    whole("session_key", nullable=False),
    instant("ts", nullable=False),
    date("day", nullable=False),
    instant("ended_at"),
    *person(),
    text("device"), text("os"), text("browser"), text("campaign"),
    text("entry_page"), text("exit_page"),
    whole("events"), whole("page_views"), number("duration_s"),
    flag("is_new_user"),
)  # fmt: skip

conversions = fact(
    "conversions",
    text("type"),  # sign_up, subscription, upgrade, referral, engagement; marketplaces add booking, purchase
    whole("session_key"),
    *person(),
    text("campaign"), text("click_id"), flag("hashed_contact"), text("ad_platform"),
    *money("value"),
    json("touchpoints"),  # [{ts, channel, campaign}], oldest first
)  # fmt: skip

form_errors = fact(
    "form_errors",
    text("form"), text("field"), text("message"), whole("session_key"), *person(),
    text("device"), text("os"), text("browser"),
)  # fmt: skip
