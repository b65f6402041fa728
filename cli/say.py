"""How commands speak: plain lines, problems on standard error with the way to mend them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def stop(message: str, code: int = 1) -> typer.Exit:
    """Say what is wrong; raise the answer."""
    err.print(message, style="red", markup=False)
    return typer.Exit(code)


@contextmanager
def stopping_on(*errors: type[Exception]) -> Iterator[None]:
    """Errors a person can mend end the command with their message and code 1, never with a traceback."""
    try:
        yield
    except errors as error:
        raise stop(str(error)) from None
