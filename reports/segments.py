"""Segments in the reader's words."""

from __future__ import annotations

from functools import partial

from accounts.actor import Actor
from analytics.segments.sentences import Speaker
from reports import words


def speaker(actor: Actor) -> Speaker:
    """Says definitions in the reader's language, with values and money as everywhere."""
    money = partial(_money, actor)
    return Speaker(actor.locale, words.slice_name, money)


def _money(actor: Actor, minor: float) -> str:
    return words.money(minor, actor.locale, actor.tenant.currency, "exact")
