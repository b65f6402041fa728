"""What people do at Lumen: forty-odd events, and the visits they make up."""

from __future__ import annotations

from demo.scripts import Library, Moment, Script, given, view

PAGES: dict[str, Moment] = {
    "home": view("Home", "/"),
    "pricing": view("Pricing", "/pricing"),
    "features": view("Features", "/features"),
    "customers": view("Customer stories", "/customers"),
    "blog": view("Blog", "/blog"),
    "about": view("About", "/about"),
    "docs": view("Documentation", "/docs"),
    "giveaway": view("Giveaway", "/giveaway"),
    "sign_up_page": view("Sign up", "/sign-up"),
    "login_page": view("Sign in", "/login"),
    "welcome": view("Onboarding", "/app/welcome"),
    "dashboard": view("Dashboard", "/app", 1100),
    "project": view("Project", "/app/projects/:id", 1200),
    "document": view("Document", "/app/documents/:id", 1000),
    "reports": view("Reports", "/app/reports", 1500),
    "assistant": view("Assistant", "/app/assistant", 950),
    "library": view("Library", "/app/library", 1150),
    "settings": view("Settings", "/app/settings", 800),
    "team": view("Team", "/app/team"),
    "billing": view("Billing", "/app/billing", 900),
    "checkout_page": view("Checkout", "/app/checkout", 900),
    "help": view("Help", "/help", 700),
    "api_page": view("API keys", "/app/api", 800),
}


def _on(page: str, name: str, category: str, action: str, *, said: tuple[str, ...] = (), loads: float = 0.0) -> Moment:
    """Something done on one of the pages; `said` are its possible properties."""
    return Moment(name, category, PAGES[page].page, PAGES[page].path, action, None, said, loads)


ACQUISITION: dict[str, Moment] = {
    "cta": Moment("cta_clicked", "acquisition", "Home", "/", "click", "Start for free"),
    "plan_selected": _on(
        "pricing", "pricing_plan_selected", "acquisition", "click", said=given("plan", "Solo", "Team", "Business", "Enterprise")
    ),
    "demo_requested": Moment("demo_requested", "acquisition", "Pricing", "/pricing", "submit", "Talk to sales"),
    "newsletter": _on("blog", "newsletter_subscribed", "acquisition", "submit"),
    "sign_up_started": _on("sign_up_page", "sign_up_started", "sign_up", "start"),
    "email_entered": _on("sign_up_page", "sign_up_email_entered", "sign_up", "submit", said=given("method", "email", "email", "google")),
    "password_set": _on("sign_up_page", "sign_up_password_set", "sign_up", "submit"),
    "sign_up_error": _on("sign_up_page", "sign_up_form_error", "sign_up", "error", said=given("field", "email", "password", "terms")),
    "sign_up_completed": _on("sign_up_page", "sign_up_completed", "sign_up", "complete"),
    "invitation": _on("sign_up_page", "invitation_accepted", "sign_up", "complete"),
    "onboarding": _on("welcome", "onboarding_started", "activation", "start"),
    "onboarding_step": _on("welcome", "onboarding_step_completed", "activation", "complete", said=given("step", 1, 2, 3, 4)),
    "project_created": _on("project", "project_created", "activation", "create", said=given("template", "blank", "report", "notes")),
}
WORK: dict[str, Moment] = {
    "logged_in": _on("login_page", "logged_in", "account", "submit", said=given("method", "password", "password", "google", "sso")),
    "logged_out": _on("dashboard", "logged_out", "account", "click"),
    "project_opened": _on("project", "project_opened", "work", "open"),
    "document_created": _on("document", "document_created", "work", "create", said=given("template", "blank", "brief", "memo", "article")),
    "document_edited": _on("document", "document_edited", "work", "edit", said=given("words", 12, 40, 85, 140, 260, 510)),
    "document_exported": _on("document", "document_exported", "work", "export", said=given("format", "pdf", "docx", "html")),
    "document_shared": _on("document", "document_shared", "work", "share", said=given("with", "team", "link", "guest")),
    "comment": _on("document", "comment_added", "work", "create"),
    "search": _on("library", "search_performed", "work", "search", said=given("results", 0, 1, 3, 8, 21, 60), loads=320),
    "template": _on("library", "template_used", "work", "click"),
    "upload": _on("library", "file_uploaded", "work", "upload", said=given("type", "pdf", "docx", "csv", "png"), loads=1400),
    "notification": _on("dashboard", "notification_opened", "work", "open"),
    "ai_started": _on("assistant", "ai_conversation_started", "ai", "start", said=given("skill", "summarise", "draft", "research")),
    "ai_answer": _on("assistant", "ai_answer_received", "ai", "receive", loads=2600),
    "ai_rated": _on("assistant", "ai_answer_rated", "ai", "rate", said=given("rating", 1, 2, 3, 4, 4, 5, 5, 5)),
    "report_viewed": _on("reports", "report_viewed", "insight", "view", loads=900),
    "report_scheduled": _on("reports", "report_scheduled", "insight", "create", said=given("every", "day", "week", "month")),
    "report_exported": _on("reports", "report_exported", "insight", "export", said=given("format", "pdf", "xlsx", "csv")),
    "integration": _on("settings", "integration_connected", "settings", "connect", said=given("service", "slack", "drive", "zapier")),
    "settings_updated": _on("settings", "settings_updated", "settings", "edit", said=given("setting", "language", "alerts", "theme")),
    "api_key": _on("api_page", "api_key_created", "settings", "create"),
    "member_invited": _on("team", "member_invited", "team", "invite"),
    "role_changed": _on("team", "member_role_changed", "team", "edit"),
    "help_article": _on("help", "help_article_viewed", "support", "view"),
    "ticket": _on("help", "support_ticket_created", "support", "create", said=given("topic", "billing", "bug", "question", "access")),
}
MONEY: dict[str, Moment] = {
    "checkout_started": _on("checkout_page", "checkout_started", "checkout", "start"),
    "checkout_details": _on("checkout_page", "checkout_details_entered", "checkout", "submit"),
    "payment_submitted": _on("checkout_page", "payment_submitted", "checkout", "submit"),
    "payment_failed": _on("checkout_page", "payment_failed", "checkout", "error"),
    "checkout_completed": _on("checkout_page", "checkout_completed", "checkout", "complete"),
    "credits": _on("billing", "credits_purchased", "checkout", "buy"),
    "cancel_requested": _on(
        "billing",
        "subscription_cancel_requested",
        "retention",
        "cancel",
        said=given("reason", "price", "missing_feature", "unused", "competitor"),
    ),
}

