"""A DuckDB file belongs to one process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

OPENS = "import sys; from data_access.warehouse import open_warehouse; open_warehouse(sys.argv[1])"


def test_a_second_process_is_told_why_it_cannot_open_the_file(tmp_path: Path) -> None:
    from data_access.warehouse import open_warehouse

    url = f"duckdb:///{tmp_path}/one.duckdb"
    opened = open_warehouse(url)
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", OPENS, url], cwd=root, check=False, capture_output=True, text=True, timeout=60)
    opened.close()
    assert "WarehouseUnavailable: another process has" in done.stderr
