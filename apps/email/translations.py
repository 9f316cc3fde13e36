"""gettext catalogues, read straight from `.po` files; lookups fall back message by message along a chain of locales.

A catalogue lies at `<folder>/<locale>/LC_MESSAGES/<domain>.po`. Fuzzy and empty entries are not used, nor is a
translation whose placeholders its message does not have: a wrong catalogue costs its sentence, never the mail.
Values are immutable once read; any thread. A changed file is seen by a new `Catalogues` only.
"""

import gettext
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import PoFileError, PoFileParser

from apps.email import locale
from apps.email.errors import EmailError, UnknownLocale
from apps.email.rails.phrases import Phrases, read_folder, with_usual_regions

Key = tuple[str | None, str]  # context, message (the singular, if it has a plural)
_PLACEHOLDER = re.compile(r"%\((\w+)\)")
#: No language has more (CLDR: zero, one, two, few, many, other).
MOST_FORMS = 6
#: `%s` and the like, which would print all variables at once.
_NAMELESS = re.compile(r"%(?![(%])")


class CatalogueBroken(EmailError):
    """A `.po` file cannot be read; the message says which one and why."""

    title = "A catalogue cannot be read"


@dataclass(frozen=True, slots=True, eq=False)
class Catalogue:
    """The usable translations of one locale; `refused` are messages whose translation would not format."""

    locale: str
    messages: Mapping[Key, tuple[str, ...]]
    form: Callable[[int], int]
    refused: tuple[str, ...] = ()

    def find(self, key: Key, number: int | None = None) -> str | None:
        forms = self.messages.get(key)
        if forms is None:
            return None
        return forms[0 if number is None else min(self.form(number), len(forms) - 1)]


class _Source(Catalog):
    """Real catalogues hold plurals with more forms than their header announces; that is no reason to read nothing."""

    @property
    def num_plurals(self) -> int:
        return MOST_FORMS


class Source(Protocol):
    """One link of a chain: a gettext catalogue, or the phrases of Rails' files."""

    @property
    def locale(self) -> str: ...

    @property
    def messages(self) -> Mapping[Key, Any]: ...

    def find(self, key: Key, number: Any = None) -> Any:
        """The text in the form for this number; None if there is none."""


def read_catalogue(path: Path, tag: str) -> Catalogue:
    """Read one `.po` file. Raises CatalogueBroken."""
    source = _Source()
    try:
        with path.open("rb") as file:
            PoFileParser(source, ignore_obsolete=True, abort_invalid=True).parse(file)
        form = gettext.c2py(source.plural_expr)
    except (OSError, PoFileError, ValueError) as error:
        raise CatalogueBroken(f"{path}: {error}") from error
    count = 1 + max(map(form, range(200)))
    entries = [message for message in source if message.id and not message.fuzzy and _translated(message, count)]
    usable = {_key(message): _forms(message.string)[:count] for message in entries if _formats(message)}
    refused = tuple(_key(message)[1] for message in entries if not _formats(message))
    return Catalogue(tag, usable, form, refused)


def _forms(text: str | Sequence[str] | None) -> tuple[str, ...]:
    return (text or "",) if isinstance(text, str) or text is None else tuple(text)


def _key(message: Message) -> Key:
    return message.context, _forms(message.id)[0]


def _translated(message: Message, count: int) -> bool:
    return all(_forms(message.string)[:count])


def _formats(message: Message) -> bool:
    """Whether the translation formats wherever the message itself would."""
    values = dict.fromkeys(_PLACEHOLDER.findall(" ".join(_forms(message.id))), 0)
    if not all(_formats_with(text, values) for text in _forms(message.id)):
        return True
    return all(_formats_with(text, values) for text in _forms(message.string))


def _formats_with(text: str, values: Mapping[str, int]) -> bool:
    if _NAMELESS.search(text.replace("%%", "")):
        return False
    try:
        text % values
    except (KeyError, TypeError, ValueError):
        return False
    return True


@dataclass(frozen=True, slots=True)
class Translations:
    """gettext's four functions over a chain of catalogues; what none of them has stays as the template says it."""

    catalogues: tuple[Source, ...]

    def gettext(self, message: str) -> str:
        return self._find((None, message)) or message

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        return self._find((None, singular), number) or (singular if number == 1 else plural)

    def pgettext(self, context: str, message: str) -> str:
        return self._find((context, message)) or message

    def npgettext(self, context: str, singular: str, plural: str, number: int) -> str:
        return self._find((context, singular), number) or (singular if number == 1 else plural)

    def _find(self, key: Key, number: int | None = None) -> str | None:
        found = (catalogue.find(key, number) for catalogue in self.catalogues)
        return next((text for text in found if text is not None), None)


class Catalogues:
    """All catalogues on a search path of (folder, domain) pairs, each read when first asked for and then kept; and
    those in folders of Rails' YAML, where which file has which locale shows only when all are read.

    Two threads that ask at the same moment may both read a file; both get an equal value.
    """

    def __init__(self, path: Iterable[tuple[Path, str]], rails: Iterable[Path] = ()) -> None:
        self._files = _index(path)
        self._folders = tuple(rails)
        self._read = lru_cache(maxsize=None)(self._load)
        self._rails = lru_cache(maxsize=None)(self._read_rails)

    @property
    def locales(self) -> frozenset[str]:
        """Normal forms of all locales that have a catalogue."""
        return frozenset(self._files).union(*self._rails())

    def along(self, chain: Iterable[str]) -> tuple[Source, ...]:
        """The catalogues of a chain of normal forms, nearest first. Raises CatalogueBroken, PhrasesBroken."""
        return tuple(catalogue for tag in chain for catalogue in self._read(tag))

    def _load(self, tag: str) -> tuple[Source, ...]:
        gettext = (read_catalogue(file, tag) for file in self._files.get(tag, ()))
        rails = (folder[tag] for folder in self._rails() if tag in folder)
        return (*gettext, *rails)

    def _read_rails(self) -> tuple[dict[str, Phrases], ...]:
        return tuple(with_usual_regions(read_folder(folder)) for folder in self._folders)


def _index(path: Iterable[tuple[Path, str]]) -> dict[str, tuple[Path, ...]]:
    """Locale -> its files in the order of the search path. A `pt_BR` also serves `pt` where no `pt` is."""
    files: dict[str, tuple[Path, ...]] = {}
    usual: dict[str, tuple[Path, ...]] = {}
    for folder, domain in path:
        for file in sorted(folder.glob(f"*/LC_MESSAGES/{domain}.po")):
            tag = _tag(file)
            if tag is None:
                continue
            files[tag] = (*files.get(tag, ()), file)
            short = locale.without_usual_region(tag)
            if short is not None:
                usual[short] = (*usual.get(short, ()), file)
    return usual | files


def _tag(file: Path) -> str | None:
    # gettext's own folders are no BCP 47 tags when they have a modifier: `sr@latin`, `ca@valencia`.
    name = file.parent.parent.name.replace("@latin", "_Latn").replace("@cyrillic", "_Cyrl").partition("@")[0]
    try:
        return locale.parse(name)
    except UnknownLocale:
        return None
