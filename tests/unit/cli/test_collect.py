"""A journal has one owner: whoever comes second is told so in one line, before anything is announced."""

from __future__ import annotations

import pytest

from ingest.journal.segments import Segments


@pytest.mark.parametrize("command", ["serve", "collect"])
def test_a_journal_in_use_ends_in_one_line(vigie, place, command):
    owner = Segments(place / "journal")
    try:
        said = vigie(command, code=1).output.strip()
    finally:
        owner.close()
    assert "another process writes to the journal" in said
    assert "JOURNAL_DIR" in said
    assert "Vigie  →" not in said
    assert "collecting on port" not in said
    assert "Traceback" not in said
