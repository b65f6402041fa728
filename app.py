"""The door. As a server it is the ASGI app: pages, API and background tasks, one process, one port.
As a script it is sign-in, then the reader, then PAGES, then navigation."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import get_script_run_ctx

ROOT = Path(__file__).resolve().parent


def script() -> None:
    """One run for one reader."""
    from components import login, session
    from pages import navigation

    st.set_page_config(page_title="Vigie", page_icon=str(ROOT / "components/assets/mark.svg"), layout="wide")
    actor = session.current()
    session.settle()
    page = navigation.choose(actor)
    if actor is None:
        login.draw()
    elif navigation.allowed(page, actor):
        page.run()


@asynccontextmanager
async def lifespan(_app: Any) -> AsyncIterator[dict[str, Any]]:
    """Open the databases; close them at the end."""
    import worker
    from api.collect import collecting
    from data_access import connections
    from data_access.settings import settings

    connections.connect(settings())
    schedule = asyncio.create_task(worker.keep_working())
    try:
        async with collecting(settings(), connections.store, connections.warehouse):
            yield {}
    finally:
        schedule.cancel()
        connections.disconnect()


def server() -> Any:
    """The ASGI app."""
    from api.asgi import exception_handlers, middleware
    from api.logs import configure
    from api.routes import routes
    from data_access.settings import settings

    configure(settings().log_level)
    # TRICKY: with a `pages` folder, Streamlit runs a page's file without this one until navigation has run once,
    # and so without the sign-in. Pages also guard themselves.
    PagesManager.uses_pages_directory = False
    return st.App(ROOT / "app.py", routes=routes(), lifespan=lifespan, middleware=middleware(), exception_handlers=exception_handlers())


if get_script_run_ctx(suppress_warning=True) is None:
    app = server()
else:
    script()
