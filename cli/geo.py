"""`vigie geo`: the country database, a file that never leaves this machine and is never fetched by the product."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from cli.say import out, stop
from data_access.settings import settings
from ingest.live.opening import geo_database

app = typer.Typer(no_args_is_help=True, help="The country database: where it comes from, what is in use, a newer one.")
SOURCE = """Vigie reads any country database in MMDB format from this machine and fetches none by itself. Free ones:

  npm pack @ip-location-db/geo-whois-asn-country-mmdb   CC0, no account; the files are inside the .tgz
  https://db-ip.com/db/download/ip-to-country-lite      CC BY 4.0, monthly
  https://dev.maxmind.com/geoip/geolite2-free-geolocation-data  GeoLite2 Country, account needed

Then: vigie geo update --from FILE.mmdb   (IPv4 and IPv6 in one file serve best)
"""


@app.command()
def update(
    source: Annotated[Path | None, typer.Option("--from", help="A database in MMDB format; without it the sources are named.")] = None,
) -> None:
    """Check a country database and put it where the collector finds it; events from the next start on carry countries by it."""
    if source is None:
        out.print(SOURCE, markup=False, highlight=False)
        return
    said = _described(source)
    place = settings().data_dir / "geo" / "country.mmdb"
    place.parent.mkdir(parents=True, exist_ok=True)
    draft = place.with_suffix(".new")
    shutil.copyfile(source, draft)
    os.replace(draft, place)
    out.print(f"{said}\nKept as {place}. Restart `vigie serve` or `vigie collect` to use it.", markup=False)
    if settings().geo_database:
        out.print(f"GEO_DATABASE names another file, which is used instead: {settings().geo_database}", markup=False)


@app.command()
def show(address: Annotated[str | None, typer.Argument(help="An address to look up.")] = None) -> None:
    """Which database is in use, and the country of an address by it."""
    from ingest.enrich.addresses import Countries, shortened

    place = geo_database(settings())
    if place is None:
        out.print("No country database: countries stay unknown. `vigie geo update` says where to get one.", markup=False)
        return
    out.print(f"{_described(place)}\n{place}", markup=False)
    if address:
        network = shortened(address)
        found = Countries(place).of(network) if network else None
        out.print(f"{network or address}: {found or 'unknown'}", markup=False)


def _described(path: Path) -> str:
    """Kind, age and size of a database; stops where it is none or holds no countries."""
    import maxminddb

    try:
        with maxminddb.open_database(path) as reader:
            about = reader.metadata()
    except (OSError, ValueError, maxminddb.InvalidDatabaseError) as error:
        raise stop(f"{path} is not a database in MMDB format: {error}") from None
    built = datetime.fromtimestamp(about.build_epoch, UTC)
    return f"{about.database_type}, built {built:%Y-%m-%d}, IPv{about.ip_version}, {about.node_count:,} nodes"
