"""A tag's attributes in the result, in alphabetical order. Pure.

What never changes is written as text; a value of its own becomes one hole, so that prepared templates stay prepared.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from apps.email.haml.filters import escaped
from apps.email.haml.output import Output
from apps.email.haml.ruby import Ruby, constant
from apps.email.haml.runtime import attribute

#: Attributes to which the template's own classes and ids are joined.
_JOINED = ("class", "id")


@dataclass(frozen=True, slots=True)
class Shown:
    name: str
    value: Ruby


def attributes(out: Output, given: Iterable[Shown], xhtml: bool, classes: Sequence[str] = (), id: str = "") -> None:
    """Of two with one name the later one counts; classes and ids are joined."""
    joined: dict[str, list[Ruby]] = {"class": [constant(list(classes))] if classes else [], "id": []}
    joined["id"] += [constant(id)] if id else []
    others: dict[str, Ruby] = {}
    for one in given:
        if one.name in _JOINED:
            joined[one.name].append(one.value)
        else:
            others[one.name] = one.value
    values = {
        **{name: found for name, found in joined.items() if found},
        **{name: [one] for name, one in others.items()},
    }
    for name in sorted(values):
        _write(out, name, values[name], xhtml)


def _write(out: Output, name: str, values: list[Ruby], xhtml: bool) -> None:
    fixed = [str(text) for one in values if one.constant for text in _listed(one.value)]
    varying = [one for one in values if not one.constant]
    if not varying:
        out.text(_fixed(name, values[-1].value if name not in _JOINED else fixed, xhtml, values))
    elif len(values) == 1 and varying[0].pieces and name not in _JOINED:
        out.text(f" {name}='")
        for piece in varying[0].pieces:
            if isinstance(piece, str):
                out.text(escaped(piece, quotes=True))
            else:
                out.put(f"{piece.source}|haml_text" if not piece.is_function else piece.source)
        out.text("'")
    else:
        value = varying[0].source if len(varying) == 1 else f"[{', '.join(one.source for one in varying)}]"
        before = f", {fixed!r}" if fixed else ""
        out.put(f"{value}|haml_attribute({name!r}, {'true' if xhtml else 'false'}{before})")


def _listed(value: object) -> list[object]:
    return (
        [one for one in value if one] if isinstance(value, list) else [value] if value not in (None, False, "") else []
    )


def _fixed(name: str, value: object, xhtml: bool, values: list[Ruby]) -> str:
    if name in _JOINED and not value:
        return f" {name}=''" if values[-1].value == "" else ""
    if isinstance(value, str) and "'" in value and '"' not in value:
        return f' {name}="{escaped(value)}"'
    return str(attribute(value, name, xhtml)).replace("&#34;", "&quot;")
