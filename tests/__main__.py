"""What `make test` runs: style, types, import rules, every test with coverage, and a loud word on what was skipped.

python -m tests            everything
python -m tests --fast     without the browser
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
PROGRAMS = {
    "chromium": "browser tests",
    "promtool": "the check of /metrics",
    "npm": "the accessibility check in the browser",
    "pdftotext": "reading PDFs (poppler-utils)",
}
LEAST_COVERAGE = 90
CHECKS: tuple[tuple[str, list[str]], ...] = (
    ("style", [str(BIN / "ruff"), "check", "."]),
    ("format", [str(BIN / "ruff"), "format", "--check", "-q", "."]),
    ("types", [str(BIN / "mypy"), "."]),
    ("import rules", [str(BIN / "lint-imports"), "--no-cache"]),
)


def step(name: str, command: list[str], env: dict[str, str] | None = None) -> bool:
    started = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, env=env, check=False)
    print(f"{'passed' if done.returncode == 0 else 'FAILED'}: {name} ({time.perf_counter() - started:.1f} s)", flush=True)
    return done.returncode == 0


def tests(arguments: list[str]) -> bool:
    for old in ROOT.glob(".coverage*"):
        old.unlink()
    select = "not soak and not browser" if "--fast" in arguments else "not soak"
    command = [sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadfile", "-m", select, "-rs", "--durations=8"]
    coverage = ["--cov", "--cov-report=term:skip-covered", f"--cov-fail-under={LEAST_COVERAGE}"]
    return step("tests", command + coverage, dict(os.environ))


def main() -> int:
    passed = [step(name, command) for name, command in CHECKS]
    missing = {name: what for name, what in PROGRAMS.items() if not shutil.which(name)}
    passed.append(tests(sys.argv[1:]))
    for name, what in missing.items():
        print(f"!!! SKIPPED for want of the program {name}: {what}", flush=True)
    if missing and os.environ.get("CI"):
        print("!!! under CI nothing may be skipped for want of a program", flush=True)
        return 1
    return 0 if all(passed) else 1


if __name__ == "__main__":
    raise SystemExit(main())
