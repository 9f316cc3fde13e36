"""`config.yaml` as plain data, before anybody checks what it means: YAML read, `--set` applied, `${NAME}` filled in.

Functions of values and of the environment that is passed in; any thread. Every error is a `ConfigError` with a place:
a line and column for YAML, a path for the rest.
"""

import itertools
import re
from collections.abc import Hashable, Iterable, Mapping
from typing import Any

import yaml

from supervision.errors import ConfigError
from supervision.validation import render_path

#: `${NAME}`, `${NAME:-default}`; `$${` stands for a plain `${`.
VARIABLE = re.compile(r"\$(?P<escape>\$)\{|\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^}]*))?\}")
#: A step of a `--set` path: `name`, `"a.quoted.name"` or `[3]`, with the dot before it.
STEP = re.compile(r'\.?(?:"(?P<quoted>[^"]+)"|\[(?P<index>\d+)\]|(?P<plain>[^.\[\]"]+))')


class Loader(yaml.SafeLoader):
    """Safe YAML that does not let a key stand twice: the second would silently win."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen = set()
        for key_node, _ in node.value:
            if key_node.tag == "tag:yaml.org,2002:str":
                if key_node.value in seen:
                    raise yaml.constructor.ConstructorError(
                        None, None, f'the key "{key_node.value}" stands here twice', key_node.start_mark
                    )
                seen.add(key_node.value)
        return super().construct_mapping(node, deep)


def parse(text: str, source: str = "config.yaml") -> dict[str, Any]:
    """Read YAML. An empty document is an empty mapping. Raises ConfigError with line and column."""
    try:
        document = yaml.load(text, Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise ConfigError(f"{source}: {place}{error.problem or error.context or 'not YAML'}") from error
    except yaml.YAMLError as error:
        raise ConfigError(f"{source}: not YAML: {error}") from error
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise ConfigError(f"{source}: must be a mapping of sections, not a {type(document).__name__}")
    return document


def assign(document: dict[str, Any], setting: str) -> None:
    """Apply one `KEY=VALUE` in place; VALUE is YAML, an index one past the end appends. Raises ConfigError."""
    key, equals, value = setting.partition("=")
    steps = _steps(key.strip())
    if not equals or not steps:
        raise ConfigError(f"--set {setting}: must be KEY=VALUE, as in console.port=0")
    try:
        parsed = yaml.load(value, Loader)
    except yaml.YAMLError as error:
        raise ConfigError(f"--set {key}: the value is not YAML") from error
    try:
        _put(document, steps, parsed)
    except (TypeError, IndexError, ValueError) as error:
        raise ConfigError(f"--set {key}: {error}") from error


def fill_in(document: Any, environment: Mapping[str, str]) -> tuple[Any, list[str]]:
    """A copy with every `${NAME}` replaced, and one line per variable that is not set."""
    faults: list[str] = []

    def fill(value: Any, location: tuple[str | int, ...]) -> Any:
        if isinstance(value, dict):
            return {key: fill(item, (*location, str(key))) for key, item in value.items()}
        if isinstance(value, list):
            return [fill(item, (*location, index)) for index, item in enumerate(value)]
        if isinstance(value, str):
            return VARIABLE.sub(lambda match: variable(match, location), value)
        return value

    def variable(match: re.Match[str], location: tuple[str | int, ...]) -> str:
        if match["escape"]:
            return "${"
        found = environment.get(match["name"], match["default"])
        if found is None:
            faults.append(f"{render_path(location)}: the environment variable {match['name']} is not set")
        return found or ""

    return fill(document, ()), faults


def changed_paths(old: Any, new: Any, location: tuple[str | int, ...] = ()) -> Iterable[str]:
    """The paths whose values differ, never the values: they may be secrets."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in {**old, **new}:
            yield from changed_paths(old.get(key), new.get(key), (*location, str(key)))
    elif old != new:
        yield render_path(location)


def _steps(key: str) -> list[str | int]:
    steps: list[str | int] = []
    position = 0
    while position < len(key):
        match = STEP.match(key, position)
        if match is None:
            return []
        steps.append(int(match["index"]) if match["index"] else match["quoted"] or match["plain"])
        position = match.end()
    return steps


def _put(document: Any, steps: list[str | int], value: Any) -> None:
    here = document
    for step, following in itertools.pairwise(steps):
        container: Any = [] if isinstance(following, int) else {}
        here = _child(here, step, container)
    if isinstance(here, list):
        index = _index(here, steps[-1])
        here[index : index + 1] = [value]
    elif isinstance(here, dict):
        here[steps[-1]] = value
    else:
        raise TypeError(f"{steps[-2] if len(steps) > 1 else 'this'} holds a plain value, not keys")


def _child(here: Any, step: str | int, new: Any) -> Any:
    """What stands below `step`, made anew where there is nothing."""
    if isinstance(here, list):
        index = _index(here, step)
        if index == len(here):
            here.append(new)
        return here[index]
    if not isinstance(here, dict):
        raise TypeError(f"{step} cannot stand below a plain value")
    if here.get(str(step)) is None:
        here[str(step)] = new
    return here[str(step)]


def _index(here: list[Any], step: str | int) -> int:
    index = int(step) if str(step).isdigit() else None
    if index is None:
        raise ValueError(f"{step} must be an index of a list")
    if index > len(here):
        raise IndexError(f"the list has {len(here)} entries, there is no index {index}")
    return index
