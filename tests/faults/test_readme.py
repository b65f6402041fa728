"""The README's commands for one's own numbers, run as they stand in an empty copy."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OWN = re.search(r"## Your own numbers\s+```sh\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)


def test_one_owns_numbers_in_the_readmes_steps(tmp_path: Path) -> None:
    assert OWN
    steps = [line.partition("#")[0].strip() for line in OWN[1].splitlines()]
    (tmp_path / "purchases.csv").write_text("when,who\n2026-03-01T10:00:00Z,ada\n")
    columns = 'ts = {instant = "when"}\nname = {constant = "bought"}\nuser_id = "who"\n'
    (tmp_path / "purchases.toml").write_text(f'[[load]]\ntable = "events"\n[load.columns]\n{columns}')
    env = {
        name: value
        for name, value in os.environ.items()
        if name not in ("SECRET_KEY", "DATA_DIR", "WAREHOUSE_URL", "STORE_URL", "DEMO_MODE")
    }
    for step in steps[:-1]:
        command = step.replace(".venv/bin/vigie", f"{sys.executable} -m cli.main")
        subprocess.run(
            ["bash", "-c", command], cwd=tmp_path, env={**env, "PYTHONPATH": str(ROOT)}, check=True, timeout=120, capture_output=True
        )
    assert steps[-1] == ".venv/bin/vigie serve"
    checked = subprocess.run(
        [sys.executable, "-m", "cli.main", "check"],
        cwd=tmp_path,
        env={**env, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout
    assert "1 can sign in" in checked.stdout
