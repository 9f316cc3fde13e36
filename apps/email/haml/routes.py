"""Rails' routes (`user_url(@user)`): an address that only Rails can make is a variable of that name, which the event
must carry. Where one variable cannot stand for all calls, the template is refused. Pure."""

import re
from collections.abc import Iterator

from apps.email.haml.errors import HamlError
from apps.email.haml.scan import closing

ROUTE = re.compile(r"\w+_(?:url|path)")
_CALL = re.compile(r"(?<![.\w])(\w+_(?:url|path))\(")
_LOOP_NAMES = re.compile(r"do\s*\|([^|]*)\|")


def check(source: str) -> None:
    """Raises HamlError for a route that is called with different arguments, or anew for each turn of a loop."""
    turning = {name.strip() for names in _LOOP_NAMES.findall(source) for name in names.split(",")}
    seen: dict[str, str] = {}
    for name, arguments, line in _calls(source):
        if turning & set(re.findall(r"\w+", arguments)):
            raise HamlError(f"{name} differs for each turn of a loop: put the address into what is looped over", line)
        if seen.setdefault(name, arguments) != arguments:
            raise HamlError(f"{name} is called with different arguments: give each address a variable of its own", line)


def _calls(source: str) -> Iterator[tuple[str, str, int]]:
    for found in _CALL.finditer(source):
        end = closing(source, found.end() - 1)
        yield found[1], source[found.end() : end], source.count("\n", 0, found.start()) + 1
