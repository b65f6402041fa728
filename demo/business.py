"""Who the two demonstration companies are, how big they are at each scale, and what they sell.

Lumen sells a subscription to a writing and research tool. Allo Expert is a marketplace of experts one
talks to by telephone. Both report in euros and live by the clock of Paris.
"""

from __future__ import annotations

from dataclasses import dataclass

from accounts.actor import Tenant

# What the board of Lumen wants next, in minor units for money: a good stretch beyond where the default scale ends.
AIMS = (("target.arr", "504000000"), ("target.customers", "2200"), ("target.mrr", "42000000"))
LUMEN = Tenant(1, "lumen", "Lumen", "Europe/Paris", currency="EUR", settings=AIMS)
ALLO = Tenant(2, "allo", "Allo Expert", "Europe/Paris", currency="EUR")
TENANTS: tuple[Tenant, ...] = (LUMEN, ALLO)


@dataclass(frozen=True)
class Scale:
    """How much of everything. Counts are for both tenants together; `share` says which part is whose.

    `event_days` is how far back product events reach. Subscriptions, payments and people reach back `book_days`:
    the company is older than its tracking. `before` is the part of signed-up people who came before tracking began.
    """

    name: str
    users: int
    events: int
    event_days: int
    customers: int  # Lumen's paying customers, ever
    bookings: int  # Allo's bookings
    credit_packs: float  # packs bought per customer and month
    usage: float  # AI generations and API requests, each as a share of events
    health_days: int  # how far back samples and checks reach
    health_minutes: int  # and how far apart they are
    book_days: int = 913
    before: float = 0.30


SCALES: dict[str, Scale] = {
    scale.name: scale
    for scale in (
        Scale("small", 1_500, 120_000, 400, 240, 900, 1.0, 0.06, 90, 120),
        Scale("default", 20_000, 2_000_000, 548, 2_600, 12_000, 1.0, 0.05, 180, 60),
        Scale("10m", 1_000_000, 10_000_000, 200, 20_000, 60_000, 0.3, 0.02, 180, 60, before=0.50),
        Scale("100m", 5_000_000, 100_000_000, 200, 40_000, 150_000, 0.3, 0.01, 180, 60, before=0.30),
    )
}

SHARE = {LUMEN.key: 0.75, ALLO.key: 0.25}  # of users and events

CURRENCIES = ("EUR", "USD", "GBP", "CHF")
EUR_PER_UNIT = (1.0, 0.92, 1.17, 1.05)  # where the rates wander around


@dataclass(frozen=True)
class Place:
    country: str
    region: str
    city: str
    weight: float


# fmt: off
PLACES: tuple[Place, ...] = (
    Place("FR", "Île-de-France", "Paris", 17), Place("FR", "Auvergne-Rhône-Alpes", "Lyon", 7), Place("FR", "Occitanie", "Toulouse", 4),
    Place("DE", "Berlin", "Berlin", 8), Place("DE", "Bayern", "München", 6), Place("DE", "Hamburg", "Hamburg", 4),
    Place("GB", "England", "London", 9), Place("GB", "England", "Manchester", 3), Place("GB", "Scotland", "Edinburgh", 2),
    Place("US", "New York", "New York", 7), Place("US", "California", "San Francisco", 5), Place("US", "Texas", "Austin", 2),
    Place("BE", "Bruxelles", "Bruxelles", 4), Place("BE", "Vlaanderen", "Antwerpen", 2),
    Place("CH", "Genève", "Genève", 2.5), Place("CH", "Zürich", "Zürich", 2.5),
    Place("ES", "Madrid", "Madrid", 3), Place("ES", "Cataluña", "Barcelona", 3),
    Place("CA", "Québec", "Montréal", 3), Place("CA", "Ontario", "Toronto", 2),
    Place("IT", "Lombardia", "Milano", 2.5), Place("NL", "Noord-Holland", "Amsterdam", 2.5),
    Place("PT", "Lisboa", "Lisboa", 1), Place("LU", "Luxembourg", "Luxembourg", 0.8), Place("MA", "Casablanca-Settat", "Casablanca", 0.8),
)
# fmt: on
COUNTRIES: tuple[str, ...] = tuple(dict.fromkeys(place.country for place in PLACES))
LANGUAGES = {
    "FR": "fr-FR", "BE": "fr-BE", "CH": "fr-CH", "LU": "fr-LU", "MA": "fr-MA", "DE": "de-DE", "GB": "en-GB", "US": "en-US",
    "ES": "es-ES", "CA": "fr-CA", "IT": "it-IT", "NL": "nl-NL", "PT": "pt-PT",
}  # fmt: skip
CURRENCY_OF = {"US": "USD", "CA": "USD", "GB": "GBP", "CH": "CHF"}  # everyone else pays in euros
HOURS_WEST = {"US": 6, "CA": 6, "GB": 1, "PT": 1}  # how many hours later than Paris their day is


