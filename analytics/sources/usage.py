"""API requests, AI generations and health checks: plain facts."""

from analytics.metric import Source
from analytics.sources.events import PERSON_DIMENSIONS
from data_access.schema import ai_generations, api_requests, checks

API_REQUESTS = Source(
    "api_requests", ("api_requests",), lambda scan: api_requests, PERSON_DIMENSIONS | {"endpoint", "status", "method", "service", "region"}
)
AI_GENERATIONS = Source(
    "ai_generations",
    ("ai_generations",),
    lambda scan: ai_generations,
    PERSON_DIMENSIONS | {"provider", "model", "prompt_template", "prompt_version", "status"},
)
CHECKS = Source("checks", ("checks",), lambda scan: checks, frozenset({"target", "type", "weekday", "hour_of_day"}))
