"""An event and its conditions: what `analytics.matching.Matcher` is made of."""

from __future__ import annotations

from accounts.language import Text
from components.editors.choices import said
from components.editors.draft import Field
from components.editors.events import EVENT, chosen_events, event_picker
from components.editors.filters import ADD, where_editor
from components.editors.vocabulary import dimension_label

OWN = Text("“{event}” has conditions of its own: {names}.", "« {event} » a ses propres conditions : {names}.")


def matcher_editor(field: Field, label: Text = EVENT, *, add: Text = ADD) -> None:
    """Edits the matcher at `field`: its events, then the conditions on them."""
    event_picker(field, label)
    if not chosen_events(field.value):
        return
    for one in (field.value or {}).get("any_of", ()):
        if own := [leaf[1] for leaf in (one.get("where") or {}).get("values", ()) if isinstance(leaf, list | tuple)]:
            names = ", ".join(dimension_label(name, field.locale) for name in own)
            said(OWN[field.locale].format(event=one.get("event") or "*", names=names))
    where_editor(field.child("where"), add=add)
