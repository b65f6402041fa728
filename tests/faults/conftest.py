"""The engines of the contract suite, a store with people, and pages without a browser."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import sqlalchemy as sa

from accounts.sessions import Visit
from analytics.run import cache
from components import session
from data_access.store import open_store
from tests.contract.conftest import (  # noqa: F401
    empty_url,
    engine,
    postgres_server,
    postgres_template,
    url,
    warehouse,
)
from tests.people import settle


@pytest.fixture
def store(tmp_path: Path) -> Iterator[sa.Engine]:
    opened = open_store(f"sqlite:///{tmp_path}/store.sqlite")
    settle(opened)
    yield opened
    opened.dispose()


@pytest.fixture
def no_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    """AppTest has no browser: its address would be a mock."""
    monkeypatch.setattr(session, "visit", lambda: Visit("", "127.0.0.1", "test"))


@pytest.fixture(autouse=True)
def _asked_anew() -> None:
    cache().clear()


def rows(*facts: dict[str, Any]) -> pa.Table:
    """Facts as a table; instants are naive UTC."""
    names = dict.fromkeys(name for fact in facts for name in fact)
    columns = {name: [fact.get(name) for fact in facts] for name in names}
    kinds = {name: pa.timestamp("us") for name in names if any(isinstance(value, datetime) for value in columns[name])}
    return pa.table({name: pa.array(values, kinds.get(name)) for name, values in columns.items()})
