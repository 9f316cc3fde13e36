"""Locales: BCP 47 tags, the order in which catalogues are tried, the direction of a script. Pure, any thread.

A tag is kept as language[-Script][-REGION] after CLDR's aliases; variants and extensions choose no catalogue and are
dropped. Tags that CLDR takes for the same are written the same: `zh-Hans-CN`, `zh_CN` and `zh-cn` are all `zh-CN`,
`zh-TW` is `zh-Hant-TW`. Fallback follows CLDR's parent locales and never crosses into another script.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.core import get_global

from apps.email.errors import UnknownLocale

RIGHT_TO_LEFT = frozenset(
    ("Adlm", "Arab", "Aran", "Hebr", "Mand", "Mend", "Nkoo", "Rohg", "Samr", "Syrc", "Thaa", "Yezi")
)

_TAG = re.compile(
    r"(?P<language>[a-z]{2,3})(?:[-_](?P<script>[a-z]{4}))?(?:[-_](?P<region>[a-z]{2}|[0-9]{3}))?"
    r"(?:[-_][a-z0-9]{1,8})*",
    re.IGNORECASE,
)
_ENGLISH = Locale("en")
_ALIASES = get_global("language_aliases")
_TERRITORIES = get_global("territory_aliases")
_LIKELY = get_global("likely_subtags")
_PARENTS = get_global("parent_exceptions")
# CLDR makes `no` the parent of `nb`; who writes `no` (old browsers, old databases) means Bokmål.
_BOKMAL = {"no": "nb"}

Parts = tuple[str, str | None, str | None]  # language, script, region


@lru_cache(maxsize=4096)
def parse(tag: str) -> str:
    """The normal form of a BCP 47 tag (underscores are taken too). Raises UnknownLocale."""
    match = _TAG.fullmatch(tag)
    if match is None:
        raise UnknownLocale(f"{tag!r} is not a BCP 47 tag; write it like 'pt-BR' or 'zh-Hant-TW'", field="locale")
    language, script, region = match["language"].lower(), match["script"], match["region"]
    parts = _aliased(language, script and script.title(), region and region.upper())
    _check_known(tag, *parts)
    return _canonical(*parts)


def _aliased(language: str, script: str | None, region: str | None) -> Parts:
    replacement = _BOKMAL.get(language) or _ALIASES.get(language) or language
    language, *rest = replacement.split("_")
    for part in rest:
        if len(part) == 4:
            script = script or part
        else:
            region = region or part
    if region is not None and region in _TERRITORIES:
        region = _TERRITORIES[region][0]
    return language, script, region


def _check_known(tag: str, language: str, script: str | None, region: str | None) -> None:
    for kind, part, known in (
        ("language", language, _ENGLISH.languages),
        ("script", script, _ENGLISH.scripts),
        ("region", region, _ENGLISH.territories),
    ):
        if part is not None and (part not in known or part in {"und", "mul", "zxx", "ZZ"}):
            raise UnknownLocale(f"{tag!r}: the {kind} {part!r} is not known to CLDR", field="locale")


def _likely_script(language: str, region: str | None) -> str | None:
    likely = (region and _LIKELY.get(f"{language}_{region}")) or _LIKELY.get(language, "")
    parts = likely.split("_")
    return parts[1] if len(parts) > 1 and len(parts[1]) == 4 else None


def _canonical(language: str, script: str | None, region: str | None) -> str:
    """The script stands in the tag exactly if language and region do not already say it."""
    usual, here = _likely_script(language, None), _likely_script(language, region)
    script = script or here
    if script == usual and script == here:
        script = None
    return "-".join(part for part in (language, script, region) if part)


def _split(tag: str) -> Parts:
    language, *rest = tag.split("-")
    script = next((part for part in rest if len(part) == 4), None)
    region = next((part for part in rest if len(part) < 4), None)
    return language, script, region


def parent(tag: str) -> str | None:
    """The next locale to try after a normal form, by CLDR; None for its root."""
    language, script, region = _split(tag)
    exception = _PARENTS.get("_".join(part for part in (language, script, region) if part))
    if exception is not None:
        return None if exception == "root" else parse(exception)
    if region is not None:
        return _canonical(language, script, None)
    # A language in its other script is not readable to everybody who reads it in the usual one: no `sr` for `sr-Latn`.
    return None


@lru_cache(maxsize=4096)
def ancestry(tag: str) -> tuple[str, ...]:
    """A normal form and all its parents, nearest first."""
    found: list[str] = []
    step: str | None = tag
    while step is not None and step not in found:
        found.append(step)
        step = parent(step)
    return tuple(found)


def chain(wishes: Iterable[str | None], source: str) -> tuple[str, ...]:
    """Which locales to try for these wishes (strongest first), down to the language the templates are written in.

    Wishes that are None or unknown are skipped: what to say about them was settled when the event came in.
    """
    found: dict[str, None] = {}
    for wish in wishes:
        for tag in _known_ancestry(wish):
            found[tag] = None
            if tag == source:
                return tuple(found)
    found[source] = None
    return tuple(found)


def _known_ancestry(wish: str | None) -> tuple[str, ...]:
    try:
        return ancestry(parse(wish)) if wish else ()
    except UnknownLocale:
        return ()


def without_usual_region(tag: str) -> str | None:
    """`pt` for `pt-BR`, `zh-Hant` for `zh-Hant-TW`: what CLDR takes for the same, if this is the usual region."""
    language, script, region = _split(tag)
    likely = _LIKELY.get("_".join(part for part in (language, script) if part), "").split("_")
    return _canonical(language, script, None) if region is not None and likely[-1] == region else None


def direction(tag: str) -> str:
    """`rtl` or `ltr`, as HTML's `dir` has it."""
    language, script, region = _split(tag)
    return "rtl" if (script or _likely_script(language, region)) in RIGHT_TO_LEFT else "ltr"


@lru_cache(maxsize=512)
def formats(tag: str) -> Locale:
    """Babel's locale for numbers and dates: the nearest one CLDR has data for, else English."""
    for step in ancestry(tag):
        try:
            return Locale.parse(step, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    return _ENGLISH
