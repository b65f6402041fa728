"""What every test shares: a calm hypothesis, and where the reference files are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Shared processors make timing say nothing about a strategy; every other health check stays on. The same examples each time,
# so that a change is judged by what it changes; `RANDOM_EXAMPLES=1 make test` looks for new ones.
RANDOM = bool(os.environ.get("RANDOM_EXAMPLES"))
settings.register_profile("vigie", deadline=None, derandomize=not RANDOM, suppress_health_check=[HealthCheck.too_slow], max_examples=60)
settings.load_profile("vigie")

SHARED = Path(__file__).resolve().parents[1].parent / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of reference answers and data beside the checkout; tests that need it skip where it is absent."""
    if not SHARED.is_dir():
        pytest.skip(f"needs the reference files in {SHARED.name}/ beside the checkout")
    return SHARED
