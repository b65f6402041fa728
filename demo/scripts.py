"""What people do in a visit to Lumen: the events there are, and the scripts that string them together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

MAX_EVENTS = 30  # in one visit


@dataclass(frozen=True)
class Moment:
    """One thing that can happen: an event with the page it happens on. `properties` are JSON texts, one is drawn."""

    name: str
    category: str
    page: str
    path: str
    action: str | None = None
    label: str | None = None
    properties: tuple[str, ...] = ()
    loads: float = 0.0  # median milliseconds, 0 where nothing is waited for


def _view(page: str, path: str, loads: float = 850.0) -> Moment:
    return Moment("page_view", "navigation", page, path, "view", None, (), loads)


def _counted(key: str, *values: int) -> tuple[str, ...]:
    return tuple(f'{{"{key}":{value}}}' for value in values)


def _named(key: str, *values: str) -> tuple[str, ...]:
    return tuple(f'{{"{key}":"{value}"}}' for value in values)


# fmt: off
MOMENTS: dict[str, Moment] = {
    "home": _view("Home", "/"), "pricing": _view("Pricing", "/pricing"), "features": _view("Features", "/features"),
    "customers": _view("Customer stories", "/customers"), "blog": _view("Blog", "/blog"), "about": _view("About", "/about"), "docs": _view("Documentation", "/docs"),
    "giveaway": _view("Giveaway", "/giveaway"), "sign_up_page": _view("Sign up", "/sign-up"), "login_page": _view("Sign in", "/login"),
    "dashboard": _view("Dashboard", "/app", 1100), "project": _view("Project", "/app/projects/:id", 1200), "document": _view("Document", "/app/documents/:id", 1000),
    "reports": _view("Reports", "/app/reports", 1500), "assistant": _view("Assistant", "/app/assistant", 950), "library": _view("Library", "/app/library", 1150),
    "settings": _view("Settings", "/app/settings", 800), "team": _view("Team", "/app/team", 850), "billing": _view("Billing", "/app/billing", 900),
    "checkout_page": _view("Checkout", "/app/checkout", 900), "help": _view("Help", "/help", 700), "api_page": _view("API keys", "/app/api", 800),
    "cta": Moment("cta_clicked", "acquisition", "Home", "/", "click", "Start for free"),
    "plan_selected": Moment("pricing_plan_selected", "acquisition", "Pricing", "/pricing", "click", None, _named("plan", "solo", "team", "business", "enterprise")),
    "demo_requested": Moment("demo_requested", "acquisition", "Pricing", "/pricing", "submit", "Talk to sales"),
    "newsletter": Moment("newsletter_subscribed", "acquisition", "Blog", "/blog", "submit"),
    "sign_up_started": Moment("sign_up_started", "sign_up", "Sign up", "/sign-up", "start"),
    "email_entered": Moment("sign_up_email_entered", "sign_up", "Sign up", "/sign-up", "submit", None, _named("method", "email", "email", "google", "microsoft")),
    "password_set": Moment("sign_up_password_set", "sign_up", "Sign up", "/sign-up", "submit"),
    "sign_up_error": Moment("sign_up_form_error", "sign_up", "Sign up", "/sign-up", "error", None, _named("field", "email", "password", "terms")),
    "sign_up_completed": Moment("sign_up_completed", "sign_up", "Sign up", "/sign-up", "complete"),
    "invitation": Moment("invitation_accepted", "sign_up", "Sign up", "/invitation", "complete"),
    "onboarding": Moment("onboarding_started", "activation", "Onboarding", "/app/welcome", "start"),
    "onboarding_step": Moment("onboarding_step_completed", "activation", "Onboarding", "/app/welcome", "complete", None, _counted("step", 1, 2, 3, 4)),
    "project_created": Moment("project_created", "activation", "Project", "/app/projects/new", "create", None, _named("template", "blank", "report", "research", "notes")),
    "logged_in": Moment("logged_in", "account", "Sign in", "/login", "submit", None, _named("method", "password", "password", "google", "sso")),
    "logged_out": Moment("logged_out", "account", "Dashboard", "/app", "click"),
    "project_opened": Moment("project_opened", "work", "Project", "/app/projects/:id", "open"),
    "document_created": Moment("document_created", "work", "Document", "/app/documents/new", "create", None, _named("template", "blank", "brief", "memo", "article")),
    "document_edited": Moment("document_edited", "work", "Document", "/app/documents/:id", "edit", None, _counted("words", 12, 40, 85, 140, 260, 510)),
    "document_exported": Moment("document_exported", "work", "Document", "/app/documents/:id", "export", None, _named("format", "pdf", "docx", "html")),
    "document_shared": Moment("document_shared", "work", "Document", "/app/documents/:id", "share", None, _named("with", "team", "link", "guest")),
    "comment": Moment("comment_added", "work", "Document", "/app/documents/:id", "create"),
    "search": Moment("search_performed", "work", "Library", "/app/library", "search", None, _counted("results", 0, 1, 3, 8, 21, 60), 320),
    "template": Moment("template_used", "work", "Library", "/app/library", "click"),
    "upload": Moment("file_uploaded", "work", "Library", "/app/library", "upload", None, _named("type", "pdf", "docx", "csv", "png"), 1400),
    "ai_started": Moment("ai_conversation_started", "ai", "Assistant", "/app/assistant", "start", None, _named("skill", "summarise", "draft", "research", "translate")),
    "ai_answer": Moment("ai_answer_received", "ai", "Assistant", "/app/assistant", "receive", None, (), 2600),
    "ai_rated": Moment("ai_answer_rated", "ai", "Assistant", "/app/assistant", "rate", None, _counted("rating", 1, 2, 3, 4, 4, 5, 5, 5)),
    "report_viewed": Moment("report_viewed", "insight", "Reports", "/app/reports/:id", "view", None, (), 900),
    "report_scheduled": Moment("report_scheduled", "insight", "Reports", "/app/reports/:id", "create", None, _named("every", "day", "week", "month")),
    "report_exported": Moment("report_exported", "insight", "Reports", "/app/reports/:id", "export", None, _named("format", "pdf", "xlsx", "csv")),
    "integration": Moment("integration_connected", "settings", "Settings", "/app/settings", "connect", None, _named("service", "slack", "drive", "zapier", "notion")),
    "api_key": Moment("api_key_created", "settings", "API keys", "/app/api", "create"),
    "member_invited": Moment("member_invited", "team", "Team", "/app/team", "invite"),
    "role_changed": Moment("member_role_changed", "team", "Team", "/app/team", "edit"),
    "settings_updated": Moment("settings_updated", "settings", "Settings", "/app/settings", "edit", None, _named("setting", "language", "notifications", "theme")),
    "notification": Moment("notification_opened", "work", "Dashboard", "/app", "open"),
    "help_article": Moment("help_article_viewed", "support", "Help", "/help/:id", "view"),
    "ticket": Moment("support_ticket_created", "support", "Help", "/help", "create", None, _named("topic", "billing", "bug", "question", "access")),
    "checkout_started": Moment("checkout_started", "checkout", "Checkout", "/app/checkout", "start"),
    "checkout_details": Moment("checkout_details_entered", "checkout", "Checkout", "/app/checkout", "submit"),
    "payment_submitted": Moment("payment_submitted", "checkout", "Checkout", "/app/checkout", "submit"),
    "payment_failed": Moment("payment_failed", "checkout", "Checkout", "/app/checkout", "error"),
    "checkout_completed": Moment("checkout_completed", "checkout", "Checkout", "/app/checkout", "complete"),
    "credits": Moment("credits_purchased", "checkout", "Billing", "/app/billing", "buy"),
    "cancel_requested": Moment("subscription_cancel_requested", "retention", "Billing", "/app/billing", "cancel", None, _named("reason", "price", "missing_feature", "unused", "competitor", "other")),
}
# fmt: on


@dataclass(frozen=True)
class Script:
    """A visit: `opening` in this order, then on average `more` moments drawn from `body` (word: weight)."""

    opening: str
    more: float
    body: str


_MARKETING = "home:4 pricing:3 features:4 customers:2 blog:3 about:1 docs:1 cta:1.5 plan_selected:1 demo_requested:.1 newsletter:.3"
_WORK = "project:3 document:5 document_edited:9 document_created:1.5 comment:2 search:1.5 document_shared:.8 document_exported:.7 project_opened:1.5 template:.6 upload:.7 notification:.6"
_ADMIN = "settings:3 team:3 billing:2 member_invited:1.2 role_changed:.4 settings_updated:2 integration:.6 api_page:1 api_key:.3"
SCRIPTS: dict[str, Script] = {
    "browse": Script("home", 1.6, _MARKETING),
    "read": Script("blog", 0.5, _MARKETING),
    "abandon": Script("home pricing sign_up_page sign_up_started", 0.6, "sign_up_error:1 email_entered:2 pricing:2 home:1"),
    "broken": Script(
        "home pricing sign_up_page sign_up_started email_entered sign_up_error password_set sign_up_error",
        0.7,
        "sign_up_error:3 home:1 help:1",
    ),
    "sign_up": Script(
        "home pricing sign_up_page sign_up_started email_entered password_set sign_up_completed onboarding onboarding_step",
        2.5,
        "dashboard:2 onboarding_step:3 help:1 settings:1 library:1",
    ),
    "sign_up_active": Script(
        "home features sign_up_page sign_up_started email_entered password_set sign_up_completed onboarding onboarding_step onboarding_step project_created",
        5.0,
        _WORK,
    ),
    "giveaway": Script("giveaway sign_up_page sign_up_started email_entered password_set sign_up_completed", 0.6, "giveaway:3 dashboard:1"),
    "invited": Script("invitation onboarding dashboard", 3.0, _WORK),
    "checkout": Script(
        "logged_in dashboard pricing checkout_page checkout_started checkout_details payment_submitted checkout_completed", 2.0, _WORK
    ),
    "checkout_abandon": Script("logged_in pricing checkout_page checkout_started", 0.8, "checkout_details:2 pricing:2 dashboard:1 help:.5"),
    "checkout_failed": Script(
        "logged_in pricing checkout_page checkout_started checkout_details payment_submitted payment_failed",
        0.6,
        "payment_submitted:1 payment_failed:1 help:1",
    ),
    "credits": Script("logged_in billing credits", 3.0, "assistant:2 ai_answer:4 ai_rated:.6 " + _WORK),
    "leave": Script("logged_in billing cancel_requested", 0.8, "billing:2 help:1 document_exported:2"),
    "write": Script("logged_in dashboard project", 6.0, _WORK),
    "assist": Script(
        "logged_in assistant ai_started ai_answer", 5.0, "ai_answer:8 ai_rated:1 document:2 document_edited:3 assistant:2 ai_started:.6"
    ),
    "report": Script(
        "logged_in reports report_viewed", 3.5, "report_viewed:5 reports:2 report_exported:1.2 report_scheduled:.3 dashboard:2 search:.6"
    ),
    "manage": Script("logged_in settings", 2.6, _ADMIN),
    "glance": Script("dashboard", 0.5, "notification:2 document:2 project:2 logged_out:1"),
    "ask": Script("dashboard help help_article", 1.3, "help_article:3 ticket:1 help:1"),
}
WORDS = tuple(MOMENTS)
SCRIPT = {name: position for position, name in enumerate(SCRIPTS)}


def _tables() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """opening[script, position], its length, how many more, and body[script, 1024] to draw from; as moment codes."""
    openings = [[WORDS.index(word) for word in script.opening.split()] for script in SCRIPTS.values()]
    opening = np.zeros((len(SCRIPTS), max(map(len, openings))), dtype=np.int16)
    for row, codes in zip(opening, openings, strict=True):
        row[: len(codes)] = codes
    body = np.stack([_slots(script.body) for script in SCRIPTS.values()])
    return opening, np.array([len(codes) for codes in openings]), np.array([script.more for script in SCRIPTS.values()]), body


def _slots(body: str) -> np.ndarray:
    pairs = [part.split(":") for part in body.split()]
    weight = np.array([float(share) for _, share in pairs])
    edges = np.round(np.cumsum(weight / weight.sum()) * 1024)
    return np.array([WORDS.index(word) for word, _ in pairs], dtype=np.int16)[np.searchsorted(edges, np.arange(1024), side="right")]


OPENING, OPENING_LENGTH, MORE, BODY = _tables()
