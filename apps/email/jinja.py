"""The Jinja2 environment of one language: sandboxed, strict about variables, gettext and Rails' functions bound in.

Any thread.
"""

from functools import partial
from typing import Any

from babel.numbers import format_decimal
from jinja2 import BaseLoader, StrictUndefined, UndefinedError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import missing

from apps.email import locale
from apps.email.haml import runtime
from apps.email.rails.localize import Localize
from apps.email.rails.translate import Translate
from apps.email.translations import Translations


class VariableUndefined(UndefinedError):
    """Jinja's error with the variable's name kept apart."""

    def __init__(self, name: object, message: str | None = None) -> None:
        super().__init__(message)
        self.name = str(name)


def _named(name: object) -> Any:
    return partial(VariableUndefined, name)


class _Undefined(StrictUndefined):
    __slots__ = ()

    def __init__(
        self, hint: str | None = None, obj: Any = missing, name: Any = None, exc: Any = UndefinedError
    ) -> None:
        # Jinja calls `exc` with the message alone; bound to the name, the error need not be read back from its text.
        super().__init__(hint, obj, name, _named(name) if exc is UndefinedError else exc)


def environment(loader: BaseLoader, translations: Translations, tag: str) -> ImmutableSandboxedEnvironment:
    """One environment per language, so that compiled templates are cached per (template, language)."""
    jinja = ImmutableSandboxedEnvironment(
        loader=loader,
        autoescape=_is_html,
        undefined=_Undefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    jinja.filters.update(runtime.FILTERS)
    jinja.filters["number"] = partial(format_decimal, locale=locale.formats(tag))
    jinja.globals["t"] = Translate(translations)
    jinja.globals["l"] = jinja.filters["l"] = Localize(translations, tag)
    jinja.install_gettext_callables(  # type: ignore[attr-defined]  # the i18n extension adds it
        translations.gettext,
        translations.ngettext,
        newstyle=True,
        pgettext=translations.pgettext,
        npgettext=translations.npgettext,
    )
    return jinja


def _is_html(name: str | None) -> bool:
    return name is None or name.endswith(".html")
