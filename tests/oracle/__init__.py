"""Answers to cases in the form of `../shared/oracles/README.md`, by the product's own writer and `run()`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.oracle import active_users, funnel, lifecycle, paths, retention, sessions, stickiness
from tests.oracle.load import Desk

ANSWERS: dict[str, Callable[[dict[str, Any], Desk], Any]] = {
    "active_users": active_users.answer,
    "funnel": funnel.answer,
    "lifecycle": lifecycle.answer,
    "paths": paths.answer,
    "retention": retention.answer,
    "sessions": sessions.answer,
    "stickiness": stickiness.answer,
}
