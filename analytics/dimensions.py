"""DIMENSIONS: every way to cut a number. Add one entry; sources that hold its column offer it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from accounts.language import Text
from accounts.roles import Permission
from analytics.metric import Dimension, Scan, Source
from analytics.query import InvalidQuery
from analytics.segment_names import is_segment, segment_dimension
from data_access.clock import offsets
from data_access.functions import iso_weekday, json_text, local_time, wall_clock

PROPERTY = "property."
MAX_PROPERTY = 200
LONG = timedelta(days=3 * 366)


def _hour(rows: sa.FromClause, scan: Scan) -> sa.ColumnElement[Any]:
    return sa.cast(sa.extract("hour", _wall_clock(rows.c.ts, scan)), sa.Integer)


def _wall_clock(ts: sa.ColumnElement[Any], scan: Scan) -> sa.ColumnElement[Any]:
    """Tenant time of the period's rows; over many years by the engine's own rules."""
    if scan.period.end - scan.period.start > LONG:
        return local_time(ts, scan.tenant.time_zone)
    return wall_clock(ts, offsets(scan.tenant.zone, scan.period.start, scan.period.end))


def _weekday(rows: sa.FromClause, scan: Scan) -> sa.ColumnElement[Any]:
    """1 = Monday … 7 = Sunday, of the tenant's day."""
    return iso_weekday(rows.c.day)


def _visitor(rows: sa.FromClause, scan: Scan) -> sa.ColumnElement[Any]:
    return sa.case((rows.c.is_new_user, "new"), (sa.not_(rows.c.is_new_user), "returning"))


_VISITORS = {"new": Text("New", "Nouveau"), "returning": Text("Returning", "De retour")}
_KINDS = {"individual": Text("Individual", "Particulier"), "business": Text("Business", "Entreprise")}
_DEVICES = {
    "desktop": Text("Desktop", "Ordinateur"),
    "mobile": Text("Mobile", "Mobile"),
    "tablet": Text("Tablet", "Tablette"),
}
_CHANNELS = {
    "direct": Text("Direct", "Direct"),
    "organic_search": Text("Organic search", "Recherche naturelle"),
    "paid_search": Text("Paid search", "Recherche payante"),
    "organic_social": Text("Organic social", "Réseaux sociaux"),
    "paid_social": Text("Paid social", "Réseaux sociaux payants"),
    "referral": Text("Referral", "Sites référents"),
    "email": Text("Email", "E-mail"),
    "affiliate": Text("Affiliates", "Affiliation"),
    "display": Text("Display", "Bannières"),
    "partner": Text("Partners", "Partenaires"),
    "campaign": Text("Campaign", "Campagne"),
}
_MOVEMENTS = {
    "new": Text("New", "Nouveau"),
    "expansion": Text("Expansion", "Expansion"),
    "contraction": Text("Contraction", "Contraction"),
    "churn": Text("Churn", "Attrition"),
    "reactivation": Text("Reactivation", "Réactivation"),
}
_WEEKDAYS = {
    "1": Text("Monday", "lundi"),
    "2": Text("Tuesday", "mardi"),
    "3": Text("Wednesday", "mercredi"),
    "4": Text("Thursday", "jeudi"),
    "5": Text("Friday", "vendredi"),
    "6": Text("Saturday", "samedi"),
    "7": Text("Sunday", "dimanche"),
}

