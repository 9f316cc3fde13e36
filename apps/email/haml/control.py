"""Ruby that steers, as Jinja's blocks: `if`, `unless`, `each`, `times`, assignments. Pure."""

import re

from apps.email.haml.errors import HamlError
from apps.email.haml.ruby import translate

_EACH = re.compile(r"(?P<many>.+?)\.(?P<how>each|each_with_index|each_pair|times)\s+do\s*(?:\|(?P<names>[^|]*)\|)?")
_RANGE = re.compile(r"\((?P<first>.+?)(?P<dots>\.{2,3})(?P<last>.+)\)")
_SET = re.compile(r"@?(?P<name>[a-z_]\w*)\s*(?P<or>\|\|)?=(?![=~>])\s*(?P<value>.+)")
_NAME = re.compile(r"@?[a-z_]\w*")


def opening(code: str, line: int, *, follows: bool, opens: bool) -> tuple[list[str], str]:
    """The blocks that this line opens, and the one that ends them. Raises HamlError.

    `follows`: it is a branch of the `if` before it; `opens`: something stands below it.
    """
    word, _, rest = code.partition(" ")
    match word:
        case "if" | "unless" if opens:
            negated = "not " if word == "unless" else ""
            return [f"if {negated}{translate(rest, line).source}"], "endif"
        case "elsif" if follows:
            return [f"elif {translate(rest, line).source}"], ""
        case "else" if follows:
            return ["else"], ""
    if each := _EACH.fullmatch(code):
        return _loop(each["many"], each["how"], _names(each["names"], line), line), "endfor"
    if opens:
        raise HamlError(f"Ruby {code!r} is not translated", line)
    if assigned := _SET.fullmatch(code):
        value = translate(assigned["value"], line).source
        name = assigned["name"]
        return [f"set {name} = {f'{name}|default(none) or {value}' if assigned['or'] else value}"], ""
    raise HamlError(f"Ruby {code!r} is not translated", line)


def _names(text: str | None, line: int) -> list[str]:
    names = [name.strip() for name in (text or "_").split(",")]
    if not all(map(_NAME.fullmatch, names)) or len(names) > 2:
        raise HamlError(f"a block with |{text}| is not translated", line)
    return names


def _loop(many: str, how: str, names: list[str], line: int) -> list[str]:
    one, *second = names
    if how == "times":
        return [f"for {one} in range({translate(many, line).source})"]
    found = _RANGE.fullmatch(many)
    if found:
        first, last = (translate(found[end], line).source for end in ("first", "last"))
        values = f"range({first}, {last}{' + 1' if found['dots'] == '..' else ''})"
    else:
        values = translate(many, line).source
    if how == "each_with_index":
        return [f"for {one} in {values}", *(f"set {index} = loop.index0" for index in second)]
    return [f"for {one}, {second[0]} in {values}|items" if second else f"for {one} in {values}"]
