"""Where to go from a node, a link or a whole path: paths onwards, paths leading there, and the funnel of the path."""

from __future__ import annotations

import orjson
import streamlit as st

from accounts.language import Text
from analytics.filters import Filter
from analytics.kinds.funnel_query import Funnel, FunnelStep
from analytics.kinds.paths import Paths, bare
from analytics.kinds.people_query import People
from analytics.where import Where
from components import literal, scope

ON, TO = Text("Paths from {item}", "Parcours depuis {item}"), Text("Paths to {item}", "Parcours vers {item}")
FUNNEL = Text("Funnel of this path", "Entonnoir de ce parcours")
AT, EDGE = Text("At {item}", "À {item}"), Text("From {source} to {target}", "De {source} à {target}")
ENDED = Text("Ended after {item}", "Finis après {item}")
FUNNELS = "pages/funnels.py"


def path_title(query: People, locale: str) -> str:
    """`From /pricing to /signup`."""
    items = _items(query)
    if query.path is not None:
        return " → ".join(items)
    if len(items) == 2:
        return EDGE[locale].format(source=items[0], target=items[1])
    return (ENDED if query.outcome == "dropped" else AT)[locale].format(item=items[0]) if items else ""


def path_ways(query: People, of: Paths, locale: str) -> None:
    """Buttons under the title of the dialog."""
    items = _items(query)
    if not items:
        return
    with st.container(key="path_ways", horizontal=True, gap="small"):
        if query.outcome != "dropped":
            _again(ON[locale].format(item=items[-1]), of, {"start": items[-1], "end": None}, ":material/east:")
        _again(TO[locale].format(item=items[0]), of, {"start": None, "end": items[0]}, ":material/west:")
        if len(items) > 1:
            params = {"q": orjson.dumps(funnel_of(of, items).to_json()).decode()}
            params |= {name: st.query_params[name] for name in scope.NAMES if name in st.query_params}
            st.page_link(FUNNELS, label=FUNNEL[locale], icon=":material/filter_alt:", query_params=params)


def _items(query: People) -> list[str]:
    """The items of the cell in their order."""
    if query.path is not None:
        return list(query.path)
    return [node.partition("_")[2] for node in (query.source, query.target) if node]


def _again(label: str, of: Paths, changes: dict[str, str | None], icon: str) -> None:
    """A button that asks for other paths on this page."""
    if st.button(literal.markdown(label), key=f"path_way_{icon}", icon=icon):
        asked = of.model_copy(update={**changes, "view": "edges", "goal": None, "filters": (), "segment": None})
        data = {name: value for name, value in asked.to_json().items() if name != "period"}
        st.query_params["q"] = orjson.dumps(data).decode()
        st.rerun()


def funnel_of(of: Paths, items: list[str]) -> Funnel:
    """The items as steps of an ordered funnel: those known by a dimension by its value, others by their name."""
    return Funnel(
        steps=tuple(_step(of, item) for item in items), window=max(1, -(-of.gap_seconds * len(items) // 60)), window_unit="minute"
    )


def _step(of: Paths, item: str) -> FunnelStep:
    named = next((one for one in of.items if one.by != "path" or item.startswith("/")), None)
    if named is None:
        return FunnelStep(event=item)
    values = (item,) if bare(item) == "/" else (item, f"{item}/")
    return FunnelStep(event=named.event, where=Where(values=(Filter("is", named.by, values),)), label=item[:120])
