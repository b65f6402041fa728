"""The channel that campaign parameters speak of, the same at ingest and where a visit is read again."""

from __future__ import annotations

DIRECT = "direct"
PAID = frozenset({"cpc", "ppc", "paid", "paidsearch", "paid_search", "cpm", "display", "banner", "retargeting"})
PAID_SOCIAL = frozenset({"paid_social", "paidsocial", "paid-social", "social_paid"})
SOCIAL = (
    "facebook.", "instagram.", "linkedin.", "lnkd.in", "twitter.", "x.com", "t.co", "reddit.", "youtube.", "pinterest.", "tiktok.",
    "mastodon.", "bsky.", "threads.",
)  # fmt: skip


def of_medium(medium: str, origin: str) -> str | None:
    """The channel of a medium (`cpc`, `email`, …), None where the medium alone does not say.

    `origin` is where the visit came from: its source followed by a full stop, then the referrer's host.
    """
    medium = medium.lower()
    if medium in PAID_SOCIAL or (medium in PAID and any(part in origin for part in SOCIAL)):
        return "paid_social"
    if medium in PAID:
        return "paid_search"
    if medium in ("email", "newsletter", "e-mail"):
        return "email"
    if medium in ("referral", "affiliate", "partner"):
        return "referral"
    if medium == "organic":
        return "organic_search"
    return "organic_social" if medium in ("social", "organic_social") else None
