"""How commands speak: plain lines, problems on standard error with the way to mend them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer
from pydantic import ValidationError
from rich.console import Console

# Into a pipe or a file nothing is cut to a screen's width.
WIDE = None if sys.stdout.isatty() or "COLUMNS" in os.environ else 10_000
out = Console(highlight=False, soft_wrap=True, width=WIDE)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def stop(message: str, code: int = 1) -> typer.Exit:
    """Say what is wrong; raise the answer."""
    err.print(message, style="red", markup=False)
    return typer.Exit(code)


def wrong_setting(error: ValidationError) -> str:
    """The first setting that cannot be what it is, and where to read what it may be."""
    first = error.errors(include_url=False)[0]
    return f"{str(first['loc'][0]).upper()}: {first['msg']}. docs/settings.md lists what each may be."


@contextmanager
def stopping_on(*errors: type[Exception]) -> Iterator[None]:
    """Errors a person can mend end the command with their message and code 1, never with a traceback."""
    try:
        yield
    except errors as error:
        raise stop(str(error)) from None
