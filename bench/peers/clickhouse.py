"""The ClickHouse engine (chdb), in an environment and a process of its own: it is half a gigabyte and shares no memory with us."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb

from bench.questions import TENANT

SIDE = Path(__file__).with_name("clickhouse_side.py")
COLUMNS = {
    "day": "Date", "ts": "Int64", "name": "LowCardinality(String)", "user_key": "UInt32", "session_key": "Int64",
    "country": "LowCardinality(String)", "device": "LowCardinality(String)", "browser": "LowCardinality(String)",
    "path": "LowCardinality(String)", "hour": "UInt8",
}  # fmt: skip


class Absent(RuntimeError):
    """The peer cannot be had here; its words say why."""


class ClickHouse:
    """A session over the tenant's events, made from the warehouse file on the first use and kept in `folder`."""

    def __init__(self, warehouse: Path, folder: Path, environment: Path) -> None:
        made = folder / "complete"
        command = [str(_python(environment)), str(SIDE), str(folder / "data")]
        if not made.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            files = exported(warehouse, folder)
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if not made.exists():
            self._create(files)
            for file in files.values():
                file.unlink()
            made.touch()

    def _create(self, files: dict[str, Path]) -> None:
        columns = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
        # Sorted as an expert would for these questions: names first, so that a funnel reads its own events only.
        self.ask(f"CREATE TABLE events ({columns}) ENGINE = MergeTree ORDER BY (name, day, user_key, ts)")
        self.ask(f"INSERT INTO events SELECT * FROM file('{files['events']}', Parquet)")
        self.ask("OPTIMIZE TABLE events FINAL")
        self.ask("CREATE TABLE people (user_key UInt32, country LowCardinality(String)) ENGINE = MergeTree ORDER BY user_key")
        self.ask(f"INSERT INTO people SELECT * FROM file('{files['people']}', Parquet)")
        self.ask("CREATE TABLE requests (day Date, latency_ms Float64) ENGINE = MergeTree ORDER BY day")
        self.ask(f"INSERT INTO requests SELECT * FROM file('{files['requests']}', Parquet)")

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(sql) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise Absent("the engine's process ended")
        said = json.loads(line)
        if "error" in said:
            raise Absent(said["error"][:300])
        return [tuple(row) for row in said["rows"]]

    def close(self) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait(60)


def exported(warehouse: Path, folder: Path) -> dict[str, Path]:
    """The tenant's rows as Parquet files."""
    local = "(ts AT TIME ZONE 'UTC') AT TIME ZONE 'Europe/Paris'"
    plain = ", ".join(f"coalesce({c}, '') AS {c}" for c in ("country", "device", "browser", "path"))
    queries = {
        "events": f"SELECT day, epoch_us(ts) AS ts, name, user_key, coalesce(session_key, 0) AS session_key, {plain}, "
        f"hour({local}) AS hour FROM events WHERE tenant = {TENANT}",
        "people": f"SELECT user_key, coalesce(country, '') AS country FROM users WHERE tenant = {TENANT}",
        "requests": f"SELECT day, latency_ms FROM api_requests WHERE tenant = {TENANT} AND latency_ms IS NOT NULL",
    }
    files = {name: (folder / f"{name}.parquet").resolve() for name in queries}
    with duckdb.connect(str(warehouse), read_only=True, config={"memory_limit": "3GB"}) as reading:
        for name, query in queries.items():
            reading.execute(f"COPY ({query}) TO '{files[name]}' (FORMAT parquet)")
    return files


def _python(environment: Path) -> Path:
    """The interpreter of an environment that has chdb, made on the first use."""
    python = environment / "bin" / "python"
    if not python.exists():
        uv = Path(sys.executable).with_name("uv")
        for command in ([uv, "venv", "-q", environment], [uv, "pip", "install", "-q", "--python", python, "chdb"]):
            done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
            if done.returncode:
                shutil.rmtree(environment, ignore_errors=True)
                raise Absent(f"chdb cannot be installed: {done.stderr.strip()[-200:]}")
    return python
