"""A whole report to take away: a zip with one file per panel and a page that says what it shows."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from datetime import datetime

from accounts.actor import Actor
from accounts.language import Text
from analytics.query import InvalidQuery, Scope
from analytics.result import Result
from analytics.run import Forbidden
from data_access.errors import WarehouseError
from reports import dates, sentences
from reports.formats import FORMATS, file_name
from reports.reasons import reason
from reports.report import Panel, Report, answer

MADE = Text("Exported {instant} for {name}.", "Exporté le {instant} pour {name}.")
LEFT_OUT = Text("{title}: left out ({why})", "{title} : absent ({why})")


def bundle(report: Report, scope: Scope, actor: Actor, now: datetime) -> bytes:
    """Every panel that can be answered for this actor, as raw CSV; the others are named with the reason."""
    lines = [f"{report.title[actor.locale]} · {actor.tenant.name}"]
    answers: list[tuple[Panel, Result]] = []
    for panel in report.panels:
        try:
            answers.append((panel, answer(panel, scope, actor, now)))
        except (Forbidden, InvalidQuery, WarehouseError) as error:
            lines.append(LEFT_OUT[actor.locale].format(title=panel.title[actor.locale], why=reason(error)[0][actor.locale]))
    stamp = dates.instant(now.replace(tzinfo=None), actor.tenant, actor.locale)
    lines.append(MADE[actor.locale].format(instant=stamp, name=actor.name))
    return _zipped(answers, lines, actor, now)


def _zipped(answers: Sequence[tuple[Panel, Result]], lines: list[str], actor: Actor, now: datetime) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for position, (panel, result) in enumerate(answers, start=1):
            name = file_name(f"{position:02d}", panel.name, extension=FORMATS["csv"].extension)
            archive.writestr(name, FORMATS["csv"].render(result, actor.locale, False))
            lines.append(f"{name}: {panel.title[actor.locale]} — {sentences.query_sentence(result.query, actor.locale)}")
            lines.append(f"    {dates.context(result, actor.tenant, actor.locale, now)}")
        archive.writestr("about.txt", "\n".join(lines) + "\n")
    return out.getvalue()
