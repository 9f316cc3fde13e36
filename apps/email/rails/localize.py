"""`l()` as Rails has it: a date or a moment in a format of the locale, with the locale's names of days and months.

Formats are strftime's, under `date.formats` and `time.formats` of the Rails catalogues; where they have none of that
name, CLDR's `short`, `medium`, `long` and `full` stand in. Dates in JSON are texts: ISO 8601 is read. Any thread.
"""

import re
from datetime import date, datetime
from typing import Any

from babel.dates import format_date, format_datetime

from apps.email import locale
from apps.email.rails.keys import CONTEXT
from apps.email.translations import Translations

_DIRECTIVE = re.compile(r"%([-^0_]?)([a-zA-Z%])")
_CLDR = {"default": "medium", "short": "short", "medium": "medium", "long": "long", "full": "full"}


class Localize:
    """The function (and filter) `l` of one language. Equal values give equal texts."""

    def __init__(self, translations: Translations, tag: str) -> None:
        self._translations, self._tag = translations, tag

    def __call__(self, value: Any, format: str = "default") -> str:
        """Raises ValueError for what is no date, or a format nobody knows."""
        moment = _moment(value)
        kind = "time" if isinstance(moment, datetime) else "date"
        pattern = self._find(f"{kind}.formats.{format}") or (format if "%" in format else None)
        if isinstance(pattern, str):
            return _DIRECTIVE.sub(lambda match: self._directive(moment, *match.groups()), pattern)
        if format not in _CLDR:
            raise ValueError(f"no format {kind}.formats.{format}")
        write = format_datetime if isinstance(moment, datetime) else format_date
        return write(moment, _CLDR[format], locale=locale.formats(self._tag))

    def _find(self, key: str) -> Any:
        found = (catalogue.find((CONTEXT, key)) for catalogue in self._translations.catalogues)
        return next((phrase for phrase in found if phrase is not None), None)

    def _directive(self, moment: date, flag: str, letter: str) -> str:
        if letter == "%":
            return "%"
        named = self._name(moment, letter)
        text = moment.strftime(f"%{letter}") if named is None else named
        if flag == "-":
            return text.lstrip("0") or "0"
        if flag == "_":
            return re.sub("^0(?=[0-9])", " ", text)
        return text.upper() if flag == "^" else text

    def _name(self, moment: date, letter: str) -> str | None:
        """A name of the locale; None where strftime's numbers do."""
        day, month = moment.isoweekday() % 7, moment.month
        match letter:
            case "A" | "a":
                names, place = self._find("date.day_names" if letter == "A" else "date.abbr_day_names"), day
            case "B" | "b" | "h":
                names, place = self._find("date.month_names" if letter == "B" else "date.abbr_month_names"), month
            case "e":
                return f"{moment.day:2}"
            case "l" | "k":
                return f"{int(moment.strftime('%I' if letter == 'l' else '%H')):2}"
            case "p" | "P":
                text = self._find(f"time.{moment.strftime('%p').lower()}") or moment.strftime("%p")
                return str(text).upper() if letter == "p" else str(text).lower()
            case _:
                return None
        if isinstance(names, tuple) and place < len(names) and names[place]:
            return str(names[place])
        return format_date(moment, {"A": "EEEE", "a": "EEE", "B": "MMMM"}.get(letter, "MMM"), locale.formats(self._tag))


def _moment(value: Any) -> date:
    if isinstance(value, date):
        return value
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is no date; write it like '2026-11-22' or '2026-11-22T09:30:00Z'")
    return date.fromisoformat(value) if len(value) <= 10 else datetime.fromisoformat(value)
