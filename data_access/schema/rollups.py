"""Tables the product keeps itself and can always rebuild (`vigie rollup`), and its bookkeeping."""

import sqlalchemy as sa

from data_access.schema.base import date, instant, metadata, number, tenant, text, whole

# Events of a day by name and dimensions: counts and sums without reading events.
rollup_event_day = sa.Table(
    "rollup_event_day",
    metadata,
    tenant(),
    date("day", nullable=False),
    text("name"), text("category"), text("country"), text("device"), text("channel"), text("plan"), text("kind"),
    whole("events"), whole("value_base_minor"), number("duration_ms"),
)  # fmt: skip

# The same by the hour of the tenant's clock (`hour`: the instant it began), without names; and by page.
rollup_event_hour = sa.Table(
    "rollup_event_hour",
    metadata,
    tenant(),
    date("day", nullable=False),
    instant("hour", nullable=False),
    text("country"), text("device"), text("channel"), text("plan"), text("kind"),
    whole("events"), whole("page_views"),
)  # fmt: skip
rollup_page_day = sa.Table(
    "rollup_page_day",
    metadata,
    tenant(),
    date("day", nullable=False),
    text("page"), text("country"), text("device"), text("channel"), text("plan"), text("kind"),
    whole("events"), whole("page_views"),
)  # fmt: skip

# Sessions of a day by dimensions, by whether they saw exactly one page, and by length: `band` is the lower edge in seconds of the band
# of lengths that holds them (see analytics/sources/session_bands.py).
rollup_session_day = sa.Table(
    "rollup_session_day",
    metadata,
    tenant(),
    date("day", nullable=False),
    text("country"), text("device"), text("channel"), text("plan"), text("kind"),
    sa.Column("single", sa.Boolean, nullable=False), whole("band", nullable=False),
    whole("sessions"), whole("page_views"), number("duration_s"),
)  # fmt: skip

# One row per user, day and combination of dimensions ("" where unknown).
rollup_user_day = sa.Table(
    "rollup_user_day",
    metadata,
    tenant(),
    date("day", nullable=False),
    whole("user_key", nullable=False),
    text("country"), text("device"), text("channel"), text("plan"), text("kind"),
    whole("events"),
)  # fmt: skip

# How many users were active on `day` and, before it, last on `prev_day`. Distinct users of any window
# [s, e) = sum(users) where s <= day < e and (prev_day is null or prev_day < s): each user is counted on
# the first active day inside the window. dimension "" is everyone; otherwise prev_day is the user's
# previous active day with the same value of that dimension.
rollup_active = sa.Table(
    "rollup_active",
    metadata,
    tenant(),
    date("day", nullable=False),
    text("dimension"), text("value"), date("prev_day"), whole("users", nullable=False),
)  # fmt: skip

# Active days as bits: bit i of `bits` is day `block` * 60 + i since 1970-01-01.
rollup_activity = sa.Table(
    "rollup_activity", metadata, tenant(), whole("user_key", nullable=False), whole("block", nullable=False), whole("bits", nullable=False)
)

# Log-bucket histogram: bucket b holds latencies in [1.01^b, 1.01^(b+1)) ms, so a quantile is right to 1 %.
rollup_latency = sa.Table(
    "rollup_latency",
    metadata,
    tenant(),
    date("day", nullable=False),
    instant("hour", nullable=False),
    text("source"),  # api (api_requests), page (page loads), ai (ai_generations)
    text("name"),  # endpoint, page or model
    text("status"),  # ok or error
    whole("bucket", nullable=False), whole("requests", nullable=False),
)  # fmt: skip

# A write raises the version of the tenant, table and days it touched; answers are cached under it.
data_versions = sa.Table(
    "data_versions", metadata, tenant(), text("table_name"), date("day"), whole("version", nullable=False), instant("written_at")
)

# Who was in a saved segment when it was frozen; `version` is the one of the segment that froze it.
segment_members = sa.Table(
    "segment_members",
    metadata,
    tenant(),
    sa.Column("segment", sa.Text, nullable=False),
    whole("version", nullable=False),
    whole("user_key", nullable=False),
)

# Files already imported: (tenant, file hash, table) and what became of them.
imports = sa.Table(
    "imports",
    metadata,
    tenant(),
    text("file_hash"), text("file_name"), text("table_name"), whole("rows"), whole("loaded"), whole("duplicates"), whole("rejected"),
    instant("finished_at"),
)  # fmt: skip
