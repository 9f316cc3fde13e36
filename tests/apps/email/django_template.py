"""Django's template language as far as its password-reset mail goes, turned into Jinja's. For the corpus test.

Not a general converter: a tag that is not among these is an error, so that nothing is lost in silence.
"""

import re
from collections.abc import Callable

_TOKEN = re.compile(r"({%.*?%}|{{.*?}})", re.DOTALL)
_DROPPED = re.compile(r"(load i18n|autoescape off|endautoescape|block \w+|endblock)$")
_TRANSLATE = re.compile(r"translate (?P<quote>[\"'])(?P<text>.*)(?P=quote)$", re.DOTALL)
_URL = re.compile(r"url '(?P<name>\w+)' uidb64=(?P<uid>\w+) token=(?P<token>\w+)$")


def to_jinja(source: str) -> str:
    """The same template for Jinja with its i18n extension. Raises ValueError for what it does not know."""
    return "".join(_convert(part) for part in _TOKEN.split(source)).strip() + "\n"


def _convert(part: str) -> str:
    if not part.startswith("{%"):
        return part
    tag = part[2:-2].strip()
    for pattern, convert in _TAGS:
        match = pattern.match(tag)
        if match is not None:
            return convert(match)
    raise ValueError(f"not a tag of the password-reset mail: {part}")


_TAGS: list[tuple[re.Pattern[str], Callable[[re.Match[str]], str]]] = [
    (_DROPPED, lambda match: ""),
    (re.compile("blocktranslate$"), lambda match: "{% trans %}"),
    (re.compile("endblocktranslate$"), lambda match: "{% endtrans %}"),
    (_TRANSLATE, lambda match: "{{ _(" + repr(match["text"]) + ") }}"),
    (_URL, lambda match: "/reset/{{ " + match["uid"] + " }}/{{ " + match["token"] + " }}/"),
]
