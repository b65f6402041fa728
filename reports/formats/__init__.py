"""FORMATS: every way to take a Result away. Add a file with a render function and one entry."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from accounts.language import Text
from analytics.result import Result
from reports.formats import csv


@dataclass(frozen=True)
class Format:
    """`render(result, locale, formatted)` gives the file's bytes."""

    label: Text
    extension: str
    mime: str
    render: Callable[[Result, str, bool], bytes]


FORMATS: dict[str, Format] = {
    "csv": Format(Text("CSV", "CSV"), "csv", "text/csv", csv.render),
}


def file_name(*parts: str, extension: str) -> str:
    """A download's name from names of our own and the period: only letters, digits, dots, dashes; at most 80 characters."""
    clean = "-".join(re.sub(r"[^A-Za-z0-9._~]+", "-", part).strip("-.") for part in parts if part)
    return f"{clean[:80] or 'export'}.{extension}"