@dataclass(frozen=True)
class Agent:
    """A device with its system and browser."""

    device: str
    os: str
    os_version: str
    browser: str
    browser_version: str
    screen: str
    weight: float


# fmt: off
AGENTS: tuple[Agent, ...] = (
    Agent("desktop", "Windows", "11", "Chrome", "141", "1920x1080", 24), Agent("desktop", "Windows", "11", "Edge", "141", "1920x1080", 9),
    Agent("desktop", "Windows", "10", "Firefox", "144", "1536x864", 5), Agent("desktop", "macOS", "15", "Chrome", "141", "1728x1117", 12),
    Agent("desktop", "macOS", "15", "Safari", "18.6", "1440x900", 9), Agent("desktop", "Linux", "6.12", "Firefox", "144", "2560x1440", 3),
    Agent("mobile", "iOS", "18.6", "Safari", "18.6", "393x852", 15), Agent("mobile", "Android", "15", "Chrome", "141", "412x915", 14),
    Agent("mobile", "Android", "14", "Samsung Internet", "28", "360x780", 3), Agent("mobile", "iOS", "18.6", "Chrome", "141", "390x844", 2),
    Agent("tablet", "iPadOS", "18.6", "Safari", "18.6", "1180x820", 3), Agent("tablet", "Android", "14", "Chrome", "140", "1280x800", 1),
)
# fmt: on


@dataclass(frozen=True)
class Arrival:
    """How a visit came: the channel and its campaign parameters."""

    channel: str
    source: str | None
    medium: str | None
    campaign: str | None
    referrer: str | None
    weight: float
    term: str | None = None
    content: str | None = None


# fmt: off
ARRIVALS: tuple[Arrival, ...] = (
    Arrival("direct", None, None, None, None, 24),
    Arrival("organic_search", "google", "organic", None, "https://www.google.com/", 24),
    Arrival("organic_search", "bing", "organic", None, "https://www.bing.com/", 4),
    Arrival("paid_search", "google", "cpc", "brand-search", "https://www.google.com/", 8, "brand"),
    Arrival("paid_search", "google", "cpc", "generic-search", "https://www.google.com/", 9, "generic"),
    Arrival("paid_social", "linkedin", "paid_social", "linkedin-decision-makers", "https://www.linkedin.com/", 6, None, "video"),
    Arrival("paid_social", "meta", "paid_social", "meta-retargeting", "https://www.instagram.com/", 5, None, "carousel"),
    Arrival("referral", "partner-blog", "referral", None, "https://blog.example.org/", 7),
    Arrival("referral", "friend", "referral", "invite-a-friend", None, 6),
    Arrival("email", "newsletter", "email", "monthly-newsletter", None, 7),
    Arrival("paid_social", "meta", "paid_social", "summer-giveaway", "https://www.instagram.com/", 0, None, "giveaway"),
)
# fmt: on
GIVEAWAY = len(ARRIVALS) - 1  # comes only with the campaign of the story
DIRECT, ORGANIC, FRIEND, NEWSLETTER = 0, 1, 8, 9
CHANNELS: tuple[str, ...] = tuple(dict.fromkeys(arrival.channel for arrival in ARRIVALS))
CAMPAIGNS: tuple[str, ...] = tuple(dict.fromkeys(arrival.campaign for arrival in ARRIVALS if arrival.campaign))

KINDS = ("individual", "business")
FREE, SOLO, TEAM, BUSINESS, ENTERPRISE = range(5)
PLANS = ("Free", "Solo", "Team", "Business", "Enterprise")
SEAT_PRICE = {
    "EUR": (0, 2400, 1900, 3500, 4900),
    "USD": (0, 2600, 2100, 3900, 5500),
    "GBP": (0, 2100, 1700, 3100, 4500),
    "CHF": (0, 2600, 2100, 3900, 5500),
}
YEARLY_MONTHS = 10  # a year costs ten months