DIMENSIONS: dict[str, Dimension] = {
    d.name: d
    for d in (
        Dimension("plan", Text("Plan", "Offre")),
        Dimension("kind", Text("Customer kind", "Type de client"), values=_KINDS),
        Dimension("country", Text("Country", "Pays"), words="country"),
        Dimension("channel", Text("Channel", "Canal"), values=_CHANNELS),
        Dimension("device", Text("Device", "Appareil"), values=_DEVICES),
        Dimension("currency", Text("Currency", "Devise"), words="code"),
        Dimension("event", Text("Event", "Événement"), column="name"),
        Dimension("category", Text("Category", "Catégorie")),
        Dimension("page", Text("Page", "Page")),
        Dimension("path", Text("Path", "Chemin")),
        Dimension("entry_page", Text("Entry page", "Page d’entrée")),
        Dimension("exit_page", Text("Exit page", "Page de sortie")),
        Dimension("browser", Text("Browser", "Navigateur")),
        Dimension("browser_version", Text("Browser version", "Version du navigateur"), words="code"),
        Dimension("os", Text("Operating system", "Système")),
        Dimension("os_version", Text("System version", "Version du système"), words="code"),
        Dimension("language", Text("Language", "Langue")),
        Dimension("screen", Text("Screen", "Écran"), words="code"),
        Dimension("visitor", Text("New or returning", "Nouveau ou de retour"), column="is_new_user", expression=_visitor, values=_VISITORS),
        Dimension("region", Text("Region", "Région")),
        Dimension("city", Text("City", "Ville")),
        Dimension("source", Text("Source", "Source")),
        Dimension("medium", Text("Medium", "Support")),
        Dimension("campaign", Text("Campaign", "Campagne")),
        Dimension("term", Text("Search term", "Mot-clé")),
        Dimension("content", Text("Ad content", "Contenu publicitaire")),
        Dimension("referrer", Text("Referrer", "Site référent")),
        Dimension("role", Text("Role", "Rôle")),
        Dimension("type", Text("Type", "Type")),
        Dimension("movement", Text("Movement", "Mouvement"), values=_MOVEMENTS),
        Dimension("interval", Text("Billing interval", "Périodicité")),
        Dimension("provider", Text("Provider", "Prestataire")),
        Dimension("method", Text("Payment method", "Moyen de paiement")),
        Dimension("decline_code", Text("Decline code", "Motif de refus"), words="code"),
        Dimension("model", Text("Model", "Modèle")),
        Dimension("prompt_template", Text("Prompt template", "Modèle d’invite")),
        Dimension("prompt_version", Text("Prompt version", "Version de l’invite")),
        Dimension("endpoint", Text("Endpoint", "Point d’accès"), words="code"),
        Dimension("status", Text("Status", "Statut"), words="code"),
        Dimension("service", Text("Service", "Service")),
        Dimension("target", Text("Target", "Cible")),
        Dimension("severity", Text("Severity", "Gravité")),
        Dimension("form", Text("Form", "Formulaire")),
        Dimension("field", Text("Field", "Champ")),
        Dimension("experiment", Text("Experiment", "Expérience")),
        Dimension("variant", Text("Variant", "Variante")),
        Dimension("ad_platform", Text("Ad platform", "Régie publicitaire")),
        Dimension("hour_of_day", Text("Hour of day", "Heure"), column="ts", expression=_hour),
        Dimension("weekday", Text("Weekday", "Jour de la semaine"), column="day", expression=_weekday, values=_WEEKDAYS),
        Dimension("customer", Text("Customer", "Client"), permission=Permission.READ_PEOPLE),
        Dimension("user", Text("User", "Utilisateur"), column="user_key", permission=Permission.READ_PEOPLE),
    )
}


def dimension(name: str) -> Dimension:
    """The dimension of that name; `property.x` is the property x of an event, `segment.<id>` in or out of it. Raises InvalidQuery."""
    if is_segment(name):
        return segment_dimension(name)
    if name.startswith(PROPERTY) and 0 < len(name) - len(PROPERTY) <= MAX_PROPERTY:
        return _property(name.removeprefix(PROPERTY))
    if name not in DIMENSIONS:
        raise InvalidQuery(f"there is no dimension “{name[:60]}”: use one of {', '.join(DIMENSIONS)} or property.<name>")
    return DIMENSIONS[name]


def _property(key: str) -> Dimension:
    def expression(rows: sa.FromClause, scan: Scan) -> sa.ColumnElement[Any]:
        return json_text(rows.c.properties, key)

    return Dimension(PROPERTY + key, Text(key, key), column="properties", expression=expression)


def offered(source: Source, name: str) -> bool:
    """Whether the source can be cut or filtered by that dimension; by a segment, where it knows the user."""
    if is_segment(name):
        return "user" in source.dimensions
    return "properties" in source.dimensions if name.startswith(PROPERTY) else name in source.dimensions


def column(rows: sa.FromClause, of: Dimension, scan: Scan) -> sa.ColumnElement[Any]:
    """The dimension's expression over these rows."""
    return of.expression(rows, scan) if of.expression else rows.c[of.col]
