"""`vigie`: the command line. Each command is one file."""

from __future__ import annotations

import typer

from cli import serve

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="Vigie: product, revenue and health, one cockpit."
)
app.command("serve")(serve.serve)


@app.callback()
def vigie() -> None:
    """Vigie: product, revenue and health, one cockpit."""


def main() -> None:
    """The entry point of the `vigie` script."""
    app()
