"""`python -m tests.oracle answer FILE.json [--engine duckdb|postgres]`: {"case name": answer, ...}, each in the form of `expected`."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from tests.oracle import ANSWERS, alerts
from tests.oracle.load import Opener, desk, engine


def answer(case: dict[str, Any], fresh: Opener) -> Any:
    """One case, on a warehouse of its own where it has events."""
    if "rule" in case:
        return alerts.answer(case)
    with fresh() as warehouse, desk(case, warehouse) as asked:
        return ANSWERS[case["kind"]](case, asked)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.oracle", description=__doc__)
    parser.add_argument("verb", choices=("answer",))
    parser.add_argument("file", type=Path)
    parser.add_argument("--engine", choices=("duckdb", "postgres"), default="duckdb")
    chosen = parser.parse_args()
    cases = json.loads(chosen.file.read_text())
    with engine(chosen.engine) as fresh:
        found = {case["name"]: answer(case, fresh) for case in cases}
    json.dump(found, sys.stdout, ensure_ascii=False, indent=1)
    print()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
