"""`vigie import`: a file into the warehouse, by a map."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from cli.reach import operate
from cli.say import out


def load(
    file: Annotated[Path, typer.Argument(help="CSV, Parquet or JSON Lines.", exists=True, dir_okay=False, resolve_path=True)],
    by: Annotated[
        Path,
        typer.Option(
            "--map",
            help="How its columns become events, users, subscriptions or payments (TOML).",
            exists=True,
            dir_okay=False,
            resolve_path=True,
        ),
    ],
    tenant: Annotated[str | None, typer.Option(help="Whose data it is (slug); needed where there is more than one tenant.")] = None,
) -> None:
    """Load a file. Running it twice changes nothing; rows that cannot be read are kept in a rejects file with line and reason."""
    done = operate("import", {"file": str(file), "map": str(by), "tenant": tenant}, title=f"Importing {file.name}")
    out.print(f"{done['rows']:,} rows read for {done['tenant']}, {done['skipped']:,} left out by the map.", markup=False)
    for table in sorted({*done["loaded"], *done["duplicates"], *done["rejected"]}):
        out.print(f"  {table}: {_parts(done, table)}", markup=False)
    if done["rejects"]:
        out.print(f"Rejects, with line and reason: {done['rejects']}", markup=False)


def _parts(done: dict[str, Any], table: str) -> str:
    parts = (("loaded", "loaded"), ("duplicates", "there already"), ("rejected", "rejected"))
    return ", ".join(f"{done[part].get(table, 0):,} {words}" for part, words in parts if part == "loaded" or done[part].get(table))
