"""A disk that is really full: 503 before any acknowledgement, and recovery without a restart."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from data_access import schema
from data_access.warehouse import open_warehouse
from tests.unit.ingest_live.running import running

MEGABYTES = 2


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    mount = shutil.which("mount")
    options = ["-t", "tmpfs", "-o", f"size={MEGABYTES}m", "tmpfs", str(folder)]
    if mount is None or os.geteuid() != 0 or subprocess.run([mount, *options], capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount a small tmpfs")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(path: Path) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT)
    with suppress(OSError):
        while os.write(handle, b"x" * 4096):
            pass
    os.close(handle)


def test_a_full_disk_is_503_until_there_is_room_again(small_disk, tmp_path):
    warehouse = open_warehouse(f"duckdb:///{tmp_path}/warehouse.duckdb")
    warehouse.migrate()
    ballast = small_disk / "ballast"

    async def story():
        acknowledged = 0
        async with running(warehouse, tmp_path, journal_dir=small_disk / "journal") as here:
            await here.post("/api/v1/events", [{"id": "first", "name": "x", "user_id": "u"}])
            await here.drained()
            fill(ballast)
            statuses = []
            for number in range(40):
                answer = await here.post("/api/v1/events", {"id": f"n{number}", "name": "x", "user_id": "u", "title": "y" * 4000})
                statuses.append(answer.status_code)
                acknowledged += answer.status_code == 200
            assert set(statuses[-5:]) == {503}
            ballast.unlink()
            again = await here.post("/api/v1/events", {"id": "after", "name": "x", "user_id": "u"})
            assert again.status_code == 200
            await here.drained()
            assert len(here.rows(schema.events)) == acknowledged + 2

    asyncio.run(story())
    warehouse.close()
