"""kill -9 in the middle of an import and of making the demonstration: nothing half there, and the same command again completes it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from data_access.warehouse import open_warehouse

ROOT = Path(__file__).resolve().parents[2]
ROWS = 400_000
MAP = '[[load]]\ntable = "events"\n[load.columns]\nts = {instant = "when"}\nname = "what"\nuser_id = "who"\n'


def environment(folder: Path) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if name not in ("DEMO_MODE", "PORT")}
    urls = {"WAREHOUSE_URL": f"duckdb:///{folder}/warehouse.duckdb", "STORE_URL": f"sqlite:///{folder}/store.sqlite"}
    return {**inherited, **urls, "DATA_DIR": str(folder), "SECRET_KEY": "for-tests-only-0123456789abcdefghij"}


def started(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "cli.main", *arguments]
    return subprocess.Popen(command, cwd=ROOT, env=environment(folder), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def done(folder: Path, *arguments: str) -> str:
    process = started(folder, *arguments)
    said = process.communicate(timeout=240)[0].decode()
    assert process.returncode == 0, said
    return said


def killed(folder: Path, *arguments: str) -> None:
    """Start the command, wait until it writes to the warehouse, and kill it there."""
    before = written(folder)
    process = started(folder, *arguments)
    while process.poll() is None and written(folder) < before + 1_000_000:
        time.sleep(0.005)
    assert process.poll() is None, "it was over before it could be killed"
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL


def written(folder: Path) -> int:
    """Bytes of the warehouse, its log and its spilled rows."""
    return sum(file.stat().st_size for file in folder.rglob("warehouse.duckdb*") if file.is_file())


def count(folder: Path, table: str) -> int:
    house = open_warehouse(f"duckdb:///{folder}/warehouse.duckdb")
    try:
        return int(house.read(sa.text(f"SELECT count(*) AS n FROM {table}"))["n"][0])
    finally:
        house.close()


def test_a_killed_import_leaves_nothing_and_the_next_one_everything(tmp_path: Path) -> None:
    done(tmp_path, "user", "add", "ada@acme.test", "--tenant", "acme")
    done(tmp_path, "rollup")
    (tmp_path / "map.toml").write_text(MAP)
    lines = (f'2026-01-{1 + n % 28:02d}T10:{n % 60:02d}:00Z,"thing {n % 50}",person {n % 5_000}\n' for n in range(ROWS))
    (tmp_path / "events.csv").write_text("when,what,who\n" + "".join(lines))
    command = ("import", str(tmp_path / "events.csv"), "--map", str(tmp_path / "map.toml"))
    killed(tmp_path, *command)
    assert count(tmp_path, "events") == count(tmp_path, "users") == count(tmp_path, "sessions") == 0
    assert f"events: {ROWS:,} loaded" in done(tmp_path, *command)
    assert "events: 0 loaded" in done(tmp_path, *command)
    assert count(tmp_path, "events") == ROWS
    assert "equal to the facts" in done(tmp_path, "rollup", "--check")


def test_a_killed_demonstration_is_completed_by_the_next_start(tmp_path: Path) -> None:
    killed(tmp_path, "demo", "--scale", "small")
    marker = json.loads((tmp_path / "demo.json").read_text())
    assert "done" not in marker
    done(tmp_path, "demo", "--scale", "small")
    assert json.loads((tmp_path / "demo.json").read_text()) == {**marker, "done": True}
    assert "equal to the facts" in done(tmp_path, "rollup", "--check")
    house = open_warehouse(f"duckdb:///{tmp_path}/warehouse.duckdb")
    twice = house.read(sa.text("SELECT count(*) AS n FROM (SELECT id FROM events GROUP BY tenant, id HAVING count(*) > 1) x"))
    house.close()
    assert twice["n"][0] == 0
    assert count(tmp_path, "events") > 100_000


@pytest.mark.parametrize("name", ["demo.json", "server.json"])
def test_a_file_cut_off_half_way_is_as_if_it_were_not_there(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text('{"scale": "sm')
    done(tmp_path, "user", "add", "ada@acme.test", "--tenant", "acme")
    assert "lumen" not in done(tmp_path, "rollup")
