"""`vigie rollup`: derive sessions, movements and rollups again from the facts, or compare them with the facts."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.reach import operate
from cli.say import out, stop


def rollup(
    tenant: Annotated[str | None, typer.Option(help="Of one tenant (slug); without it, of all.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Only compare with the raw facts; exit code 1 where they differ.")] = False,
) -> None:
    """Rebuild what the product keeps beside the raw facts. Readers see the old ones until the new ones are complete."""
    done = operate("rollup", {"tenant": tenant, "check": check}, title="Comparing" if check else "Rebuilding")
    if not check:
        for slug, version in done.items():
            out.print(f"{slug}: rebuilt, data version {version}", markup=False)
        return
    for slug, found in done.items():
        out.print(f"{slug}: {'differs' if found else 'equal to the facts'}", markup=False)
        for name, rows in found.items():
            out.print(f"  {name}: " + "; ".join(rows), markup=False)
    if any(done.values()):
        raise stop("`vigie rollup` rebuilds them.")
