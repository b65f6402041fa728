"""Timing: the median of several runs, after one that is not counted."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Timing:
    """Milliseconds. `answer` is what the uncounted run gave."""

    median: float
    worst: float
    answer: Any = None

    @classmethod
    def of(cls, run: Callable[[], Any], runs: int = 5, *, seconds: float = 20.0) -> Timing:
        """The first run is not counted unless it alone took more than `seconds`; slow ones are not run so often."""
        started = time.perf_counter()
        answer = run()
        first = (time.perf_counter() - started) * 1000
        if first > seconds * 1000:
            return cls(first, first, answer)
        spent = []
        for _ in range(runs if first < 1000 else min(runs, 2)):
            started = time.perf_counter()
            run()
            spent.append((time.perf_counter() - started) * 1000)
        return cls(statistics.median(spent), max(spent), answer)


def ratio(slow: float, fast: float) -> str:
    return f"{slow / fast:,.1f} ×" if fast else "—"
