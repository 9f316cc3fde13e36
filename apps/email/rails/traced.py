"""`t()` and `l()` while a template is prepared: values become holes in the phrase, `count` chooses a variant.

As gettext's functions do it in `prepare`. What cannot be followed raises NotPlain, and the file is rendered in full.
"""

from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context

from apps.email.prepare import NotPlain, StandIn, TracingEnvironment, guarded, is_traced, output
from apps.email.rails.interpolate import shapes
from apps.email.rails.translate import Translate, names_of, put


class TracedTranslate:
    """In the place of `t`."""

    def __init__(self, translate: Translate) -> None:
        self._translate = translate

    @pass_context
    def __call__(self, context: Context, key: Any, /, **given: Any) -> Any:
        if any(map(is_traced, (key, given.get("scope"), given.get("default")))):
            raise NotPlain("a phrase is not constant")
        key = self._translate.key(context, key, given)
        names, default, count = names_of(given), given.get("default"), given.get("count")
        if isinstance(count, StandIn):
            compute = count.compute
            question = ("t", key, names, default, count.key)
            found = count.trace.ask(
                question, lambda variables: self._translate.phrase(key, compute(variables), names, default)
            )
        else:
            found = self._translate.phrase(key, count, names, default)
        if any(map(is_traced, given.values())) and shapes(found):
            raise NotPlain("a phrase shapes its values")
        values = {name: output(value) for name, value in given.items()}
        return put(found, key, values, html=bool(context.eval_ctx.autoescape))


def traced(environment: TracingEnvironment) -> TracingEnvironment:
    """The same environment, with what stands for Rails' two functions."""
    functions: dict[str, Any] = environment.globals
    functions["t"] = TracedTranslate(functions["t"])
    functions["l"] = guarded("l", functions["l"])
    return environment
