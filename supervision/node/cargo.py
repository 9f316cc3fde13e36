"""Making a subtree ready to travel into another process, or saying which part of it cannot. Pure; any thread."""

import pickle
from collections.abc import Iterator
from typing import Any

from supervision.child import child_path
from supervision.errors import SpecError
from supervision.node.messages import Cargo
from supervision.node.options import Options
from supervision.spec import ChildSpec


def packed(child: ChildSpec, options: Options) -> bytes:
    """The cargo of a node. Raises SpecError that names what does not pickle."""
    try:
        return pickle.dumps(Cargo(child, options), pickle.HIGHEST_PROTOCOL)
    except Exception as error:
        where, value = next(_culprits(child, f"/{child.id}"), ("options", options))
        message = f"a node's children must pickle to travel into its process; {where} does not: {error}"
        raise SpecError("unpicklable", _short(value), message, field=where) from error


def _culprits(spec: ChildSpec, path: str) -> Iterator[tuple[str, Any]]:
    """What does not pickle, the innermost first, with its place."""
    for child in (one for argument in spec.args for one in _specs(argument)):
        yield from _culprits(child, child_path(path, child.id))
    parts = {"actor": spec.actor}
    parts |= {f"args[{index}]": value for index, value in enumerate(spec.args)}
    parts |= {f"kwargs[{name!r}]": value for name, value in spec.kwargs.items()}
    for name, value in parts.items():
        if not _pickles(value):
            yield f"{name} of {path}", value


def _specs(argument: object) -> tuple[ChildSpec, ...]:
    if isinstance(argument, ChildSpec):
        return (argument,)
    return tuple(one for one in argument if isinstance(one, ChildSpec)) if isinstance(argument, tuple) else ()


def _pickles(value: object) -> bool:
    try:
        pickle.dumps(value)
    except Exception:
        return False
    return True


def _short(value: object) -> str:
    """Its type only: arguments may hold secrets."""
    return getattr(value, "__qualname__", type(value).__name__)
