"""Starts that must not happen, or must: printed passwords, settings that are none, files of another kind, numbers of dead processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from accounts import actors
from cli import demo_people
from data_access.clock import utc_now
from data_access.store import open_store
from tests.faults.test_kills import ROOT, done, environment


def refused(folder: Path, *arguments: str, **more: str) -> str:
    """What the command says; it must fail in words."""
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


def test_printed_passwords_stop_a_start_outside_the_demonstration(demonstration: Path) -> None:
    assert "printed passwords" in refused(demonstration, "serve")
    assert "WRONG  people" in refused(demonstration, "check")
    store = open_store(f"sqlite:///{demonstration}/store.sqlite")
    emails = [person.email for person in actors.every(store)]
    for email in emails[1:]:
        found = actors.by_email(store, email)
        assert found
        actors.set_active(store, found.id, False, utc_now())
    store.dispose()
    assert emails[0] in refused(demonstration, "serve")
    done(demonstration, "user", "password", emails[0], "--make")
    assert "ok     people     1 can sign in" in done(demonstration, "check")


@pytest.mark.parametrize("command", ["serve", "check", "rollup"])
def test_a_setting_that_is_none_is_named(tmp_path: Path, command: str) -> None:
    assert "PORT: Input should be a valid integer" in refused(tmp_path, command, PORT="many")


@pytest.mark.parametrize("command", ["serve", "check"])
@pytest.mark.parametrize(("setting", "name"), [("STORE_URL", "store.sqlite"), ("WAREHOUSE_URL", "warehouse.duckdb")])
def test_a_file_of_another_kind_is_named(tmp_path: Path, command: str, setting: str, name: str) -> None:
    (tmp_path / name).write_bytes(bytes(range(256)) * 80)
    assert name in refused(tmp_path, command)
    assert (tmp_path / name).read_bytes() == bytes(range(256)) * 80


def test_a_dead_servers_number_that_another_process_has_now(tmp_path: Path) -> None:
    """As in a container that was killed: the file is still there, and the number in it lives again."""
    done(tmp_path, "user", "add", "ada@acme.test", "--tenant", "acme")
    left = {"pid": os.getpid(), "host": "127.0.0.1", "port": 9, "key": "k" * 43}
    (tmp_path / "server.json").write_text(json.dumps(left))
    assert "acme: rebuilt" in done(tmp_path, "rollup")
    assert "held by the server" not in done(tmp_path, "check")
