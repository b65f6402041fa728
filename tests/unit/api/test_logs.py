"""The log: one line of JSON per event, and no secret in it."""

from __future__ import annotations

import io
import json

import structlog

from api.logs import configure


def test_lines_are_json_and_secrets_are_masked():
    written = io.StringIO()
    configure("INFO", written)
    try:
        log = structlog.get_logger("test")
        log.debug("not shown")
        log.info("opened", url="postgresql://vigie:hunter2@db/vigie", password="hunter2", api_key="hunter2", route="/session")
        try:
            raise ValueError("broken")
        except ValueError:
            log.exception("failed", session_cookie="hunter2")
    finally:
        structlog.reset_defaults()
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    assert [line["event"] for line in lines] == ["opened", "failed"]
    assert lines[0]["url"] == "postgresql://vigie:***@db/vigie"
    assert "broken" in lines[1]["exception"]
    assert "hunter2" not in written.getvalue()
