"""Starts that must not happen, or must: printed passwords, settings that are none, files of another kind, numbers of dead processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from accounts import actors
from cli import demo_people
from cli.main import app
from data_access.clock import utc_now
from data_access.settings import settings
from data_access.store import open_store
from tests.faults.test_kills import ROOT, environment


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    """`here("check", code=1)`: what a command says, run in this process on the databases of `tmp_path`."""
    for name, value in environment(tmp_path).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("DEMO_MODE", raising=False)

    def run(*arguments: str, code: int = 0) -> str:
        settings.cache_clear()
        result = CliRunner().invoke(app, list(arguments))
        assert result.exit_code == code, f"{result.output}\n{result.exception!r}"
        return result.output

    yield run
    settings.cache_clear()


def refused(folder: Path, *arguments: str, **more: str) -> str:
    """What the command says as a process of its own; it must fail in words."""
    command = [sys.executable, "-m", "cli.main", *arguments]
    environ = {**environment(folder), **more}
    said = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert said.returncode == 1
    assert "Traceback" not in said.stderr
    return said.stdout + said.stderr


@pytest.fixture
def demonstration(tmp_path: Path) -> Path:
    store = open_store(f"sqlite:///{tmp_path}/store.sqlite")
    demo_people.ensure(store, utc_now())
    store.dispose()
    return tmp_path


def test_printed_passwords_stop_a_start_outside_the_demonstration(demonstration: Path, here: Callable[..., str]) -> None:
    assert "printed passwords" in refused(demonstration, "serve")
    assert "WRONG  people" in here("check", code=1)
    store = open_store(f"sqlite:///{demonstration}/store.sqlite")
    emails = [person.email for person in actors.every(store)]
    for email in emails[1:]:
        found = actors.by_email(store, email)
        assert found
        actors.set_active(store, found.id, False, utc_now())
    store.dispose()
    assert emails[0] in here("serve", code=1)
    here("user", "password", emails[0], "--make")
    assert "ok     people     1 can sign in" in here("check")


@pytest.mark.parametrize("command", ["serve", "rollup"])
def test_a_setting_that_is_none_is_named(tmp_path: Path, command: str) -> None:
    assert "PORT: Input should be a valid integer" in refused(tmp_path, command, PORT="many")


@pytest.mark.parametrize("name", ["store.sqlite", "warehouse.duckdb"])
def test_a_file_of_another_kind_is_named(tmp_path: Path, here: Callable[..., str], name: str) -> None:
    (tmp_path / name).write_bytes(bytes(range(256)) * 80)
    assert name in refused(tmp_path, "serve")
    assert name in here("check", code=1)
    assert (tmp_path / name).read_bytes() == bytes(range(256)) * 80


def test_a_dead_servers_number_that_another_process_has_now(tmp_path: Path, here: Callable[..., str]) -> None:
    """As in a container that was killed: the file is still there, and the number in it lives again."""
    here("user", "add", "ada@acme.test", "--tenant", "acme")
    left = {"pid": os.getppid(), "host": "127.0.0.1", "port": 9, "key": "k" * 43}
    (tmp_path / "server.json").write_text(json.dumps(left))
    assert "acme: rebuilt" in here("rollup")
    assert "held by the server" not in here("check")
