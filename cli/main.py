"""`vigie`: the command line. Each command is one file."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer
from pydantic import ValidationError
from typer.core import TyperGroup

from cli.say import err, wrong_setting
from data_access.settings import Settings

# Where each command is. It is imported when it is asked for: one that makes a user does not wait for the engines of analytics.
COMMANDS: dict[str, str] = {
    "serve": "cli.serve:serve",
    "demo": "cli.demo:demo",
    "import": "cli.load:load",
    "query": "cli.query:query",
    "rollup": "cli.rollup:rollup",
    "verify": "cli.verify:verify",
    "metrics": "cli.metrics:metrics",
    "check": "cli.check:check",
    "user": "cli.user:app",
    "token": "cli.token:app",
    "collect": "cli.collect:collect",
    "key": "cli.collect:keys",
    "geo": "cli.geo:app",
}


class Commands(TyperGroup):
    """The table above, as the command line's group."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        found = getattr(import_module(module), name)
        if not isinstance(found, typer.Typer):
            alone = typer.Typer(add_completion=False)
            alone.command(cmd_name)(found)
            found = alone
        command = typer.main.get_command(found)
        command.name = cmd_name
        return command


app = typer.Typer(cls=Commands, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def vigie() -> None:
    """Vigie: product, revenue and health, one cockpit."""


def main() -> None:
    """The entry point of the `vigie` script."""
    try:
        app()
    except ValidationError as error:
        if error.title != Settings.__name__:
            raise
        err.print(wrong_setting(error), style="red", markup=False)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
