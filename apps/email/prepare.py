"""Preparing a template file: render it once with stand-ins for all variables, so that later mails only fill holes.

The stand-ins notice what the template does with them. Put out plainly, through any chain of filters, or into a
translated sentence, a value becomes a hole. Asked about (`if`, `==`, `is defined`, a plural), the mail at hand answers,
and the answer becomes a question for the mails to come: those who answer alike share a skeleton. Whatever else
a template does with a value (loop over it, join it, compute with it) leads to a full rendering, as does any error. So
the two ways give the same text by construction, and the tests hold them to it for generated templates.

Pure but for the variants that a `Prepared` collects; any thread.
"""

import operator
import re
import secrets
from collections.abc import Callable, Hashable, Iterator
from functools import wraps
from typing import Any, NoReturn

from jinja2 import Environment, Undefined, nodes
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from apps.email import css
from apps.email.fill import UNPREPARED, Asked, Compute, Hole, Skeleton, Unprepared, Variables, Variants
from apps.email.syntax import trees
from apps.email.translations import Translations

#: Variants of one file; a template that asks more than this about its readers is rendered in full for the rest.
MAX_VARIANTS = 256
#: Around a hole's number in the traced text. Private-use characters; text that holds them itself is not prepared.
_OPEN, _CLOSE = "\ue000", "\ue001"
#: So that what a template holds cannot be taken for a mark.
_NONCE = secrets.token_hex(4)
_MARK = re.compile(f"{_OPEN}{_NONCE}([re])([0-9]+){_CLOSE}")
#: In a translated sentence only these placeholders leave a value as it is.
_OTHER_PLACEHOLDER = re.compile(r"%(?!%|\(\w+\)s)")
#: Nodes that catch what was put out, and may do anything with it.
_CATCHING = (nodes.FilterBlock, nodes.AssignBlock, nodes.CallBlock)
#: The translating functions: how many arguments stand before the values, and whether the last of them is a number.
_GETTEXT = {"_": (1, 0), "gettext": (1, 0), "ngettext": (3, 1), "pgettext": (2, 0), "npgettext": (4, 1)}


class NotPlain(Exception):
    """The template does with a stand-in what a hole cannot stand for."""


class Trace:
    """One preparation: the variables of the mail at hand, what was asked about them, the holes so far."""

    def __init__(self, variables: Variables) -> None:
        self.variables = variables
        self.asked: list[Asked] = []
        self.holes: list[Compute] = []
        self._answers: dict[Hashable, Hashable] = {}

    def ask(self, key: Hashable, compute: Compute) -> Any:
        """The answer of the mail at hand, which the skeleton then depends on."""
        if key not in self._answers:
            answer = compute(self.variables)
            self._answers[key] = answer
            self.asked.append(Asked(key, compute, answer))
        return self._answers[key]

    def mark(self, kind: str, compute: Compute) -> str:
        self.holes.append(compute)
        return f"{_OPEN}{_NONCE}{kind}{len(self.holes) - 1}{_CLOSE}"


def _not_plain(self: Any, *args: Any, **kwargs: Any) -> NoReturn:
    raise NotPlain(type(self).__name__)


def _asks(compare: Callable[[Any, Any], Any]) -> Callable[["StandIn", Any], bool]:
    def method(self: "StandIn", other: Any) -> bool:
        if isinstance(other, StandIn | Tainted):
            raise NotPlain("two values are compared")
        compute = self.compute
        key = (compare.__name__, self.key, type(other).__name__, repr(other))
        return bool(self.trace.ask(key, lambda variables: bool(compare(compute(variables), other))))

    return method


class StandIn:
    """In the place of a value that differs from mail to mail. `key` says how it is come by."""

    __slots__ = ("compute", "key", "trace")

    def __init__(self, trace: Trace, key: Hashable, compute: Compute) -> None:
        self.trace, self.key, self.compute = trace, key, compute

    def __bool__(self) -> bool:
        compute = self.compute
        return bool(self.trace.ask(("bool", self.key), lambda variables: bool(compute(variables))))

    __eq__ = _asks(operator.eq)
    __ne__ = _asks(operator.ne)
    __lt__, __le__, __gt__, __ge__ = map(_asks, (operator.lt, operator.le, operator.gt, operator.ge))
    __str__ = __format__ = __hash__ = __iter__ = __len__ = __contains__ = __call__ = _not_plain
    __int__ = __float__ = __index__ = __getitem__ = __add__ = __radd__ = __mul__ = __mod__ = __rmod__ = _not_plain


