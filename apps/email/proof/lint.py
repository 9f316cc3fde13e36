"""Lint: what is wrong with a template, found before anybody gets it. Pure but for reading the template; any thread.

Errors are mails that would fail or arrive broken; warnings are for somebody to look at. A template is rendered with its
`sample.json` in every language that says something in it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from apps.email import css
from apps.email.config import Email
from apps.email.enclosures import INLINE, names, references
from apps.email.errors import EmailError
from apps.email.proof.markup import insecure_links, pictures_without_words
from apps.email.proof.sample import Sample, sample_of
from apps.email.templates import Rendered, Templates
from apps.email.wording import HTML, SUBJECT, TEXT

#: Gmail shows no more of a mail's HTML than this.
MOST_BYTES = 102 * 1024
#: Names that lead out of a list.
LEAVING = frozenset({"unsubscribe_url", "preferences_url"})

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Finding:
    """`where` is a file or a locale of the template."""

    template: str
    severity: Severity
    rule: str
    where: str
    message: str


def lint(templates: Templates, config: Email, names: Iterable[str] = ()) -> list[Finding]:
    """Of these templates, or of all."""
    return [finding for name in (names or folders(templates)) for finding in lint_one(templates, config, name)]


def folders(templates: Templates) -> list[str]:
    """Every folder that holds a part of a mail, complete or not."""
    parts = (SUBJECT, TEXT, HTML)
    files = [file.rpartition("/") for file in templates.files()]
    return sorted({folder for folder, _, file in files if file in parts and folder})


def lint_one(templates: Templates, config: Email, name: str) -> list[Finding]:
    files = set(templates.files())
    if not any(f"{name}/{part}" in files for part in (SUBJECT, TEXT, HTML)):
        return [Finding(name, "error", "unknown-template", "", "no such folder on the search path")]
    missing = [part for part in (SUBJECT, TEXT) if f"{name}/{part}" not in files]
    if missing:
        return [
            Finding(name, "error", "missing-part", part, "every mail needs a subject and a text") for part in missing
        ]
    try:
        sample = sample_of(templates, name)
        static = [*_variables(templates, name, sample), *_leaving(templates, config, name)]
        return [
            *static,
            *(one for tag in _languages(templates, name) for one in _language(templates, name, tag, sample)),
        ]
    except EmailError as error:
        return [Finding(name, "error", "broken", "", str(error))]


def _variables(templates: Templates, name: str, sample: Sample) -> Iterator[Finding]:
    if not sample.written:
        yield Finding(name, "warning", "no-sample", "sample.json", "nothing says which variables events carry")
        return
    needs = templates.needs(name)
    for variable in sorted(needs.required - set(sample.data)):
        yield Finding(name, "error", "undeclared-variable", "sample.json", f"{variable!r} is used and not declared")
    for variable in sorted(set(sample.data) - needs.required - needs.optional):
        yield Finding(name, "warning", "unused-variable", "sample.json", f"{variable!r} is declared and not used")


def _leaving(templates: Templates, config: Email, name: str) -> Iterator[Finding]:
    """Bulk mail must say how to leave it, not in its headers alone."""
    if not any(rule.template == name and rule.mail_class == "bulk" for rule in config.rules.values()):
        return
    if not templates.mentions(name) & LEAVING:
        yield Finding(name, "warning", "missing-unsubscribe", "", f"bulk mail without {' or '.join(sorted(LEAVING))}")


def _languages(templates: Templates, name: str) -> list[str]:
    """The source language, and all that translate anything."""
    found = {templates.language(name, [tag]).locale for tag in templates.locales}
    return sorted({*found, templates.language(name, []).locale})


def _language(templates: Templates, name: str, tag: str, sample: Sample) -> Iterator[Finding]:
    for message in templates.untranslated(name, tag):
        yield Finding(name, "warning", "missing-translation", tag, f"{message!r} comes from another language")
    try:
        rendered = templates.render(name, [tag], sample.data, sample.person)
    except EmailError as error:
        severity: Severity = "error" if sample.written else "warning"
        yield Finding(name, severity, "not-rendered", tag, str(error))
        return
    yield from _rendered(name, tag, rendered)
    yield from _pictures(name, tag, rendered, templates.pictures(name))


def _pictures(name: str, tag: str, rendered: Rendered, written: frozenset[str]) -> Iterator[Finding]:
    shown, there = references(rendered.html or ""), frozenset(names(rendered.enclosures.inline))
    for picture in sorted(shown - there):
        yield Finding(name, "error", "missing-picture", tag, f"the HTML shows cid:{picture}, no {INLINE}/{picture}")
    for picture in sorted(there - shown - written):
        yield Finding(
            name, "warning", "unused-picture", tag, f"{INLINE}/{picture} is sent, and the HTML does not show it"
        )


def _rendered(name: str, tag: str, rendered: Rendered) -> Iterator[Finding]:
    html = rendered.html or ""
    size = len(html.encode())
    if size > MOST_BYTES:
        yield Finding(name, "error", "too-large", tag, f"{size:,} bytes of HTML, mail programs cut at {MOST_BYTES:,}")
    for source in pictures_without_words(html):
        yield Finding(name, "error", "image-without-alt", tag, source)
    for link in insecure_links(html, rendered.text):
        yield Finding(name, "warning", "link-without-https", tag, link)
    if css.has_sheet(html):
        try:
            css.apply(html)
        except css.NotNested as error:
            yield Finding(name, "warning", "styles-not-inlined", tag, str(error))
