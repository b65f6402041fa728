"""`vigie`: the command line. Each command is one file."""

from __future__ import annotations

import typer
from pydantic import ValidationError

from cli import check, collect, demo, geo, load, metrics, query, rollup, serve, token, user
from cli.say import err, wrong_setting
from data_access.settings import Settings

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
app.command("serve")(serve.serve)
app.command("demo")(demo.demo)
app.command("import")(load.load)
app.command("query")(query.query)
app.command("rollup")(rollup.rollup)
app.command("metrics")(metrics.metrics)
app.command("check")(check.check)
app.add_typer(user.app, name="user")
app.add_typer(token.app, name="token")
app.command("collect")(collect.collect)
app.add_typer(collect.keys, name="key")
app.add_typer(geo.app, name="geo")


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