class Output:
    """A stand-in at the place where it is put out."""

    __slots__ = ("stand_in",)

    def __init__(self, stand_in: StandIn) -> None:
        self.stand_in = stand_in

    def __str__(self) -> str:
        return self.stand_in.trace.mark("r", self.stand_in.compute)

    def __html__(self) -> str:
        return self.stand_in.trace.mark("e", self.stand_in.compute)


class Tainted:
    """What a macro or a translation returned, with holes in it: good for being put out, and for nothing else."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    __str__ = __bool__ = __eq__ = __hash__ = __iter__ = __len__ = __contains__ = __format__ = _not_plain
    __lt__ = __le__ = __gt__ = __ge__ = __add__ = __radd__ = __mul__ = __mod__ = __rmod__ = __getitem__ = _not_plain
    __ne__ = _not_plain


def is_traced(value: Any) -> bool:
    """Whether it differs from mail to mail."""
    return isinstance(value, StandIn | Tainted)


class TracingEnvironment(ImmutableSandboxedEnvironment):
    """The environment of one language, made to notice what is done with stand-ins. Made by `tracing`."""

    translations: Translations

    def getattr(self, obj: Any, attribute: str) -> Any:
        return self._reach(super().getattr, obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        if is_traced(argument):
            raise NotPlain("a value is looked up by another")
        return self._reach(super().getitem, obj, argument)

    def _reach(self, get: Callable[[Any, Any], Any], obj: Any, name: Any) -> Any:
        if isinstance(obj, Tainted):
            raise NotPlain("an output is taken apart")
        if not isinstance(obj, StandIn):
            return get(obj, name)
        inner = obj.compute
        in_dict = isinstance(name, str) and not hasattr(dict, name)

        def compute(variables: Variables) -> Any:
            holder = inner(variables)
            if in_dict and type(holder) is dict and name in holder:
                return holder[name]  # what both ways come to, without their detours
            return get(holder, name)

        key = (obj.key, get.__name__, repr(name))
        if obj.trace.ask(("undefined", key), lambda variables: isinstance(compute(variables), Undefined)):
            return compute(obj.trace.variables)
        return StandIn(obj.trace, key, compute)

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:
        if is_traced(__obj):
            raise NotPlain("a value is called")
        name = __self._gettext_name(__obj)
        if name is not None and any(map(is_traced, (*args, *kwargs.values()))):
            return __self._translate(__context, name, args, kwargs)
        result = super().call(__context, __obj, *args, **kwargs)
        if isinstance(result, str) and _OPEN in result:
            return Tainted(result)
        return result

    def _gettext_name(self, function: Any) -> str | None:
        return next((name for name in _GETTEXT if self.globals.get(name) is function), None)

    def _translate(self, context: Context, name: str, args: tuple[Any, ...], given: dict[str, Any]) -> Any:
        """As Jinja's own functions do it, but that a plural's number is asked for and values leave holes."""
        count, plural = _GETTEXT[name]
        if len(args) != count or any(map(is_traced, args[: count - plural])):
            raise NotPlain("a sentence is not constant")
        variables = dict(given)
        translate = getattr(self.translations, "gettext" if name == "_" else name)
        if plural:
            variables.setdefault("num", args[-1])
        pattern = self._plural(translate, args) if plural and isinstance(args[-1], StandIn) else translate(*args)
        if _OTHER_PLACEHOLDER.search(pattern.replace("%%", "")):
            raise NotPlain("a sentence shapes its values")
        shaped = Markup(pattern) if context.eval_ctx.autoescape else pattern
        return Tainted(shaped % {key: output(value) for key, value in variables.items()})

    @staticmethod
    def _plural(translate: Callable[..., str], args: tuple[Any, ...]) -> str:
        *sentences, number = args
        compute = number.compute
        key = (translate.__name__, *map(repr, sentences), number.key)
        pattern: str = number.trace.ask(key, lambda variables: translate(*sentences, compute(variables)))
        return pattern


def tracing(environment: ImmutableSandboxedEnvironment, translations: Translations) -> TracingEnvironment:
    """The same environment, tracing. What it compiles is its own."""
    made = TracingEnvironment(
        loader=environment.loader,
        autoescape=environment.autoescape,
        undefined=environment.undefined,
        trim_blocks=environment.trim_blocks,
        lstrip_blocks=environment.lstrip_blocks,
        auto_reload=environment.auto_reload,
        extensions=list(environment.extensions),
        finalize=output,
    )
    made.translations = translations
    made.newstyle_gettext = True  # type: ignore[attr-defined]  # how `{% trans %}` is compiled
    made.globals.update(environment.globals)
    made.filters = {name: guarded(name, function) for name, function in environment.filters.items()}
    made.tests = {name: _guarded_test(name, function) for name, function in dict[str, Any](environment.tests).items()}
    return made


def output(value: Any) -> Any:
    """What leaves its mark in the text where it is put out."""
    if isinstance(value, StandIn):
        return Output(value)
    return value.text if isinstance(value, Tainted) else value


def guarded(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of one value that gives a stand-in for a stand-in."""
    if name in {"default", "d"}:
        return function  # it only asks, and returns one of what it was given

    @wraps(function)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        if not any(map(is_traced, (*args, *kwargs.values()))):
            return function(*args, **kwargs)
        value, *rest = args
        if not isinstance(value, StandIn) or any(map(is_traced, (*rest, *kwargs.values()))):
            raise NotPlain(f"the filter {name} meets an output")
        inner = value.compute
        key = (name, value.key, repr(rest), repr(sorted(kwargs.items())))
        return StandIn(value.trace, key, lambda variables: function(inner(variables), *rest, **kwargs))

    return guarded


