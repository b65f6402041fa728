"""`vigie rollup`: derive sessions, movements and rollups again from the facts."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.reach import operate
from cli.say import out


def rollup(tenant: Annotated[str | None, typer.Option(help="Of one tenant (slug); without it, of all.")] = None) -> None:
    """Rebuild what the product keeps beside the raw facts. Readers see the old ones until the new ones are complete."""
    done = operate("rollup", {"tenant": tenant}, title="Rebuilding")
    for slug, version in done["rebuilt"].items():
        out.print(f"{slug}: rebuilt, data version {version}", markup=False)
