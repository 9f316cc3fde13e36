"""Expressions over an event, as rules use them: `data.amount >= 100 and data.country in ["DE", "AT"]`.

Jinja2's expressions, but only what can neither call anything nor grow without bound: names, literals, comparisons,
`and or not`, sums, `in`, tests such as `is defined`, and a few filters. `data.x` is always the key x of the data, never
an attribute of a Python object. What is not there is an error, unless asked about by `is defined`. Pure; any thread.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any

from jinja2 import StrictUndefined, TemplateError, nodes
from jinja2.environment import TemplateExpression
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import AfterValidator

from apps.email.cloudevents import Event
from apps.email.errors import EmailError

NAMES = ("data", "event")
FILTERS = ("abs", "default", "first", "float", "int", "last", "length", "lower", "string", "trim", "upper")
MAX_CHARACTERS = 1000
_ALLOWED = (
    *(nodes.And, nodes.Or, nodes.Not, nodes.Compare, nodes.Operand, nodes.CondExpr),
    *(nodes.Const, nodes.Name, nodes.Getattr, nodes.Getitem, nodes.List, nodes.Tuple, nodes.Dict, nodes.Pair),
    *(nodes.Add, nodes.Sub, nodes.Div, nodes.FloorDiv, nodes.Neg, nodes.Pos, nodes.Test, nodes.Filter, nodes.Keyword),
)


class BadExpression(EmailError):
    """The expression is not one; the message says where and what is allowed."""

    title = "The expression is not valid"


class NotEvaluated(EmailError):
    """The event lacks what the expression asks for, or has it in another form."""

    title = "The expression does not fit the event"


class _Environment(ImmutableSandboxedEnvironment):
    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, Mapping) and attribute in obj:
            return obj[attribute]
        return self.undefined(obj=obj, name=attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(obj, Mapping | list | str):
            try:
                return obj[argument]
            except (LookupError, TypeError):
                pass
        return self.undefined(obj=obj, name=argument)


_ENVIRONMENT = _Environment(undefined=StrictUndefined)


@dataclass(frozen=True, slots=True)
class Expression:
    """One that was checked."""

    text: str
    code: TemplateExpression

    def value(self, event: Event) -> Any:
        """Raises NotEvaluated."""
        about = {"type": event.type, "source": event.source, "id": event.id, "subject": event.subject}
        try:
            value = self.code(data=event.data, event={**about, "time": event.time})
        except Exception as error:  # data of any shape meets operators and filters here
            raise NotEvaluated(f"{self.text!r}: {error}", field="data") from error
        if isinstance(value, StrictUndefined):
            raise NotEvaluated(f"{self.text!r}: the event does not have it", field="data")
        return value

    def holds(self, event: Event) -> bool:
        """Raises NotEvaluated."""
        return bool(self.value(event))


@lru_cache(maxsize=1024)
def expression(text: str) -> Expression:
    """Raises BadExpression."""
    if len(text) > MAX_CHARACTERS:
        raise BadExpression(f"has more than {MAX_CHARACTERS} characters")
    try:
        parser = Parser(_ENVIRONMENT, text, state="variable")
        tree = parser.parse_expression()
        if not parser.stream.eos:
            raise BadExpression(f"{text!r}: {str(parser.stream.current)!r} is one too many")
        _check(text, tree)
        # A missing value stays an error instead of becoming None.
        return Expression(text, _ENVIRONMENT.compile_expression(text, undefined_to_none=False))
    except (TemplateError, RecursionError) as error:
        # The text of Jinja's own errors has lines of its own about where in a file it would be.
        raise BadExpression(f"{text!r}: {getattr(error, 'message', None) or error}") from error


def checked(text: str) -> str:
    """For a field of the configuration. Raises ValueError."""
    try:
        return expression(text).text
    except BadExpression as error:
        raise ValueError(str(error)) from error


Text = Annotated[str, AfterValidator(checked)]


def _check(text: str, tree: nodes.Node) -> None:
    for node in (tree, *tree.find_all(nodes.Node)):
        if not isinstance(node, _ALLOWED):
            raise BadExpression(f"{text!r}: {type(node).__name__.lower()} is not allowed in a rule")
        if isinstance(node, nodes.Name) and node.name not in NAMES:
            raise BadExpression(f"{text!r}: there is no {node.name!r}; an event has {' and '.join(NAMES)}")
        if isinstance(node, nodes.Filter) and node.name not in FILTERS:
            raise BadExpression(f"{text!r}: no filter {node.name!r}; there are {', '.join(FILTERS)}")
        if isinstance(node, nodes.Test) and node.name not in _ENVIRONMENT.tests:
            raise BadExpression(f"{text!r}: no test {node.name!r}")
