"""A template with one event's data in one language, for many people: what they share is worked out once.

The event's data are constants of the preparation, and so are the lines of the parts that hold nothing of a person; both
ways, filled and rendered, give the same octets (the tests hold them to it). Caches grow up to the variants that the
template has; any thread.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from apps.email.enclosures import NOTHING, Enclosures
from apps.email.errors import TemplateError
from apps.email.fill import Skeleton
from apps.email.parts import Frame, part
from apps.email.prepare import Prepared, TracingEnvironment

SUBJECT, TEXT, HTML = "subject.txt", "body.txt", "body.html"
#: The bodies: what MIME calls them, and what is cut off their ends before they end with a line feed.
#: What a template sees of a person about whom nothing is known. The links are there in mails that can be left.
NOBODY = {"name": "", "address": "", "unsubscribe_url": "", "preferences_url": ""}
_SUBTYPE = {TEXT: "plain", HTML: "html"}
_BLANKS = {TEXT: "\r\n", HTML: None}


@dataclass(frozen=True, slots=True)
class Words:
    """One person's mail but for its header: the subject, the encoded parts (see `parts`), the files that go with it."""

    subject: str
    text: bytes
    html: bytes | None
    enclosures: Enclosures = NOTHING


class Wording:
    """`locale` is the language it is written in."""

    def __init__(
        self,
        template: str,
        locale: str,
        constants: Mapping[str, Any],
        traced: TracingEnvironment,
        render: Callable[[str, Mapping[str, Any]], str],
        nobody: Mapping[str, Any],
        with_html: bool,
        enclosures: Enclosures = NOTHING,
    ) -> None:
        """`render` renders a file in full; `nobody` is what a template sees of a person about whom nothing is known."""
        self.template = template
        self.locale = locale
        self._constants = constants
        self._render = render
        self._nobody = nobody
        self._enclosures = enclosures
        self._bodies = (TEXT, HTML) if with_html else (TEXT,)
        self._prepared = {name: Prepared(traced, f"{template}/{name}", constants) for name in (SUBJECT, *self._bodies)}
        self._frames: dict[tuple[str, Skeleton], Frame | None] = {}

    def fill(self, person: Mapping[str, Any]) -> Words:
        """One person's mail. Raises MissingVariables, TemplateError."""
        return self.write({"person": {**self._nobody, **person}})

    def write(self, variables: Mapping[str, Any]) -> Words:
        """`fill` with all that is not constant. Raises MissingVariables, TemplateError."""
        varying = dict(variables)
        varying["subject"] = subject = one_line(self.template, self.locale, self.text(SUBJECT, varying))
        # In the order of `render`: of two faults both ways name the same one.
        *html, text = [self._body(name, varying) for name in reversed(self._bodies)]
        return Words(subject, text, html[0] if html else None, self._enclosures)

    def text(self, name: str, varying: Mapping[str, Any]) -> str:
        """One file as it is before it becomes a part. Raises MissingVariables, TemplateError."""
        filled = self._prepared[name].fill(varying)
        return self._render(name, {**self._constants, **varying}) if filled is None else filled

    def _body(self, name: str, varying: Mapping[str, Any]) -> bytes:
        frame = self._frame(name, varying)
        if frame is not None:
            try:
                return frame.fill(varying)
            except Exception:  # a filter that this value is no match for: the full rendering says which
                pass
        return part(_SUBTYPE[name], tidied(name, self.text(name, varying)))

    def _frame(self, name: str, varying: Mapping[str, Any]) -> Frame | None:
        """None when this mail's text has no skeleton, or a value stands at one of its ends."""
        skeleton = self._prepared[name].skeleton(varying)
        if skeleton is None:
            return None
        try:
            return self._frames[name, skeleton]
        except KeyError:
            tidy = _tidy_skeleton(skeleton, _BLANKS[name])
            frame = self._frames[name, skeleton] = None if tidy is None else Frame(_SUBTYPE[name], tidy)
            return frame


def tidied(name: str, text: str) -> str:
    """A body as it is sent: nothing blank around it, and a last line that ends."""
    return text.strip(_BLANKS[name]) + "\n"


def _tidy_skeleton(skeleton: Skeleton, blanks: str | None) -> Skeleton | None:
    first, *rest = skeleton.texts
    if not rest:
        return Skeleton((first.strip(blanks) + "\n",), ())
    *middle, last = rest
    first, last = first.lstrip(blanks), last.rstrip(blanks)
    return Skeleton((first, *middle, last + "\n"), skeleton.holes) if first and last else None


def one_line(template: str, tag: str, subject: str) -> str:
    """A subject as it is sent. Raises TemplateError."""
    subject = subject.strip()
    if not subject:
        raise TemplateError(template, tag, f"{SUBJECT} is empty", field="subject")
    if len(subject.splitlines()) > 1:
        raise TemplateError(template, tag, f"{SUBJECT} must be one line, not {subject!r}", field="subject")
    return subject
