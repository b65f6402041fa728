"""Timing: the median of several runs, after one that is not counted."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Timing:
    """Milliseconds."""

    median: float
    worst: float

    @classmethod
    def of(cls, run: Callable[[], Any], runs: int = 5) -> Timing:
        run()
        spent = []
        for _ in range(runs):
            started = time.perf_counter()
            run()
            spent.append((time.perf_counter() - started) * 1000)
        return cls(statistics.median(spent), max(spent))


def ratio(slow: float, fast: float) -> str:
    return f"{slow / fast:,.1f} ×" if fast else "—"