_MARKETING = "home:4 pricing:3 features:4 customers:2 blog:3 about:1 docs:1 cta:1.5 plan_selected:1 demo_requested:.1 newsletter:.3"
_WORK = (
    "project:3 document:5 document_edited:9 document_created:1.5 comment:2 search:1.5 document_shared:.8 document_exported:.7 "
    "project_opened:1.5 template:.6 upload:.7 notification:.6"
)
_ADMIN = "settings:3 team:3 billing:2 member_invited:1.2 role_changed:.4 settings_updated:2 integration:.6 api_page:1 api_key:.3"
_FORM = "sign_up_page sign_up_started email_entered password_set sign_up_completed"
_CHECKOUT = "checkout_page checkout_started checkout_details payment_submitted"
SCRIPTS: dict[str, Script] = {
    "browse": Script("home", 1.6, _MARKETING),
    "read": Script("blog", 0.5, _MARKETING),
    "abandon": Script("home pricing sign_up_page sign_up_started", 0.6, "sign_up_error:1 email_entered:2 pricing:2 home:1"),
    "broken": Script(
        "home pricing sign_up_page sign_up_started email_entered sign_up_error password_set sign_up_error",
        0.7,
        "sign_up_error:3 home:1 help:1",
    ),
    "sign_up": Script(f"home pricing {_FORM} onboarding onboarding_step", 2.5, "dashboard:2 onboarding_step:3 help:1 settings:1 library:1"),
    "sign_up_active": Script(f"home features {_FORM} onboarding onboarding_step onboarding_step project_created", 5.0, _WORK),
    "giveaway": Script(f"giveaway {_FORM}", 0.6, "giveaway:3 dashboard:1"),
    "invited": Script("invitation onboarding dashboard", 3.0, _WORK),
    "checkout": Script(f"logged_in dashboard pricing {_CHECKOUT} checkout_completed", 2.0, _WORK),
    "checkout_abandon": Script("logged_in pricing checkout_page checkout_started", 0.8, "checkout_details:2 pricing:2 dashboard:1 help:.5"),
    "checkout_failed": Script(f"logged_in pricing {_CHECKOUT} payment_failed", 0.6, "payment_submitted:1 payment_failed:1 help:1"),
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
LIBRARY = Library({**PAGES, **ACQUISITION, **WORK, **MONEY}, SCRIPTS)
