"""The exception a rule asks for, by name. Any thread.

Only what is loaded already is looked up: naming an exception imports nothing, so it runs no code of anybody's.
"""

import builtins
import sys

from supervision.errors import Refusal

_FIELD = "exception"


def exception_class(name: str) -> type[BaseException]:
    """`ValueError`, `SystemExit`, `smtplib.SMTPServerDisconnected`. Raises Refusal when it cannot be one."""
    module_name, _, attribute = name.rpartition(".")
    module = sys.modules.get(module_name) if module_name else builtins
    if module is None:
        raise Refusal(f"the module {module_name} is not loaded in this process", field=_FIELD)
    found = getattr(module, attribute, None)
    if not (isinstance(found, type) and issubclass(found, BaseException)):
        raise Refusal(f"{name} is not an exception", field=_FIELD)
    try:
        str(found("probe"))
    except Exception as error:
        raise Refusal(f"{name} cannot be made from a text alone: {error}", field=_FIELD) from error
    return found
