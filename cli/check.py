"""`vigie check`: settings, connections, schema versions, free disk; each with how to mend it. Exit code 1 if anything is wrong."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from accounts import actors
from accounts.secret import check_secret, new_secret
from api import local
from cli import demo_people
from cli.reach import operate
from cli.say import out, wrong_setting
from data_access.migrations.warehouse import migrations
from data_access.settings import InvalidSettings, Settings, settings
from data_access.store import StoreUnavailable, shown, store_engine
from data_access.store.migrate import current, newest

LEAST_FREE_GIGABYTES = 2


@dataclass(frozen=True)
class Finding:
    """One line: what was looked at, whether it is well, and what is or is to be done."""

    name: str
    well: bool
    words: str


def check(
    secret: Annotated[bool, typer.Option("--new-secret", help="Print a line for .env with a fresh SECRET_KEY, and nothing else.")] = False,
    settings_page: Annotated[bool, typer.Option("--settings-markdown", help="Print the page docs/settings.md.", hidden=True)] = False,
) -> None:
    """Look at everything the cockpit needs, and say how to mend what is missing."""
    if secret:
        sys.stdout.write(f"SECRET_KEY={new_secret()}\n")
        return
    if settings_page:
        from cli.settings_page import markdown

        sys.stdout.write(markdown())
        return
    findings = list(findings_of())
    for finding in findings:
        out.print(f"{'ok   ' if finding.well else 'WRONG'}  {finding.name:<10} {finding.words}", markup=False)
    if not all(finding.well for finding in findings):
        raise typer.Exit(1)


def findings_of() -> Iterator[Finding]:
    """Every finding; the first one alone where the settings cannot even be read."""
    try:
        chosen = settings()
    except ValidationError as error:
        yield Finding("settings", False, wrong_setting(error))
        return
    probes: tuple[tuple[str, Callable[[Settings], str]], ...] = (
        ("secret", _secret),
        ("store", _store),
        ("people", _people),
        ("warehouse", _warehouse),
        ("disk", _disk),
    )
    for name, probe in probes:
        yield _probed(name, probe, chosen)


def _probed(name: str, probe: Callable[[Settings], str], chosen: Settings) -> Finding:
    try:
        return Finding(name, True, probe(chosen))
    except (Wrong, InvalidSettings, StoreUnavailable) as problem:
        return Finding(name, False, str(problem))


class Wrong(RuntimeError):
    """Not as it should be; the message says how to mend it."""


def _secret(chosen: Settings) -> str:
    check_secret(chosen)
    return "demonstration: made by itself" if chosen.demo_mode and not chosen.secret_key.get_secret_value() else "long enough"


def _store(chosen: Settings) -> str:
    engine = store_engine(chosen.store_url)
    try:
        version = current(engine)
    except SQLAlchemyError as error:
        raise Wrong(f"{shown(chosen.store_url)} does not answer ({type(error).__name__}): is its server up, and STORE_URL right?") from None
    finally:
        engine.dispose()
    if version is None:
        return f"{shown(chosen.store_url)}: empty; the first start makes its tables"
    if version > newest():
        raise Wrong(f"{shown(chosen.store_url)} has schema {version}, newer than this program's {newest()}: install the newer program")
    return f"{shown(chosen.store_url)}: schema {version}" + ("" if version == newest() else f"; the next start brings it to {newest()}")


def _people(chosen: Settings) -> str:
    engine = store_engine(chosen.store_url)
    try:
        if chosen.demo_mode or current(engine) is None:
            return "nobody yet" if not chosen.demo_mode else "demonstration: printed passwords are good"
        demo_people.refuse(engine)
        count = sum(person.active for person in actors.every(engine))
    except SQLAlchemyError:
        raise Wrong("not known: the store does not answer") from None
    finally:
        engine.dispose()
    return f"{count} can sign in" if count else "nobody can sign in: `vigie user add you@example.com --role admin --tenant NAME`"


def _warehouse(chosen: Settings) -> str:
    server = local.running(chosen)
    if chosen.embedded and not server and not (file := Path(make_url(chosen.warehouse_url).database or "").absolute()).exists():
        place = next(folder for folder in file.parents if folder.exists())
        if not (place.is_dir() and os.access(place, os.W_OK)):
            raise Wrong(f"{file} cannot be made in {place}: mend WAREHOUSE_URL or DATA_DIR")
        return f"{file}: not there yet; the first start makes it"
    try:
        found = operate("check", {})
    except typer.Exit:
        raise Wrong("see above; WAREHOUSE_URL says where it is looked for") from None
    schema = migrations(str(found["engine"]))[-1].name  # what opening it brought it to
    return f"{found['engine']}: answers, schema {schema}" + (f", held by the server (process {server.pid}, {server.url})" if server else "")


def _disk(chosen: Settings) -> str:
    place = Path(chosen.data_dir).absolute()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free / 1e9
    if free < LEAST_FREE_GIGABYTES:
        raise Wrong(
            f"{free:.1f} GB free at {place}; at least {LEAST_FREE_GIGABYTES} GB are needed. Free some, or move DATA_DIR and the databases."
        )
    return f"{free:.0f} GB free at {place}"
