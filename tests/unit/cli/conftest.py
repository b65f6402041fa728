"""The fixture `vigie`: the command line in this process, on databases of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from cli.main import app
from data_access.settings import settings


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with everything the settings name, chosen by environment variables."""
    for name, value in {
        "DATA_DIR": str(tmp_path),
        "WAREHOUSE_URL": f"duckdb:///{tmp_path}/warehouse.duckdb",
        "STORE_URL": f"sqlite:///{tmp_path}/store.sqlite",
        "SECRET_KEY": "for-tests-only-0123456789abcdefghij",
        "COLUMNS": "200",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("DEMO_MODE", raising=False)
    settings.cache_clear()
    yield tmp_path
    settings.cache_clear()


@pytest.fixture
def vigie(place: Path) -> Callable[..., Result]:
    """`vigie("user", "list")`; `typed` goes to standard input."""

    def run(*arguments: object, typed: str | bytes | None = None, code: int = 0) -> Result:
        settings.cache_clear()
        result = CliRunner().invoke(app, [str(argument) for argument in arguments], input=typed)
        assert result.exit_code == code, f"{result.output}\n{result.exception!r}"
        return result

    return run
