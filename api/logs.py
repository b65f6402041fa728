"""One line of JSON per event on standard error. What could be a secret is never a field; names of fields that could hold one are masked."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

_SECRET = re.compile(r"(password|secret|token|cookie|authorization|csrf|ticket|key)$", re.IGNORECASE)
_IN_URL = re.compile(r"(://[^:/@\s]+):[^@/\s]+@")


def configure(level: str, stream: Any = None) -> None:
    """Set the level and the shape for the whole process, also for libraries that use the standard `logging`."""
    number = logging.getLevelNamesMapping()[level]
    processors: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        masked,
        structlog.processors.JSONRenderer(ensure_ascii=False),
    ]
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(stream or sys.stderr),
        cache_logger_on_first_use=False,
    )


def masked(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Mask fields named like a secret, and passwords inside URLs."""
    for name, value in event.items():
        if _SECRET.search(name):
            event[name] = "***"
        elif isinstance(value, str):
            event[name] = _IN_URL.sub(r"\1:***@", value)
    return event
