"""`vigie verify`: compare what the product keeps beside the raw facts with them."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.reach import operate
from cli.say import out, stop


def verify(tenant: Annotated[str | None, typer.Option(help="Of one tenant (slug); without it, of all.")] = None) -> None:
    """Compare rollups, sessions, bitmaps, movements and posting lists with the raw facts; exit code 1 where they differ."""
    done = operate("verify", {"tenant": tenant}, title="Comparing")
    for slug, found in done.items():
        out.print(f"{slug}: {'differs' if found else 'equal to the facts'}", markup=False)
        for name, rows in found.items():
            out.print(f"  {name}: " + "; ".join(rows), markup=False)
    if wrong := [slug for slug, found in done.items() if found]:
        raise stop(f"`vigie rollup --tenant {wrong[0]}` derives them again from the facts, which are as they were.")
