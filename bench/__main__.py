"""`make bench`: the numbers of docs/performance.md.

    python -m bench [--scale 10m] [--no-postgres] [--no-browser] [--write]

Everything is measured in one run on one machine; quote the ratios, not the milliseconds. `--write` puts the tables into
docs/performance.md.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path

from accounts.actor import Actor
from bench import data, pages, speed
from data_access.connections import connected
from demo.business import TENANTS

PAGE = Path("docs/performance.md")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench")
    parser.add_argument("--scale", default=os.environ.get("SCALE", "10m"))
    parser.add_argument("--no-postgres", action="store_true")
    parser.add_argument("--no-browser", action="store_true")
    parser.add_argument("--write", action="store_true")
    return parser.parse_args()


def measured(given: argparse.Namespace) -> Iterator[str]:
    path = data.prepared(given.scale, datetime.now(UTC))
    now = data.built_at(path)
    house = data.opened(path)
    actor = Actor("bench", "Bench", TENANTS[0], frozenset({"admin"}))
    yield f"Scale `{given.scale}`, {path.stat().st_size / 1e6:,.0f} MB on disk; {os.cpu_count()} cores, Python {platform.python_version()}."
    copy = nullcontext() if given.no_postgres else data.postgres_copy(house, data.FOLDER / f"{given.scale}.postgres")
    with connected(warehouse=house), copy as postgres:
        yield "\n### The same questions as plain SQL over the raw rows\n"
        yield from speed.questions(house, actor, now, postgres)
        yield "\n### Tiles and series of the built-in pages, cache off\n"
        yield from speed.tile_table(list(speed.tiles(actor, now)))
    house.close()
    if not given.no_browser and shutil.which("chromium"):
        yield "\n### Pages in Chromium without a GPU\n"
        yield from pages.table(path)


def write(lines: list[str], scale: str) -> None:
    begin, end = f"<!-- {scale} -->", f"<!-- /{scale} -->"
    block = "\n".join([begin, *lines, end])
    text = PAGE.read_text()
    pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.S)
    PAGE.write_text(pattern.sub(lambda _: block, text) if pattern.search(text) else f"{text.rstrip()}\n\n{block}\n")


def main() -> int:
    given = arguments()
    lines = []
    for line in measured(given):
        print(line, flush=True)
        lines.append(line)
    if given.write:
        write(lines, given.scale)
    return 0


if __name__ == "__main__":
    sys.exit(main())
