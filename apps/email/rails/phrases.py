"""Rails I18n catalogues: YAML files whose top keys are locales, nested keys written with dots, plurals by CLDR.

All `.yml` and `.yaml` files below a folder are read, whatever they are called; where two have the same key, the one
that sorts later wins, as in Rails. Every scalar is a text: a language called `no` is not false. Values are immutable
once read; any thread.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import yaml
from babel.plural import PluralRule

from apps.email import locale
from apps.email.errors import EmailError, UnknownLocale
from apps.email.rails.keys import CONTEXT

#: The plural keys of CLDR; a group of keys that holds `other`, and nothing else than these, is one phrase.
CATEGORIES = frozenset({"zero", "one", "two", "few", "many", "other"})
_DIRECTIVE = re.compile(r"%%\{|%\{(\w+)\}|%<(\w+)>")

Phrase = str | tuple[str, ...] | Mapping[str, str]  # a text, a list, the forms of a plural
Key = tuple[str | None, str]


class PhrasesBroken(EmailError):
    """A YAML file cannot be read; the message says which one, where and why."""

    title = "A Rails catalogue cannot be read"


@dataclass(frozen=True, slots=True, eq=False)
class Phrases:
    """What Rails' files say in one locale. Stands in a chain beside gettext's catalogues."""

    locale: str
    messages: Mapping[Key, Phrase]

    def find(self, key: Key, number: object = None) -> Any:
        """The text for this key, in the form for this number; a list as a tuple; None if there is none."""
        found = self.messages.get(key)
        return self._form(found, number) if isinstance(found, Mapping) else found

    def _form(self, forms: Mapping[str, str], number: object) -> str | None:
        if isinstance(number, bool) or not isinstance(number, int | float):
            return forms.get("other")
        if number == 0 and "zero" in forms:
            return forms["zero"]
        return forms.get(_rule(self.locale)(number), forms.get("other"))


@lru_cache(maxsize=512)
def _rule(tag: str) -> PluralRule:
    return locale.formats(tag).plural_form


def placeholders(text: str) -> frozenset[str]:
    """The names in `%{name}` and `%<name>d`."""
    return frozenset(name for match in _DIRECTIVE.finditer(text) for name in match.groups() if name)


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # with libyaml where there is one
    """Takes every scalar for a text, but knows the merge key `<<` and null."""

    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {
        "<": [("tag:yaml.org,2002:merge", re.compile("^<<$"))],
        **{first: [("tag:yaml.org,2002:null", re.compile("^(?:~|null|)$"))] for first in ("", "~", "n")},
    }


def read(file: Path) -> dict[str, dict[Key, Phrase]]:
    """Locale -> phrases. Locales that CLDR does not know are left out. Raises PhrasesBroken."""
    try:
        content = yaml.load(file.read_text(encoding="utf-8-sig"), _Loader)
    except (OSError, ValueError, yaml.YAMLError, RecursionError) as error:
        raise PhrasesBroken(f"{file}: {error}") from error
    if content in (None, ""):
        return {}
    if not isinstance(content, dict) or not all(isinstance(tree, dict) or not tree for tree in content.values()):
        raise PhrasesBroken(f"{file}: the top keys must be locales with keys below them")
    found: dict[str, dict[Key, Phrase]] = {}
    for name, tree in content.items():
        tag = _tag(str(name))
        if tag is not None:
            found.setdefault(tag, {}).update(((CONTEXT, key), phrase) for key, phrase in _flat(tree or {}, ""))
    return found


def read_folder(folder: Path) -> dict[str, Phrases]:
    """Locale -> phrases of all files below a folder. Raises PhrasesBroken."""
    merged: dict[str, dict[Key, Phrase]] = {}
    for file in sorted((*folder.rglob("*.yml"), *folder.rglob("*.yaml"))):
        for tag, phrases in read(file).items():
            merged.setdefault(tag, {}).update(phrases)
    return {tag: Phrases(tag, phrases) for tag, phrases in merged.items()}


def with_usual_regions(found: Mapping[str, Phrases]) -> dict[str, Phrases]:
    """`pt-BR` also serves `pt` where there is no `pt`."""
    usual = {locale.without_usual_region(tag): phrases for tag, phrases in found.items()}
    return {**{tag: Phrases(tag, phrases.messages) for tag, phrases in usual.items() if tag}, **found}


def _tag(name: str) -> str | None:
    try:
        return locale.parse(name)
    except UnknownLocale:
        return None


def _flat(tree: Mapping[Any, Any], above: str) -> Iterator[tuple[str, Phrase]]:
    """The leaves. A plural is one leaf, and each of its forms is one as well: `few` may be somebody's own key."""
    for name, value in tree.items():
        key = f"{above}{name}"
        if isinstance(value, dict):
            if _is_plural(value):
                yield key, value
            yield from _flat(value, f"{key}.")
        elif isinstance(value, list):
            yield key, tuple("" if one is None else str(one) for one in value)
        elif value:
            yield key, str(value)


def _is_plural(value: Mapping[Any, Any]) -> bool:
    return "other" in value and CATEGORIES.issuperset(value) and all(isinstance(text, str) for text in value.values())
