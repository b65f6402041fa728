"""Funnels: the panels that answer one funnel, and the funnels that suit what a tenant records."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import cast

from accounts.language import Text
from accounts.roles import Permission
from analytics.kinds.dropoff_query import DropOff
from analytics.kinds.funnel_query import Funnel, FunnelStep
from analytics.kinds.people_query import People
from analytics.query import Query
from reports.report import Panel, Report

TITLE = Text("Funnels", "Entonnoirs")
ABOUT = Text("How many go through, where they stop and why.", "Combien vont au bout, où ils s’arrêtent et pourquoi.")


@dataclass(frozen=True)
class Template:
    """A funnel to begin with, offered where the tenant records all its events."""

    name: str
    title: Text
    events: tuple[str, ...]
    window: int = 1
    window_unit: str = "day"

    def question(self) -> Funnel:
        steps = tuple(FunnelStep(event=name) for name in self.events)
        return Funnel.model_validate({"steps": steps, "window": self.window, "window_unit": self.window_unit})


TEMPLATES: tuple[Template, ...] = (
    Template(
        "sign_up",
        Text("Sign-up form", "Formulaire d’inscription"),
        ("sign_up_started", "sign_up_email_entered", "sign_up_password_set", "sign_up_completed"),
    ),
    Template(
        "booking",
        Text("Booking", "Réservation"),
        ("expert_search", "provider_viewed", "booking_started", "payment_submitted", "booking_completed"),
    ),
    Template(
        "activation",
        Text("From sign-up to first work", "De l’inscription au premier travail"),
        ("sign_up_completed", "onboarding_started", "project_created", "document_created"),
        14,
    ),
    Template("checkout", Text("Checkout", "Paiement"), ("checkout_started", "payment_submitted", "checkout_completed")),
    Template(
        "phone_sign_up",
        Text("Sign-up by phone", "Inscription par téléphone"),
        ("sign_up_started", "sign_up_phone_entered", "sign_up_code_entered", "sign_up_completed"),
    ),
    Template("purchase", Text("Purchase", "Achat"), ("product_viewed", "product_added", "checkout_started", "order_completed"), 7),
)


def fitting_templates(known: Collection[str]) -> tuple[Template, ...]:
    """Those whose events all occur."""
    return tuple(one for one in TEMPLATES if set(one.events) <= set(known))


def first_funnel(known: list[str]) -> Funnel:
    """The funnel shown before anybody chose one: the first template that fits, else from the most frequent event to the next."""
    for one in fitting_templates(known):
        return one.question()
    return Funnel(steps=tuple(FunnelStep(event=name) for name in known[:2]) or (FunnelStep(),))


def funnel_report(query: Query, view: str = "") -> Report:
    """Every panel of one funnel; all ask the same funnel, so exports carry the whole answer. `view` is the number of the step before which
    the reasons for dropping are looked for; without it, that of most people."""
    asked = cast(Funnel, query)
    panels = (_headlines(asked), _steps(asked), _table(asked), _times(asked), _trend(asked))
    return Report("funnels", TITLE, ABOUT, panels + (_reasons(asked, view) if len(asked.steps) > 1 else ()))


def _as(query: Funnel, **changes: object) -> Funnel:
    return query.model_copy(update=changes)


def _headlines(query: Funnel) -> Panel:
    return Panel(
        "funnel_headlines",
        Text("From end to end", "De bout en bout"),
        _as(query, view="trend", by=(), compare="previous"),
        "tiles",
        options={"metrics": ("people", "converted", "conversion", "median_time"), "short": {"people": Text("Entered", "Entrés")}},
        drill=People(of=query),
        needs="usage",
    )


def _steps(query: Funnel) -> Panel:
    return Panel(
        "funnel_steps",
        Text("Step by step", "Étape par étape"),
        _as(query, view="steps"),
        "funnel_steps",
        note=Text(
            "Click a bar for who came that far, the pale part for who dropped",
            "Cliquez sur une barre pour voir qui est arrivé, sur la partie pâle pour qui a abandonné",
        ),
        height=300,
        drill=People(of=query),
        needs="usage",
    )


def _table(query: Funnel) -> Panel:
    return Panel(
        "funnel_table",
        Text("In numbers", "En chiffres"),
        _as(query, view="steps"),
        "funnel_table",
        drill=People(of=query),
        needs="usage",
    )


def _times(query: Funnel) -> Panel:
    return Panel(
        "funnel_times",
        Text("Time to convert", "Temps de conversion"),
        _as(query, view="histogram", bins="growing"),
        "funnel_times",
        note=Text("People by the time from first to last step", "Personnes selon le temps entre la première et la dernière étape"),
        width="half",
        height=220,
        drill=People(of=query),
        needs="usage",
    )


def _trend(query: Funnel) -> Panel:
    return Panel(
        "funnel_trend",
        Text("Conversion over time", "Conversion dans le temps"),
        _as(query, view="trend", by=query.by[:1], limit=4),
        "lines",
        note=Text(
            "By when people entered, without those whose window is still open; dotted where some are left out",
            "Selon l’entrée, sans ceux dont le délai court encore ; en pointillés là où il en manque",
        ),
        width="half",
        height=220,
        options={"metric": "conversion", "zero": True},
        drill=People(of=query),
        needs="usage",
    )


_DIFFER = Text(
    "{where}: share that goes on, against everybody else; red where it is certainly less",
    "{where} : part qui continue, contre tous les autres ; en rouge si elle est sûrement moindre",
)
_ERRORS = Text(
    "{where}, in the half hour after the step before; the tick is those who went on",
    "{where}, dans la demi-heure suivante ; le trait : ceux qui ont continué",
)
_NEXT = Text(
    "{where}, the first thing after the step before; the tick is those who went on",
    "{where}, la première chose après l’étape précédente ; le trait : ceux qui ont continué",
)


def _reasons(query: Funnel, view: str) -> tuple[Panel, ...]:
    """What sets the dropped apart: who they are, which errors they met, what they did next."""
    step = int(view) if view.isdigit() and 2 <= int(view) <= len(query.steps) else None
    here = Text(f"Before step {step}", f"Avant l’étape {step}")
    most, each = Text("Where most drop", "Là où l’on perd le plus"), Text("Before each step", "Avant chaque étape")
    asked = {look: DropOff.model_validate({"of": query, "step": step, "look": look}) for look in ("differences", "errors", "next")}
    titles = Text("Who drops more than others", "Qui abandonne plus que les autres")
    noted = _DIFFER.format(where=here if step else each)
    return (
        Panel("funnel_differences", titles, asked["differences"], "differences", noted, drill=People(of=query), needs="usage"),
        _after(
            "funnel_errors", Text("Errors they met", "Erreurs rencontrées"), asked["errors"], _ERRORS.format(where=here if step else most)
        ),
        _after(
            "funnel_next",
            Text("What they did next", "Ce qu’ils ont fait ensuite"),
            asked["next"],
            _NEXT.format(where=here if step else most),
        ),
    )


def _after(name: str, title: Text, query: DropOff, note: Text) -> Panel:
    only = Permission.READ_HEALTH if query.look == "errors" else None
    return Panel(name, title, query, "happened", note, drill=People(), needs="usage", only=only)
