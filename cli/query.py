"""`vigie query`: a Query as JSON in, a Result as JSON or a table out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.table import Table

from analytics.metric import Unit
from cli.reach import operate
from cli.say import err, out, stop
from reports import words


def query(
    file: Annotated[Path | None, typer.Argument(help="A file with the query as JSON; without it, or with “-”, standard input.")] = None,
    tenant: Annotated[str | None, typer.Option(help="Whose numbers (slug); needed where there is more than one tenant.")] = None,
    table: Annotated[bool, typer.Option("--table", help="A table for reading instead of JSON.")] = False,
    sql: Annotated[bool, typer.Option("--sql", help="Only the SQL behind the answer.")] = False,
) -> None:
    """Ask a question: `echo '{"metrics": ["active_users"], "period": "30d", "grain": "day"}' | vigie query --tenant lumen`."""
    result = operate("query", {"query": _read(file), "tenant": tenant})
    if sql:
        out.print("\n\n".join(result["sql"]), markup=False)
    elif table:
        _show(result)
    else:
        sys.stdout.write(orjson.dumps(result, option=orjson.OPT_INDENT_2).decode() + "\n")


def _read(file: Path | None) -> Any:
    try:
        text = sys.stdin.buffer.read() if file is None or str(file) == "-" else file.read_bytes()
        return orjson.loads(text)
    except OSError as error:
        raise stop(f"cannot read {file}: {error.strerror}") from None
    except orjson.JSONDecodeError as error:
        raise stop(f"not JSON: {error}") from None


def _show(result: dict[str, Any]) -> None:
    shown = Table(box=None, pad_edge=False, header_style="bold")
    for column in result["columns"]:
        right = column["role"] in ("metric", "previous")
        shown.add_column(column["label"] + (" (before)" if column["role"] == "previous" else ""), justify="right" if right else "left")
    for row in result["rows"]:
        shown.add_row(*(_cell(row[column["name"]], column, result["currency"]) for column in result["columns"]))
    out.print(shown)
    for warning in result["warnings"]:
        err.print(f"{warning['code']}: {warning['text']}", style="yellow", markup=False)


def _cell(value: Any, column: dict[str, Any], currency: str) -> str:
    """Numbers in the words of the pages; buckets without their midnight."""
    if column["role"] in ("metric", "previous"):
        return words.value(value, Unit(column["unit"]), "en", currency, "exact")
    return words.MISSING if value is None else str(value).replace("T00:00:00", "")
