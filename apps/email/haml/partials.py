"""`= render 'name', key: value`: Rails' partials as Jinja's includes. Pure."""

import re

from apps.email.haml.attributes import split
from apps.email.haml.errors import HamlError
from apps.email.haml.output import Output
from apps.email.haml.ruby import translate

_RENDER = re.compile(
    r"""render\s*\(?\s*(?:partial:\s*|:partial\s*=>\s*)?["'](?P<name>[\w/.-]+)["']\s*,?(?P<given>.*?)\)?"""
)
_LOCAL = re.compile(r"\s*\{?\s*(?:locals:\s*\{)?\s*:?(?P<name>\w+)\s*(?:=>|:)\s*(?P<value>.+?)[\s}]*")


def include(out: Output, code: str, template: str, line: int) -> None:
    """Raises HamlError for other ways to render than a partial by name."""
    found = _RENDER.fullmatch(code)
    if found is None:
        raise HamlError(f"{code!r}: only partials by name are rendered, with `key: value` behind it", line)
    pairs = [_LOCAL.fullmatch(pair) for pair in split(found["given"])]
    if not all(pairs):
        raise HamlError(f"{code!r}: what the partial gets must be `key: value`", line)
    given = [f"{pair['name']}={translate(pair['value'], line).source}" for pair in pairs if pair]
    if given:
        out.block(f"with {', '.join(given)}")
    out.block(f'include "{path(found["name"], template)}"')
    if given:
        out.block("endwith")
    out.end_line()


def path(name: str, template: str) -> str:
    """Where a partial lies: `shared/footer` is `shared/_footer.html`.

    Without a folder it lies beside the template's own folder, as Rails has it beside the template.
    """
    folder, _, last = name.rpartition("/")
    above, _, file = template.rpartition("/")
    if file.partition(".")[0] in {"subject", "body"}:
        above = above.rpartition("/")[0]
    where = folder if folder else above
    ending = ".txt" if template.endswith(".txt") else ".html"
    return f"{where}/_{last}{ending}" if where else f"_{last}{ending}"
