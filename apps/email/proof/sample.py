"""Sample data of a template: `sample.json` in its folder says what an event for it looks like. Any thread.

{"data": {"link": "https://example.org/x"}, "person": {"name": "Ada", "attributes": {"city": "Paris"}}}
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from apps.email.errors import TemplateError
from apps.email.templates import Templates

FILE = "sample.json"
NOBODY = {
    "name": "Ada Lovelace",
    "address": "ada@example.org",
    "attributes": {},
    "unsubscribe_url": "https://example.org/unsubscribe",
    "preferences_url": "https://example.org/preferences",
}


@dataclass(frozen=True, slots=True)
class Sample:
    """What a template is tried with. `written`: somebody thought about it; else every variable is its own name."""

    data: Mapping[str, Any]
    person: Mapping[str, Any] = field(default_factory=lambda: dict(NOBODY))
    written: bool = True


def sample_of(templates: Templates, template: str) -> Sample:
    """Raises UnknownTemplate, TemplateError for a `sample.json` that is none."""
    source = templates.source(f"{template}/{FILE}")
    if source is None:
        return Sample(dict.fromkeys(templates.needs(template).required, "example"), written=False)
    try:
        found = json.loads(source)
        return Sample(dict(found.get("data", {})), {**NOBODY, **found.get("person", {})})
    except (ValueError, TypeError, AttributeError) as error:
        raise TemplateError(template, "", f"{FILE}: {error}") from error
