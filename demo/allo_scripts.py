"""What people do at Allo Expert: look for an expert, book a call, come back."""

from __future__ import annotations

from demo.scripts import Library, Moment, Script, given, view

PAGES: dict[str, Moment] = {
    "home": view("Home", "/", 800),
    "how": view("How it works", "/how-it-works", 700),
    "prices": view("Prices", "/prices", 700),
    "become": view("Become an expert", "/become-an-expert", 750),
    "magazine": view("Magazine", "/magazine/:slug", 900),
    "results": view("Experts", "/experts", 1250),
    "expert": view("Expert", "/experts/:id", 1000),
    "booking_page": view("Booking", "/booking/:id", 950),
    "sign_up_page": view("Sign up", "/sign-up"),
    "my_calls": view("My calls", "/account/calls", 900),
    "account": view("Account", "/account", 800),
    "help": view("Help", "/help", 650),
}


def _on(page: str, name: str, category: str, action: str, *, said: tuple[str, ...] = (), loads: float = 0.0) -> Moment:
    """Something done on one of the pages; `said` are its possible properties."""
    return Moment(name, category, PAGES[page].page, PAGES[page].path, action, None, said, loads)


ACTIONS: dict[str, Moment] = {
    "search": _on("results", "expert_search", "search", "search", said=given("category", "law", "tax", "wellbeing", "career"), loads=380),
    "filter": _on("results", "search_filtered", "search", "filter", said=given("filter", "price", "language", "available_now", "rating")),
    "provider_viewed": _on("expert", "provider_viewed", "search", "view"),
    "reviews": _on("expert", "reviews_read", "search", "click"),
    "favourite": _on("expert", "provider_favourited", "search", "click"),
    "sign_up_started": _on("sign_up_page", "sign_up_started", "sign_up", "start"),
    "phone_entered": _on("sign_up_page", "sign_up_phone_entered", "sign_up", "submit"),
    "code_entered": _on("sign_up_page", "sign_up_code_entered", "sign_up", "submit"),
    "sign_up_completed": _on("sign_up_page", "sign_up_completed", "sign_up", "complete"),
    "logged_in": _on("account", "logged_in", "account", "submit", said=given("method", "code", "code", "password")),
    "booking_started": _on("booking_page", "booking_started", "booking", "start"),
    "time_chosen": _on("booking_page", "booking_time_chosen", "booking", "submit", said=given("when", "now", "now", "today", "later")),
    "payment_submitted": _on("booking_page", "payment_submitted", "booking", "submit"),
    "payment_failed": _on("booking_page", "payment_failed", "booking", "error"),
    "booking_completed": _on("booking_page", "booking_completed", "booking", "complete"),
    "booking_cancelled": _on("my_calls", "booking_cancelled", "booking", "cancel"),
    "call_joined": _on("my_calls", "call_joined", "call", "start"),
    "call_rated": _on("my_calls", "call_rated", "call", "rate", said=given("stars", 1, 3, 4, 4, 5, 5, 5, 5)),
    "tip": _on("my_calls", "expert_thanked", "call", "click"),
    "help_article": _on("help", "help_article_viewed", "support", "view"),
    "ticket": _on("help", "support_ticket_created", "support", "create", said=given("topic", "payment", "call", "refund", "expert")),
}

_LOOK = "results:3 search:4 filter:2 provider_viewed:5 expert:5 reviews:2.5 favourite:.6 prices:1 how:1"
_BOOK = "logged_in results search expert provider_viewed booking_page booking_started time_chosen payment_submitted"
SCRIPTS: dict[str, Script] = {
    "browse": Script("home", 1.4, "how:3 prices:3 magazine:2 search:3 results:3 expert:2 become:.5"),
    "read": Script("magazine", 0.5, "magazine:3 home:1 search:1"),
    "look": Script("home results search", 4.5, _LOOK),
    "abandon": Script("home results search expert provider_viewed sign_up_page sign_up_started", 0.6, "phone_entered:2 help:1 home:1"),
    "sign_up": Script("home results sign_up_page sign_up_started phone_entered code_entered sign_up_completed", 3.0, _LOOK),
    "return": Script("logged_in results search", 4.5, _LOOK + " my_calls:2 call_rated:1 tip:.4"),
    "booking": Script(_BOOK + " booking_completed", 2.5, "my_calls:3 call_joined:4 call_rated:1.2 tip:.3 account:.6"),
    "booking_failed": Script(_BOOK + " payment_failed", 0.8, "payment_submitted:1 payment_failed:1 help:1 help_article:1"),
    "booking_abandoned": Script(
        "logged_in results search expert provider_viewed booking_page booking_started", 1.0, "time_chosen:1 prices:1 reviews:1"
    ),
    "manage": Script("logged_in my_calls", 1.5, "my_calls:3 account:2 booking_cancelled:.5 call_rated:2 help_article:1 ticket:.4"),
}
LIBRARY = Library({**PAGES, **ACTIONS}, SCRIPTS)
