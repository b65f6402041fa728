"""`vigie metrics`: every number the product knows."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.table import Table

from analytics.catalogue import markdown as catalogue
from analytics.metrics import METRICS
from cli.say import out


def metrics(markdown: Annotated[bool, typer.Option("--markdown", help="The page docs/metrics.md instead of a table.")] = False) -> None:
    """List the metrics: name, label, unit, and the permission to read each."""
    if markdown:
        sys.stdout.write(catalogue())
        return
    table = Table("Name", "Label", "Unit", "Group", "Permission", box=None, pad_edge=False)
    for metric in METRICS.values():
        if not metric.hidden:
            table.add_row(metric.name, metric.label.en, str(metric.unit), metric.group, str(metric.permission))
    out.print(table)
