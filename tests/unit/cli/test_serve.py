"""`vigie serve` as a real process: it starts, says where, owns the file while other commands go through it, and refuses what it must."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).resolve().parents[3]
SECRET = "for-tests-only-0123456789abcdefghij"


def port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environment(folder, **more):
    urls = {"WAREHOUSE_URL": f"duckdb:///{folder}/warehouse.duckdb", "STORE_URL": f"sqlite:///{folder}/store.sqlite"}
    inherited = {name: value for name, value in os.environ.items() if name not in ("DEMO_MODE", "SECRET_KEY", "PORT")}
    return {**inherited, **urls, "DATA_DIR": str(folder), "SECRET_KEY": SECRET, "COLUMNS": "200", **more}


def vigie(folder, *arguments, typed="", **more):
    command = [sys.executable, "-m", "cli.main", *map(str, arguments)]
    return subprocess.run(
        command, cwd=ROOT, env=environment(folder, **more), input=typed, capture_output=True, text=True, timeout=60, check=False
    )


class Served:
    """A server in a folder; `address` answers."""

    def __init__(self, folder, **more):
        self.port = port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.log = folder / "log"
        with self.log.open("w") as log:
            command = [sys.executable, "-m", "cli.main", "serve"]
            env = environment(folder, PORT=str(self.port), **more)
            self.process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log)
        self.wait()

    def wait(self):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                if httpx.get(f"{self.address}/readyz", trust_env=False).status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.1)
        pytest.fail(f"did not start:\n{self.log.read_text()}")

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        return self.process.wait(20)


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = tmp_path_factory.mktemp("served")
    vigie(folder, "user", "add", "ada@acme.test", "--tenant", "acme", "--role", "admin")
    server = Served(folder)
    server.folder = folder
    yield server
    server.stop()


def test_it_says_where_it_is_and_keeps_its_key_to_itself(served):
    assert f"http://localhost:{served.port}" in served.log.read_text()
    file = served.folder / "server.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert json.loads(file.read_text())["pid"] == served.process.pid
    assert json.loads(file.read_text())["key"] not in served.log.read_text()


def test_commands_go_through_the_server_that_owns_the_file(served):
    (served.folder / "visits.jsonl").write_text(
        '{"when": "2026-01-05T10:00:00Z", "who": "ada"}\n{"when": "2026-01-05T11:00:00Z", "who": "ben"}\n'
    )
    (served.folder / "map.toml").write_text(
        '[[load]]\ntable = "events"\n[load.columns]\nts = {instant = "when"}\nname = {constant = "v"}\nuser_id = "who"\n'
    )
    loaded = vigie(served.folder, "import", served.folder / "visits.jsonl", "--map", served.folder / "map.toml")
    assert "events: 2 loaded" in loaded.stdout, loaded.stderr
    asked = vigie(served.folder, "query", typed='{"metrics": ["active_users"], "period": "2026-01-05~2026-01-05"}')
    assert json.loads(asked.stdout)["totals"] == {"active_users": 2}
    wrong = vigie(served.folder, "query", typed='{"metrics": ["nothing"]}')
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert "there is no metric" in wrong.stderr
    assert f"held by the server (process {served.process.pid}" in vigie(served.folder, "check").stdout


def test_a_second_server_on_the_same_file_is_refused_with_words(served):
    refused = vigie(served.folder, "serve", PORT=str(port()))
    assert refused.returncode == 1
    assert "it runs already" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_port_that_is_taken_is_said(served, tmp_path):
    refused = vigie(tmp_path, "serve", PORT=str(served.port))
    assert refused.returncode == 1
    assert f"cannot listen on 127.0.0.1:{served.port}" in refused.stderr


@pytest.mark.parametrize("secret", ["", "changeme"])
def test_outside_demo_mode_a_missing_or_default_secret_stops_the_start(tmp_path, secret):
    refused = vigie(tmp_path, "serve", SECRET_KEY=secret, PORT=str(port()))
    assert refused.returncode == 1
    assert "vigie check --new-secret" in refused.stderr
    assert not (tmp_path / "server.json").exists()


def test_a_killed_server_is_no_obstacle(tmp_path):
    vigie(tmp_path, "user", "add", "ada@acme.test", "--tenant", "acme")
    server = Served(tmp_path)
    assert server.stop(signal.SIGKILL) == -signal.SIGKILL
    assert (tmp_path / "server.json").exists()
    answer = vigie(tmp_path, "query", typed='{"metrics": ["events"]}')
    assert answer.returncode == 0, answer.stderr
    again = Served(tmp_path)
    assert again.stop() == 0
    assert not (tmp_path / "server.json").exists()


def test_the_log_is_json_and_holds_no_secret(served):
    httpx.get(f"{served.address}/api/v1/metrics", headers={"authorization": "Bearer vgt_1_hidden"}, trust_env=False)
    text = served.log.read_text()
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    assert any(line["route"] == "/api/v1/metrics" and line["status"] == 401 for line in lines)
    assert "hidden" not in text
    assert SECRET not in text
