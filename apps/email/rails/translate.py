"""`t()` as Rails has it: lazy keys, scopes, defaults, plurals by `count`, fallback along the chain of locales.

A key that begins with a dot is relative to its template: `.title` in `user_mailer/welcome/body.html` is
`user_mailer.welcome.title`, in the partial `shared/_footer.html` it is `shared.footer.title`. A phrase whose
placeholders are not all given is passed over for the next locale's; if none is left, the mail fails and says which key.
Any thread.
"""

from collections.abc import Mapping
from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context

from apps.email.rails.interpolate import interpolate
from apps.email.rails.keys import CONTEXT, absolute, is_safe, scoped
from apps.email.rails.phrases import placeholders
from apps.email.translations import Translations

_OPTIONS = frozenset({"default", "scope"})


class PhraseMissing(LookupError):
    """No locale of the chain has this key with placeholders that can be filled."""

    def __init__(self, key: str, given: Mapping[str, Any] | frozenset[str]) -> None:
        values = f" with {', '.join(sorted(given))}" if given else ""
        super().__init__(f"no translation of {key!r}{values}")
        self.key = key


class Translate:
    """The function `t` of one language."""

    def __init__(self, translations: Translations) -> None:
        self._translations = translations

    @pass_context
    def __call__(self, context: Context, key: str, /, **given: Any) -> Any:
        """Raises PhraseMissing."""
        key = self.key(context, key, given)
        found = self.phrase(key, given.get("count"), names_of(given), given.get("default"))
        return put(found, key, given, html=bool(context.eval_ctx.autoescape))

    @staticmethod
    def key(context: Context, key: str, given: Mapping[str, Any]) -> str:
        return absolute(scoped(key, given.get("scope")), context.name)

    def phrase(self, key: str, count: object, names: frozenset[str], default: str | None = None) -> Any:
        """The first phrase along the chain that these values fill: a text, or a list. Raises PhraseMissing."""
        for catalogue in self._translations.catalogues:
            found = catalogue.find((CONTEXT, key), count)
            if found is not None and (isinstance(found, tuple) or placeholders(found) <= names):
                return found
        if default is None:
            raise PhraseMissing(key, names)
        return default


def names_of(given: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(given) - _OPTIONS


def put(found: Any, key: str, values: Mapping[str, Any], *, html: bool) -> Any:
    """What `t` returns for a phrase: a list stays one."""
    return list(found) if isinstance(found, tuple) else interpolate(found, values, html=html, safe=is_safe(key))
