"""CONDITIONS: every way a rule can be met. A new one is one file here and one entry."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.language import Text
from alerts.conditions.anomaly import Anomaly
from alerts.conditions.change import Change
from alerts.conditions.condition import Condition
from alerts.conditions.missing import Missing
from alerts.conditions.ratio import Ratio
from alerts.conditions.silence import Silence
from alerts.conditions.streak import Streak
from alerts.conditions.threshold import Threshold


@dataclass(frozen=True)
class Entry:
    """A condition for forms and docs. `follows`: whether it needs an upstream, and what that is called."""

    model: type[Condition]
    label: Text
    meaning: Text
    follows: Text | None = None


CONDITIONS: dict[str, Entry] = {
    "threshold": Entry(
        Threshold,
        Text("Threshold", "Seuil"),
        Text("more, or less, than a number within the window", "plus, ou moins, qu’un nombre sur la fenêtre"),
    ),
    "change": Entry(
        Change,
        Text("Change", "Variation"),
        Text("a rise or fall against the same window earlier", "une hausse ou une baisse par rapport à la même fenêtre plus tôt"),
    ),
    "anomaly": Entry(
        Anomaly,
        Text("Anomaly", "Anomalie"),
        Text("outside the band this hour of the week usually has", "hors de la bande habituelle de cette heure de la semaine"),
    ),
    "missing": Entry(
        Missing,
        Text("Missing data", "Données absentes"),
        Text("nothing arrived during the whole window", "rien n’est arrivé pendant toute la fenêtre"),
    ),
    "silence": Entry(
        Silence,
        Text("Silence", "Silence"),
        Text(
            "nothing downstream although upstream there is enough for a zero to mean something",
            "rien en aval alors que l’amont suffit pour qu’un zéro soit significatif",
        ),
        Text("Upstream", "Amont"),
    ),
    "ratio": Entry(
        Ratio,
        Text("Ratio", "Ratio"),
        Text("a part of a whole above or below a share", "une part d’un tout au-dessus ou au-dessous d’un taux"),
        Text("Whole", "Tout"),
    ),
    "streak": Entry(
        Streak,
        Text("Streak", "Répétition"),
        Text("the same value more than so many times", "la même valeur plus de tant de fois"),
        Text("What breaks it", "Ce qui l’interrompt"),
    ),
}
