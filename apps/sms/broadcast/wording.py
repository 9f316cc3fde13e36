"""What a broadcast says to one member: a Jinja2 template over what is known of that member. Pure; any thread.

    Hi {{ first_name | default("there") }}! {{ leader }} plays in {{ place }} tonight.

There are `name`, `first_name`, `place`, `country`, `language`, `number`, `leader`, and the answers to sign-up questions
under their names. What is not known, or empty, is undefined: `default(...)` says what stands there, else the member is
left out with a reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, UndefinedError, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment

from apps.sms.broadcast.errors import BadTemplate, LacksVariable

KNOWN = ("name", "first_name", "place", "country", "language", "number", "leader")
MAX_CHARACTERS = 5_000


class _Lacking(StrictUndefined):
    """Undefined with its name at hand."""

    __slots__ = ()

    def _fail_with_undefined_error(self, *args: Any, **kwargs: Any) -> Any:
        raise LacksVariable(str(self._undefined_name or "something"))

    __str__ = __iter__ = __len__ = __bool__ = __eq__ = __ne__ = __hash__ = _fail_with_undefined_error
    __add__ = __radd__ = __getitem__ = __call__ = __lt__ = __gt__ = __le__ = __ge__ = _fail_with_undefined_error


_ENVIRONMENT = ImmutableSandboxedEnvironment(undefined=_Lacking, autoescape=False, auto_reload=False)


@dataclass(frozen=True, slots=True)
class Reader:
    """What is known of a member, as far as a text can say it."""

    number: str
    name: str = ""
    place: str | None = None
    country: str | None = None
    locale: str | None = None
    answers: Mapping[str, Any] | None = None

    def values(self, leader: str) -> dict[str, Any]:
        """Of everything that is not empty. Our own names come before those of answers."""
        own = {
            "name": self.name,
            "first_name": self.name.split()[0] if self.name.split() else "",
            "place": self.place,
            "country": self.country,
            "language": (self.locale or "").partition("-")[0],
            "number": self.number,
            "leader": leader,
        }
        known = {**(self.answers or {}), **own}
        return {name: value for name, value in known.items() if value is not None and value != ""}


class Wording:
    """A template, compiled once. Raises BadTemplate."""

    def __init__(self, template: str) -> None:
        if len(template) > MAX_CHARACTERS:
            raise BadTemplate(f"{len(template)} characters, {MAX_CHARACTERS} are allowed", field="template")
        try:
            self.variables = tuple(sorted(meta.find_undeclared_variables(_ENVIRONMENT.parse(template))))
            self._template: Template = _ENVIRONMENT.from_string(template)
        except TemplateSyntaxError as error:
            raise BadTemplate(f"line {error.lineno}: {error.message}", field="template") from error

    def fill(self, values: Mapping[str, Any]) -> str:
        """Blanks at the ends removed. Raises LacksVariable, BadTemplate."""
        try:
            said = self._template.render(values).strip()
        except LacksVariable:
            raise
        except UndefinedError as error:
            raise LacksVariable(str(error)) from error
        except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError, RecursionError) as error:
            raise BadTemplate(f"{type(error).__name__}: {error}", field="template") from error
        if not said:
            raise BadTemplate("it says nothing", field="template")
        if len(said) > MAX_CHARACTERS or "\0" in said:
            raise BadTemplate("it becomes too long, or holds U+0000", field="template")
        return said
