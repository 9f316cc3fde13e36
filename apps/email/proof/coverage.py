"""Coverage: what a template would be for an audience, before the first mail of a send. Pure; any thread.

The audience is counts, not people: how many wish for which locale, and how many lack which attribute the template needs
(`attributes_of` says which to count). The answer says who falls back to which language, how much of it is translated,
and who lacks what; a policy turns it into reasons not to start.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from apps.email.proof.policy import CoveragePolicy
from apps.email.templates import Templates

__all__ = ["AudienceFacts", "Coverage", "CoveragePolicy", "Language", "attributes_of", "coverage"]


@dataclass(frozen=True, slots=True)
class AudienceFacts:
    """`locales`: wish (None: not known) -> people, together everybody; `lacking`: attribute -> people without it;
    `data`: the names that the event's data holds, the same for all."""

    locales: Mapping[str | None, int]
    lacking: Mapping[str, int] = field(default_factory=dict)
    data: frozenset[str] = frozenset()

    @property
    def people(self) -> int:
        return sum(self.locales.values())


@dataclass(frozen=True, slots=True)
class Language:
    """People who wish for `wished` read `locale`; `fallbacks` of the template's `messages` are not even in that."""

    wished: str | None
    locale: str
    people: int
    messages: int
    fallbacks: int

    @property
    def falls_back(self) -> bool:
        """Whether they get another language than they wished for. Nobody wishes for nothing."""
        return self.wished is not None and self.wished.partition("-")[0] != self.locale.partition("-")[0]


@dataclass(frozen=True, slots=True)
class Coverage:
    """`lacking_data`: required of the event and not there, for everybody; `lacking`: attribute -> people without it."""

    template: str
    people: int
    languages: tuple[Language, ...]
    lacking_data: tuple[str, ...]
    lacking: Mapping[str, int]

    @property
    def fallen_back(self) -> int:
        return sum(language.people for language in self.languages if language.falls_back)

    @property
    def partial(self) -> int:
        """People whose mail mixes languages."""
        return sum(language.people for language in self.languages if language.fallbacks)

    def blocked_by(self, policy: CoveragePolicy) -> tuple[str, ...]:
        """The reasons not to start, empty if there is none."""
        reasons = [f"the event lacks data.{name}, which every mail needs" for name in self.lacking_data]
        if self.fallen_back > policy.max_fallback_share * self.people:
            reasons.append(f"{self.fallen_back} of {self.people} people would get another language than theirs")
        if self.partial and policy.partial_translations == "block":
            reasons.append(f"{self.partial} of {self.people} people would get a mail that is translated in part")
        reasons += [
            f"{count} of {self.people} people lack person.attributes.{name}"
            for name, count in self.lacking.items()
            if count > policy.max_lacking_share * self.people
        ]
        return tuple(reasons)


def attributes_of(templates: Templates, template: str) -> frozenset[str]:
    """The attributes of a person that the template cannot do without. Raises UnknownTemplate, TemplateError."""
    return templates.attributes(template)


def coverage(
    templates: Templates, template: str, audience: AudienceFacts, defaults: Iterable[str | None] = ()
) -> Coverage:
    """`defaults`: the locales that follow a person's own wish, such as the rule's and `email.default_locale`.

    Raises UnknownTemplate, TemplateError, CatalogueBroken.
    """
    after = tuple(defaults)
    languages = []
    for wished, people in sorted(audience.locales.items(), key=lambda item: (-item[1], item[0] or "")):
        found = templates.language(template, (wished, *after))
        languages.append(Language(wished, found.locale, people, found.messages, found.fallbacks))
    needed = attributes_of(templates, template)
    return Coverage(
        template,
        audience.people,
        tuple(languages),
        tuple(sorted(templates.needs(template).required - audience.data)),
        {name: audience.lacking[name] for name in sorted(needed) if audience.lacking.get(name)},
    )
