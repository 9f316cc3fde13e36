"""A template as its readers would see it, before anybody does: rendered with sample data, or as `.eml`. Pure."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from apps.email import address, mime
from apps.email.config import Email
from apps.email.proof.sample import Sample, sample_of
from apps.email.templates import Rendered, Templates


def sample(templates: Templates, template: str, data: Mapping[str, Any] | None = None) -> Sample:
    """The template's own sample data, with what is given here in its place. Raises UnknownTemplate, TemplateError."""
    found = sample_of(templates, template)
    return found if data is None else replace(found, data={**found.data, **data})


def preview(templates: Templates, template: str, locale: str | None, sample: Sample) -> Rendered:
    """Raises MissingVariables, UnknownTemplate, TemplateError, CatalogueBroken."""
    return templates.render(template, [locale], sample.data, sample.person)


def eml(rendered: Rendered, config: Email, sample: Sample, at: float) -> bytes:
    """The mail as a file that mail programs open; `at` (seconds since the epoch) is its Date. Raises HeaderRefused."""
    person = sample.person
    return mime.build(
        rendered,
        key=f"preview-{rendered.template.replace('/', '-')}-{rendered.locale}",
        domain=config.message_id_domain,
        sender=address.parse("From", config.sender),
        recipient=address.mailbox("To", str(person["address"]), str(person["name"])),
        at=at,
        headers={"X-Unsent": "1"},
    ).data
