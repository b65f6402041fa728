"""Words in the languages of the product, chosen by the reader's locale."""

from __future__ import annotations

from dataclasses import dataclass

LOCALES = ("en", "fr")
DEFAULT_LOCALE = "en"


@dataclass(frozen=True)
class Text:
    """The same words in each language; `text.fr` or `text[locale]`."""

    en: str
    fr: str

    def __getitem__(self, locale: str) -> str:
        return self.fr if locale.startswith("fr") else self.en

    def format(self, **values: object) -> Text:
        """Fill `{name}` in every language; a Text among the values is filled in the same language."""
        return Text(*(self[locale].format(**{k: _in(v, locale) for k, v in values.items()}) for locale in LOCALES))


def _in(value: object, locale: str) -> object:
    return value[locale] if isinstance(value, Text) else value


def nearest_locale(wanted: str | None) -> str:
    """The supported locale for a browser's language tag such as `fr-CA`; English where unknown."""
    language = (wanted or "").replace("_", "-").split("-")[0].lower()
    return language if language in LOCALES else DEFAULT_LOCALE
