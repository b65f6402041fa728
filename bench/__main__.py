"""`make bench`: the numbers of docs/performance.md.

    python -m bench [--scale 10m] [--data FOLDER|FILE] [--no-postgres] [--no-clickhouse] [--no-pandas] [--no-browser] [--no-tiles]
                    [--bulk] [--write]

Everything is measured in one run on one machine; quote the ratios, not the milliseconds. `--data` names a folder to keep warehouses
and peers in, or a warehouse file that is there already. Beyond ten million events pandas and PostgreSQL are left out. `--write` puts
the tables into docs/performance.md.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path

from accounts.actor import Actor
from bench import data, pages, prepare, speed
from bench.peers.clickhouse import Absent, ClickHouse
from bench.peers.frames import Frames
from data_access.connections import connected
from data_access.store import open_store
from demo.business import TENANTS

PAGE = Path("docs/performance.md")
SMALL = ("small", "default", "10m")
LEAVE_OUT = ("postgres", "clickhouse", "pandas", "browser", "tiles", "prepare")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench")
    parser.add_argument("--scale", default=os.environ.get("SCALE", "10m"))
    parser.add_argument("--data", type=Path, default=data.FOLDER)
    for name in LEAVE_OUT:
        parser.add_argument(f"--no-{name}", action="store_true")
    parser.add_argument("--bulk", action="store_true", help="also build rollups and lists anew, on a copy")
    parser.add_argument("--write", action="store_true")
    return parser.parse_args()


def measured(given: argparse.Namespace) -> Iterator[str]:
    path = data.prepared(given.scale, datetime.now(UTC), given.data)
    with ExitStack() as stack:
        peers, absent = found(stack, given, path)
        house = stack.enter_context(closing(data.opened(path)))
        now = data.last_moment(house)
        actor = Actor("bench", "Bench", TENANTS[0], frozenset({"admin"}))
        yield size(path, given.scale)
        stack.enter_context(connected(warehouse=house, store=open_store("sqlite://")))
        if given.scale in SMALL and not given.no_postgres:
            peers.postgres = stack.enter_context(data.postgres_copy(house, path.parent / "peers" / f"{path.stem}.postgres"))
        yield "\n### The same questions, the same events, the same run\n"
        yield from speed.questions(house, actor, now, peers)
        yield from (f"\nLeft out: {why}." for why in absent)
        if not given.no_tiles:
            yield "\n### Tiles and series of the built-in pages, cache off\n"
            yield from speed.tile_table(list(speed.tiles(actor, now)))
        yield f"\nResident after all of it: {resident():,.0f} MB."
    if not given.no_prepare:
        yield "\n### Preparation\n"
        yield from prepare.table(path, now, bulk=given.bulk)
    if not given.no_browser and shutil.which("chromium"):
        yield "\n### Pages in Chromium without a GPU\n"
        yield from pages.table(path)


def found(stack: ExitStack, given: argparse.Namespace, path: Path) -> tuple[speed.Peers, list[str]]:
    """The peers that this environment has and the scale allows, and why the others are not here.

    TRICKY: they read the file, which must not be open yet.
    """
    peers, absent = speed.Peers(), []
    folder = path.parent / "peers"
    if not given.no_clickhouse:
        try:
            engine = ClickHouse(path, folder / f"{path.stem}.clickhouse", folder / "environment")
            peers.clickhouse = stack.enter_context(closing(engine))
        except Absent as why:
            absent.append(f"the ClickHouse engine: {why}")
    if given.scale not in SMALL:
        return peers, [*absent, "pandas and PostgreSQL: beyond ten million events they take hours and more memory than there is"]
    if not given.no_pandas:
        peers.frames = Frames.read(path)
    return peers, absent


def size(path: Path, scale: str) -> str:
    lists = sum(file.stat().st_size for file in data.beside(path).rglob("*") if file.is_file())
    whole = path.stat().st_size + lists
    return (
        f"Scale `{scale}`: {whole / 1e6:,.0f} MB on disk, {lists / 1e6:,.0f} MB of them posting lists; "
        f"{os.cpu_count()} cores, Python {platform.python_version()}, {datetime.now(UTC):%Y-%m-%d}."
    )


def resident() -> float:
    """Megabytes of this process that are its own, files mapped into it apart."""
    said = Path("/proc/self/status").read_text()
    return int(re.search(r"RssAnon:\s+(\d+)", said)[1]) / 1000  # type: ignore[index]


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
