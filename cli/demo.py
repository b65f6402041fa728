"""`vigie demo`: make the demonstration business, or make it anew."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cli import demo_people
from cli.reach import operate
from cli.say import out
from data_access.clock import utc_now
from data_access.settings import settings
from data_access.store import open_store


def demo(
    scale: Annotated[str, typer.Option(help="small, default, 10m or 100m events.")] = "default",
    fresh: Annotated[bool, typer.Option("--fresh", help="Remove what was made before, and make it again up to today.")] = False,
) -> None:
    """Make the demonstration business: two companies, and people who can sign in to them."""
    made = operate("demo", {"scale": scale, "fresh": fresh}, title="Making the demonstration business")
    store = open_store(settings().store_url)
    demo_people.ensure(store, utc_now())
    store.dispose()
    _say(made)
    demo_people.show()


def _say(made: dict[str, Any]) -> None:
    if not made["made"]:
        out.print(f"It is there already: scale {made['scale']}, up to {made['end']}. `vigie demo --fresh` makes it again.")
        return
    rows = {name: count for name, count in sorted(made["rows"].items()) if count}
    parts = ", ".join(f"{count:,} {name}" for name, count in rows.items())
    out.print(f"Made {sum(rows.values()):,} rows up to {made['end']}: {parts}.")