def _guarded_test(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        if not any(map(is_traced, (*args, *kwargs.values()))):
            return function(*args, **kwargs)
        value, *rest = args
        if not isinstance(value, StandIn) or any(map(is_traced, (*rest, *kwargs.values()))):
            raise NotPlain(f"the test {name} meets an output")
        inner = value.compute
        key = (name, value.key, repr(rest), repr(sorted(kwargs.items())))
        return value.trace.ask(key, lambda variables: bool(function(inner(variables), *rest, **kwargs)))

    return guarded


class Prepared:
    """One file in one language, filled for one mail after the other.

    `constants` are the same in all those mails: the template sees them as they are, so it may do anything with them.
    """

    def __init__(self, environment: TracingEnvironment, name: str, constants: Variables | None = None) -> None:
        self._environment = environment
        self._name = name
        self._constants = constants or {}
        self._variants = Variants(MAX_VARIANTS)
        self._catches: bool | None = None

    def fill(self, variables: Variables) -> str | None:
        """The file's text for these variables; None when it has to be rendered in full."""
        try:
            found = self.skeleton(variables)
            return None if found is None else found.fill(variables)
        except Exception:  # a filter that this value is no match for: the full rendering says which
            return None

    def skeleton(self, variables: Variables) -> Skeleton | None:
        """What these variables are to be filled into; None when the file has to be rendered in full. The same object
        for all mails that answer its questions alike."""
        try:
            found = self._variants.find(variables)
            if found is None:
                found = self._prepare(variables)
        except Exception:  # a comparison that this value is no match for
            return None
        return None if isinstance(found, Unprepared) else found

    def _prepare(self, variables: Variables) -> Skeleton | Unprepared:
        if self._variants.full:
            return UNPREPARED
        trace = Trace(variables)
        try:
            end: Skeleton | Unprepared = self._traced(trace)
        except Exception:
            end = UNPREPARED
        self._variants.add(frozenset(variables), trace.asked, end)
        return end

    def _traced(self, trace: Trace) -> Skeleton:
        if self._catches is None:
            self._catches = any(_catching(self._environment, self._name))
        if self._catches:
            raise NotPlain("it catches its own output")
        stand_ins = {name: StandIn(trace, name, operator.itemgetter(name)) for name in trace.variables}
        text = self._environment.get_template(self._name).render({**self._constants, **stand_ins})
        if self._name.endswith(".html") and css.has_sheet(text):
            if not css.independent(text, _OPEN):
                raise NotPlain("its style depends on a value")
            return _skeleton(css.inlined(text), [_without_tags(hole) for hole in trace.holes])
        return _skeleton(text, trace.holes)


def _without_tags(compute: Compute) -> Compute:
    """For a hole in HTML whose tags were given their style: a value that brings tags of its own needs that, too."""

    def plain(variables: Variables) -> Any:
        value = compute(variables)
        if hasattr(value, "__html__") and "<" in value.__html__():
            raise NotPlain("a value brings tags")
        return value

    return plain


def _skeleton(text: str, holes: list[Compute]) -> Skeleton:
    pieces = _MARK.split(text)
    texts, kinds, numbers = pieces[::3], pieces[1::3], pieces[2::3]
    if any(_OPEN in piece or _CLOSE in piece for piece in texts):
        raise NotPlain("it holds the characters that mark holes")
    filled = (Hole(holes[int(number)], kind == "e") for kind, number in zip(kinds, numbers, strict=True))
    return Skeleton(tuple(texts), tuple(filled))


def _catching(environment: Environment, name: str) -> Iterator[nodes.Node]:
    """The nodes of the file, and of all it refers to, that catch output."""
    for tree in trees(environment, [name]):
        yield from tree.root.find_all(_CATCHING)
