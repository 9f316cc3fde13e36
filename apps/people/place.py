"""Where a person is at home: a locale and a time zone. Pure, any thread."""

import re
import zoneinfo
from functools import cache, lru_cache

from babel import Locale
from babel.core import get_global

from apps.people.errors import Refused
from apps.people.text import trimmed

_TAG = re.compile(
    r"(?P<language>[a-z]{2,3})(?:[-_](?P<script>[a-z]{4}))?(?:[-_](?P<region>[a-z]{2}|[0-9]{3}))?"
    r"(?P<rest>(?:[-_.@][a-z0-9]{1,8})*)",
    re.IGNORECASE,
)


@lru_cache(maxsize=4096)
def locale(value: str) -> str:
    """A BCP 47 tag as language[-Script][-REGION] with CLDR's aliases applied; `pt_BR` is taken too. Raises Refused.

    Variants and extensions are dropped: no catalogue is chosen by them.
    """
    match = _TAG.fullmatch(trimmed(value))
    if match is None:
        raise Refused("locale", "is not a BCP 47 tag like 'pt-BR' or 'zh-Hant-TW'", value)
    language, script, region = match["language"].lower(), match["script"], match["region"]
    language, *implied = get_global("language_aliases").get(language, language).split("_")
    script = script.title() if script else next((part for part in implied if len(part) == 4), None)
    region = region.upper() if region else next((part for part in implied if len(part) != 4), None)
    _check_known(value, language, script, region)
    return "-".join(part for part in (language, script, region) if part)


def _check_known(value: str, language: str, script: str | None, region: str | None) -> None:
    english = Locale("en")
    for kind, part, known in (
        ("language", language, english.languages),
        ("script", script, english.scripts),
        ("region", region, english.territories),
    ):
        if part is not None and part not in known:
            raise Refused("locale", f"the {kind} {part!r} is not known to CLDR", value)


def time_zone(value: str) -> str:
    """The name of a zone of the IANA database, in its own spelling. Raises Refused."""
    found = _zones().get(trimmed(value).lower())
    if found is None:
        raise Refused("time_zone", "is not a zone of the IANA database like 'Europe/Berlin'", value)
    return found


@cache
def _zones() -> dict[str, str]:
    return {name.lower(): name for name in zoneinfo.available_timezones()}
