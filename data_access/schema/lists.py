"""Posting lists of events: which files hold them, and what their codes stand for (docs/adr/0007-posting-lists.md)."""

import sqlalchemy as sa

from data_access.schema.base import metadata, tenant, text, whole

# One row per file of lists. The files of one `place` (a folder) with the same tenant together hold every event with a user up to
# the greatest `upto_seq`, as of data version `version`. `born`: later files know better about the users they replace.
event_lists = sa.Table(
    "event_lists",
    metadata,
    tenant(),
    text("place"), text("file"), text("zone"),
    whole("born", nullable=False), whole("upto_seq", nullable=False), whole("events", nullable=False), whole("version", nullable=False),
    whole("low", nullable=False), whole("high", nullable=False),  # first and last instant, microseconds since 1970
)  # fmt: skip

# Rows of events that the lists may already hold were changed at data version `version`: all of a user's, or (`user_key` NULL)
# what events are worth.
event_list_moves = sa.Table("event_list_moves", metadata, tenant(), whole("user_key"), whole("version", nullable=False))

# Every combination of these columns that events carry; lists hold its code. Code 0: too many to tell apart.
event_visits = sa.Table(
    "event_visits",
    metadata,
    tenant(),
    whole("code", nullable=False),
    text("plan"), text("kind"), text("country"), text("channel"), text("source"), text("medium"), text("campaign"),
    text("region"), text("city"), text("device"), text("os"), text("browser"), text("language"), text("role"),
)  # fmt: skip

event_pages = sa.Table(
    "event_pages", metadata, tenant(), whole("code", nullable=False), text("name"), text("category"), text("page"), text("path")
)
