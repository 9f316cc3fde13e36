"""Ruby's expressions as Jinja's: what templates say about their variables, and nothing that could do anything.

Variables (`@name` is `name`), methods without arguments as attributes, the usual questions (`nil?`, `present?` ...) and
methods of texts, indices, operators, `a ? b : c`, texts with `#{...}`, lists, and a few of Rails' functions (`t`, `l`,
`raw`, `link_to` ...). Everything else is an error that names the line. Pure.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from apps.email.haml.errors import HamlError
from apps.email.haml.methods import FILTERS, QUESTIONS, WITH_ARGUMENT
from apps.email.haml.routes import ROUTE
from apps.email.haml.tokens import Token, tokens

FUNCTIONS = frozenset({"t", "l", "translate", "localize", "raw", "h", "number_with_delimiter", "link_to", "mail_to"})
_BINARY: tuple[dict[str, str], ...] = (
    {"||": "or", "or": "or"},
    {"&&": "and", "and": "and"},
    {"==": "==", "!=": "!=", "<": "<", ">": ">", "<=": "<=", ">=": ">="},
    {"+": "+", "-": "-"},
    {"*": "*", "/": "/", "%": "%"},
)
_CONSTANTS = {"true": True, "false": False, "nil": None}


@dataclass(frozen=True, slots=True)
class Ruby:
    """`source` is Jinja's expression. `constant`: it is always `value`. `pieces`: it is a text made of these.
    `link`: text and address, where it is an `<a>` of a page."""

    source: str
    constant: bool = False
    value: Any = None
    pieces: tuple["str | Ruby", ...] = ()
    link: tuple["Ruby", "Ruby", dict[str, "Ruby"]] | None = None

    @property
    def is_function(self) -> bool:
        """Whether it puts out text in any case, and must not meet a filter: what it returns may hold holes."""
        return self.source.startswith(("t(", "l("))


def translate(code: str, line: int) -> Ruby:
    """Raises HamlError."""
    parser = Parser(code, line)
    found = parser.statement()
    parser.expect("end")
    return found


def constant(value: Any) -> Ruby:
    return Ruby(_literal(value), True, value)


def _literal(value: Any) -> str:
    return (
        {None: "none", True: "true", False: "false"}[value] if value is None or isinstance(value, bool) else repr(value)
    )


class Parser:
    """A recursive descent over the tokens of one expression."""

    def __init__(self, code: str, line: int) -> None:
        self._code, self._line = code, line
        self._tokens = list(tokens(code, line))
        self._place = 0

    def statement(self) -> Ruby:
        """An expression, with the condition that may stand behind it."""
        found = self.expression()
        for word, pattern in (("if", "({} if {} else '')"), ("unless", "({} if not {} else '')")):
            if self.take("name", word):
                found = Ruby(pattern.format(found.source, self.expression().source))
        return found

    def expression(self) -> Ruby:
        condition = self._binary(0)
        if not self.take("operator", "?"):
            return condition
        yes = self.expression()
        self.expect("operator", ":")
        no = self.expression()
        return Ruby(f"({yes.source} if {condition.source} else {no.source})")

    def _binary(self, level: int) -> Ruby:
        if level == len(_BINARY):
            return self._unary()
        left = self._binary(level + 1)
        while (operator := _BINARY[level].get(self._now.value)) and self._now.kind in {"operator", "name"}:
            self._place += 1
            right = self._binary(level + 1)
            left = _folded(left, operator, right)
        return left

    def _unary(self) -> Ruby:
        if self.take("operator", "!") or self.take("name", "not"):
            return Ruby(f"(not {self._unary().source})")
        if self.take("operator", "-"):
            found = self._unary()
            return constant(-found.value) if found.constant else Ruby(f"(-{found.source})")
        return self._postfix(self._primary())

    def _primary(self) -> Ruby:
        token = self._now
        self._place += 1
        match token.kind:
            case "number":
                return constant(token.value)
            case "text":
                return self._text(token.value)
            case "words":
                return constant(token.value)
            case "name":
                return self._name(token.value)
            case "operator" if token.value == "(":
                inner = self.expression()
                self.expect("operator", ")")
                return Ruby(f"({inner.source})", inner.constant, inner.value, inner.pieces)
            case "operator" if token.value == "[":
                return self._list()
        raise self._unknown(token)

    def _text(self, pieces: tuple[Any, ...]) -> Ruby:
        found = [piece if isinstance(piece, str) else translate(piece[0], self._line) for piece in pieces]
        flat: list[str | Ruby] = []
        for piece in found:
            flat += piece.pieces if isinstance(piece, Ruby) and piece.pieces else [piece]
        shown = [str(one.value) if isinstance(one, Ruby) and one.constant else one for one in flat]
        if all(isinstance(one, str) for one in shown):
            return constant("".join(map(str, shown)))
        source = " ~ ".join(repr(one) if isinstance(one, str) else one.source for one in shown)
        return Ruby(f"({source})" if len(shown) > 1 else f"({source}|string)", pieces=tuple(shown))

    def _list(self) -> Ruby:
        items = self._arguments("]")[0]
        if all(item.constant for item in items):
            return constant([item.value for item in items])
        return Ruby(f"[{', '.join(item.source for item in items)}]")

    def _name(self, name: str) -> Ruby:
        if name in _CONSTANTS:
            return constant(_CONSTANTS[name])
        if name == "I18n" and self.take("operator", "."):
            return self._name(str(self.expect("name").value))
        if name in FUNCTIONS:
            if self.take("operator", "("):
                return self._function(name, *self._arguments(")"))
            return self._function(name, *self._arguments(None))
        if ROUTE.fullmatch(name):
            if self.take("operator", "("):
                self._arguments(")")
            return Ruby(name)
        if name[0].isupper() or self._now == Token("operator", "("):
            raise HamlError(f"Ruby's {name!r} in {self._code!r} is not translated", self._line)
        return Ruby(name.lstrip("@").rstrip("?!"))

    def _function(self, name: str, given: list[Ruby], named: dict[str, Ruby]) -> Ruby:
        build: dict[str, Callable[[], Ruby]] = {
            "raw": lambda: Ruby(f"({given[0].source}|safe)"),
            "h": lambda: given[0],
            "number_with_delimiter": lambda: Ruby(f"({given[0].source}|number)"),
            "link_to": lambda: Ruby(f"{given[1].source}", link=(given[0], given[1], named)),
            "mail_to": lambda: Ruby(
                given[0].source, link=(given[1] if given[1:] else given[0], _prefixed("mailto:", given[0]), named)
            ),
        }
        try:
            return build[name]() if name in build else _called(name[0], given, named)
        except IndexError:
            raise HamlError(f"{name} in {self._code!r} needs more arguments", self._line) from None

    def _postfix(self, found: Ruby) -> Ruby:
        while True:
            if self.take("operator", ".") or self.take("operator", "&."):
                found = self._method(found, str(self.expect("name").value))
            elif self._now == Token("operator", "["):
                self._place += 1
                index = self.expression()
                self.expect("operator", "]")
                found = Ruby(f"{found.source}[{index.source}]")
            else:
                return found

    def _method(self, found: Ruby, name: str) -> Ruby:
        given: list[Ruby] = []
        if self.take("operator", "("):
            given, named = self._arguments(")")
            if named:
                raise HamlError(f"the method {name!r} with named arguments is not translated", self._line)
        if name == "try" and len(given) == 1 and given[0].constant:
            name, given = str(given[0].value), []
        if given:
            if name not in WITH_ARGUMENT or len(given) != 1:
                raise HamlError(f"the method {name!r} with arguments is not translated", self._line)
            return Ruby(WITH_ARGUMENT[name].format(found.source, given[0].source))
        if name in QUESTIONS:
            return Ruby(QUESTIONS[name].format(found.source))
        if name in FILTERS:
            return Ruby(f"({found.source}|{FILTERS[name]})")
        if name.endswith("!"):
            raise HamlError(f"the method {name!r} changes what it is called on", self._line)
        return Ruby(f"{found.source}.{name.rstrip('?')}")

    def _arguments(self, end: str | None) -> tuple[list[Ruby], dict[str, Ruby]]:
        """Up to the closing bracket, or to the end of the code where there is none."""
        given: list[Ruby] = []
        named: dict[str, Ruby] = {}
        while not self._at(end):
            if self._now.kind == "label":
                name = str(self._now.value)
                self._place += 1
                named[name] = self.expression()
            else:
                value = self.expression()
                if self.take("operator", "=>"):
                    named[str(value.value)] = self.expression()
                else:
                    given.append(value)
            if not self.take("operator", ","):
                break
        if end is not None:
            self.expect("operator", end)
        return given, named

    def _at(self, end: str | None) -> bool:
        return self._now.kind == "end" if end is None else self._now == Token("operator", end)

    @property
    def _now(self) -> Token:
        return self._tokens[self._place]

    def take(self, kind: str, value: str) -> bool:
        if self._now != Token(kind, value):
            return False
        self._place += 1
        return True

    def expect(self, kind: str, value: str | None = None) -> Token:
        token = self._now
        if token.kind != kind or value not in (None, token.value):
            raise self._unknown(token)
        self._place += 1
        return token

    def _unknown(self, token: Token) -> HamlError:
        what = "its end" if token.kind == "end" else f"{token.value!r}"
        return HamlError(f"Ruby {self._code!r} is not translated: {what} is not expected", self._line)


def _folded(left: Ruby, operator: str, right: Ruby) -> Ruby:
    """Numbers and texts that never change are added at once."""
    kinds = (type(left.value), type(right.value))
    if left.constant and right.constant and operator == "+" and kinds in {(int, int), (str, str), (float, float)}:
        return constant(left.value + right.value)
    return Ruby(f"({left.source} {operator} {right.source})")


def _prefixed(prefix: str, value: Ruby) -> Ruby:
    if value.constant:
        return constant(f"{prefix}{value.value}")
    return Ruby(f"({prefix!r} ~ {value.source})", pieces=(prefix, value))


def _called(name: str, given: list[Ruby], named: dict[str, Ruby]) -> Ruby:
    arguments = [one.source for one in given] + [f"{key}={value.source}" for key, value in named.items()]
    return Ruby(f"{name}({', '.join(arguments)})")
