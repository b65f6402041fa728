"""A page as somebody signed in sees it."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from streamlit.testing.v1 import AppTest

from accounts import actors, sessions
from accounts.sessions import Visit
from data_access.clock import utc_now

ROOT = Path(__file__).resolve().parents[2]
VISIT = Visit("", "127.0.0.1", "test")


@dataclass(frozen=True)
class Screen:
    """`body` is the page's HTML; `tiles` the words of each headline number by its label; `charts` how many are drawn."""

    body: str
    tiles: dict[str, str]
    charts: int
    traceback: bool

    @property
    def broken(self) -> int:
        """Panels that say something went wrong."""
        return self.body.count("vg-state vg-bad")


def open_page(store: sa.Engine, email: str, page: str, **address: str) -> Screen:
    """Sign the person in and run the page of that name with these URL parameters. Needs the fixture `no_browser`."""
    reader = actors.by_email(store, email)
    assert reader
    started = sessions.start(store, reader.id, VISIT, now=utc_now(), hours=1)
    at = AppTest.from_file(str(ROOT / "pages" / f"{page}.py"), default_timeout=60)
    at.session_state["vigie_session_id"] = started.id
    for name, value in address.items():
        at.query_params[name] = value
    return seen(at.run())


def seen(at: AppTest) -> Screen:
    body = "".join(element.proto.body for element in at.get("html"))
    tiles = {html.unescape(k): html.unescape(v) for k, v in re.findall(r'<dt>([^<]*)</dt><dd class="vg-value">([^<]*)<', body)}
    return Screen(body, tiles, len(at.get("vega_lite_chart")), bool(at.exception))
