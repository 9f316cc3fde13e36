"""Templates: folders of `subject.txt`, `body.txt` and (if there is one) `body.html`, rendered in a person's language.

Each of the three may be HAML instead (see `loader`); files may go with them (see `enclosures`).

Jinja2 in its sandbox; HTML is escaped, text is not; an undefined variable is an error; `{% trans %}` and `_()` are
gettext with named placeholders. A template is rendered in full once for each way through it, and filled from then on
(`prepare`). Besides the event's data a template may use `person` (address, name, locale),
`lang` and `direction` of the language it is written in, and in the bodies `subject`; the filter `number` writes a
number the way the locale does. Any thread: what is cached is immutable, and no lock is held while a file is read.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from jinja2 import TemplateNotFound, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from apps.email import css, locale
from apps.email.config import Email
from apps.email.enclosures import ATTACHMENTS, INLINE, NOTHING, Enclosures, enclosures, names
from apps.email.errors import MissingVariables, TemplateError, UnknownTemplate
from apps.email.jinja import VariableUndefined, environment
from apps.email.loader import Loader
from apps.email.prepare import TracingEnvironment, tracing
from apps.email.rails.keys import CONTEXT
from apps.email.rails.traced import traced
from apps.email.syntax import Message, Needs, attributes_of, mentions_of, messages_of, needs_of, pictures_of, trees
from apps.email.translations import Catalogues, Source, Translations
from apps.email.wording import HTML, NOBODY, SUBJECT, TEXT, Wording, Words, one_line, tidied


@dataclass(frozen=True, slots=True)
class Rendered:
    """The parts of one mail. `locale` is the language it is written in, `chain` what was tried to find it,
    `fallbacks` how many of the template's messages came from further down the chain than that."""

    template: str
    locale: str
    direction: str
    chain: tuple[str, ...]
    fallbacks: int
    messages: int
    subject: str
    text: str
    html: str | None
    enclosures: Enclosures = NOTHING


def open_templates(config: Email) -> "Templates":
    """The templates and catalogues that `email` in config.yaml names, with nothing read yet."""
    catalogues = Catalogues(config.catalogue_path, config.rails_locales)
    return Templates(config.template_path, catalogues, config.source_locale, config.message_id_domain)


@dataclass(frozen=True, slots=True)
class _Syntax:
    parts: frozenset[str]
    needs: Needs
    messages: tuple[Message, ...]
    attributes: frozenset[str]
    mentions: frozenset[str]
    pictures: frozenset[str]


@dataclass(frozen=True, slots=True)
class Language:
    """The language of a template for somebody: `fallbacks` of its `messages` come from further down the `chain`."""

    locale: str
    chain: tuple[str, ...]
    fallbacks: int
    messages: int


@dataclass(frozen=True, slots=True)
class _Worded:
    """A template in the language that was found for it."""

    environment: ImmutableSandboxedEnvironment
    wording: Wording
    locale: str
    fallbacks: int
    messages: int
    enclosures: Enclosures


class Templates:
    """The templates on a search path, with the catalogues they are translated by.

    `source` is the language the templates are written in: where it is wished for, nothing needs translating. `domain`
    is that of the Content-IDs of pictures.
    """

    def __init__(self, folders: Iterable[Path], catalogues: Catalogues, source: str = "en", domain: str = "") -> None:
        self._loader = Loader(folders, domain)
        self._domain = domain
        self._catalogues = catalogues
        self._source = source
        self._plain = environment(self._loader, Translations(()), source)
        self._syntax = lru_cache(maxsize=1024)(self._read_syntax)
        self._environment_of = lru_cache(maxsize=512)(self._translated_environment)
        self._tracing_of = lru_cache(maxsize=512)(self._tracing_environment)
        self._word = lru_cache(maxsize=4096)(self._choose_language)

    def names(self) -> tuple[str, ...]:
        """All folders on the search path that hold a subject and a text."""
        files = set(self._loader.list_templates())
        subjects = {name.removesuffix(f"/{SUBJECT}") for name in files if name.endswith(f"/{SUBJECT}")}
        return tuple(sorted(name for name in subjects if f"{name}/{TEXT}" in files))

    def chain(self, wishes: Iterable[str | None]) -> tuple[str, ...]:
        """The locales that are tried for these wishes, strongest first."""
        return locale.chain(wishes, self._source)

    def check(self, template: str, wishes: Iterable[str | None], given: Collection[str]) -> None:
        """Raises MissingVariables for every required variable that is not among the names given, UnknownTemplate,
        TemplateError. Only what the template's syntax tree shows; attributes show when it is rendered."""
        lacking = sorted(self.needs(template).required - set(given))
        if lacking:
            raise MissingVariables(template, self.chain(wishes)[0], lacking)

    def render(
        self,
        template: str,
        wishes: Iterable[str | None],
        variables: Mapping[str, Any],
        person: Mapping[str, Any] | None = None,
    ) -> Rendered:
        """Render all parts for these wishes (strongest first; None and unknown ones are skipped).

        Raises MissingVariables, UnknownTemplate, TemplateError (which names template and locale), CatalogueBroken.
        """
        chain = self.chain(wishes)
        worded, provided = self._provided(template, chain, variables, person)
        part = worded.wording.text
        subject = one_line(template, worded.locale, part(SUBJECT, provided))
        in_body = {**provided, "subject": subject}
        html = part(HTML, in_body) if HTML in self._syntax(template).parts else None
        return Rendered(
            template=template,
            locale=worded.locale,
            direction=provided["direction"],
            chain=chain,
            fallbacks=worded.fallbacks,
            messages=worded.messages,
            subject=subject,
            text=tidied(TEXT, part(TEXT, in_body)),
            html=None if html is None else tidied(HTML, html),
            enclosures=worded.enclosures,
        )

    def words(
        self,
        template: str,
        wishes: Iterable[str | None],
        variables: Mapping[str, Any],
        person: Mapping[str, Any] | None = None,
    ) -> Words:
        """The same as the parts of a mail, of which those lines are encoded once that stand in many. Raises as
        `render`."""
        worded, provided = self._provided(template, self.chain(wishes), variables, person)
        return worded.wording.write(provided)

    def _provided(
        self, template: str, chain: tuple[str, ...], variables: Mapping[str, Any], person: Mapping[str, Any] | None
    ) -> tuple[_Worded, dict[str, Any]]:
        """The template for this chain, and all that it sees. Raises as `check`."""
        self.check(template, chain, variables.keys())
        worded = self._word(template, self._catalogues.along(chain))
        return worded, {
            **variables,
            "person": {**NOBODY, "locale": chain[0], **(person or {})},
            "lang": worded.locale,
            "direction": locale.direction(worded.locale),
        }

    def wording(self, template: str, wishes: Iterable[str | None], variables: Mapping[str, Any]) -> Wording:
        """The same for many people: `fill` gives each of them what `render` would. Raises as `render`, before anybody's
        mail is made, for what is wrong with the template or lacking in the variables."""
        chain = self.chain(wishes)
        self.check(template, chain, variables.keys())
        catalogues = self._catalogues.along(chain)
        worded = self._word(template, catalogues)
        direction = locale.direction(worded.locale)
        return Wording(
            template,
            worded.locale,
            {**variables, "lang": worded.locale, "direction": direction},
            self._tracing_of(catalogues, worded.locale),
            partial(_render_in_full, worded.environment, worded.locale, template),
            {**NOBODY, "locale": chain[0]},
            HTML in self._syntax(template).parts,
            worded.enclosures,
        )

    def needs(self, template: str) -> Needs:
        """Which variables a template uses, as its syntax tree shows. Raises UnknownTemplate, TemplateError."""
        return self._syntax(template).needs

    @property
    def locales(self) -> frozenset[str]:
        """All locales that have a catalogue. Raises PhrasesBroken."""
        return self._catalogues.locales

    def files(self) -> list[str]:
        """All files on the search path, those of HAML under the names that they are rendered by."""
        return self._loader.list_templates()

    def source(self, name: str) -> str | None:
        """What one file holds; None if there is none. Raises HamlError."""
        try:
            return self._loader.get_source(self._plain, name)[0]
        except TemplateNotFound:
            return None

    def untranslated(self, template: str, tag: str) -> list[str]:
        """The messages that somebody who wishes for this locale reads in another language. Raises as `language`."""
        catalogues = self._catalogues.along(self.chain([tag]))
        here = self._word(template, catalogues).locale
        own = [catalogue for catalogue in catalogues if catalogue.locale == here]
        rails = {key for key in self._syntax(template).messages if key[0] == CONTEXT}
        known = {key for catalogue in own for key in catalogue.messages}
        needed = rails if here == self._source else set(self._syntax(template).messages)
        return sorted(key[1] for key in needed - known)

    def mentions(self, template: str) -> frozenset[str]:
        """Every name in the template, of variables and of what is looked up in them."""
        return self._syntax(template).mentions

    def pictures(self, template: str) -> frozenset[str]:
        """The files in `inline` that the HTML names, whatever it depends on. Raises UnknownTemplate, TemplateError."""
        return self._syntax(template).pictures

    def attributes(self, template: str) -> frozenset[str]:
        """The attributes of a person (`person.attributes.city`) that the template puts out without asking for them.
        Raises UnknownTemplate, TemplateError."""
        return self._syntax(template).attributes

    def language(self, template: str, wishes: Iterable[str | None]) -> Language:
        """What somebody with these wishes would read. Raises UnknownTemplate, TemplateError, CatalogueBroken."""
        chain = self.chain(wishes)
        worded = self._word(template, self._catalogues.along(chain))
        return Language(worded.locale, chain, worded.fallbacks, worded.messages)

    def _read_syntax(self, template: str) -> _Syntax:
        try:
            present = [part for part in (SUBJECT, TEXT, HTML) if self._exists(f"{template}/{part}")]
            found = trees(self._plain, [f"{template}/{part}" for part in present])
            html = trees(self._plain, [f"{template}/{HTML}"] if HTML in present else [])
        except (TemplateSyntaxError, TemplateNotFound) as error:
            raise TemplateError(template, self._source, f"{error.name}: {error.message}") from error
        lacking = {SUBJECT, TEXT}.difference(present)
        if lacking:
            where = ", ".join(self._loader.searchpath)
            raise UnknownTemplate(template, self._source, f"no {' and no '.join(sorted(lacking))} under {where}")
        return _Syntax(
            frozenset(present),
            needs_of(found),
            messages_of(found),
            attributes_of(found),
            mentions_of(found),
            pictures_of(html),
        )

    def _exists(self, name: str) -> bool:
        try:
            self._loader.get_source(self._plain, name)
        except TemplateNotFound:
            return False
        return True

    def _translated_environment(self, catalogues: tuple[Source, ...], tag: str) -> ImmutableSandboxedEnvironment:
        return environment(self._loader, Translations(catalogues), tag)

    def _tracing_environment(self, catalogues: tuple[Source, ...], tag: str) -> TracingEnvironment:
        return traced(tracing(self._environment_of(catalogues, tag), Translations(catalogues)))

    def _choose_language(self, template: str, catalogues: tuple[Source, ...]) -> _Worded:
        """The language of a mail is the first of the chain that translates anything the template says."""
        syntax = self._syntax(template)
        messages = syntax.messages
        found = [next((c.locale for c in catalogues if key in c.messages), self._source) for key in messages]
        tag = next((c.locale for c in catalogues if c.locale in found), self._source)
        fallbacks = sum(1 for where in found if where != tag)
        environment = self._environment_of(catalogues, tag)
        render = partial(_render_in_full, environment, tag, template)
        traced, with_html = self._tracing_of(catalogues, tag), HTML in syntax.parts
        enclosed = self._enclosures(template, tag)
        wording = Wording(template, tag, {}, traced, render, NOBODY, with_html, enclosed)
        return _Worded(environment, wording, tag, fallbacks, len(messages), enclosed)

    def _enclosures(self, template: str, tag: str) -> Enclosures:
        inline, attachments = (self._loader.files(f"{template}/{kind}") for kind in (INLINE, ATTACHMENTS))
        found = enclosures(template, self.chain([tag]), inline, attachments, self._domain)
        lacking = sorted(self._syntax(template).pictures.difference(names(found.inline)))
        if lacking:
            files = " and no ".join(f"{INLINE}/{name}" for name in lacking)
            raise TemplateError(template, tag, f"{HTML} shows pictures by cid:, and there is no {files}")
        return found


def _render_in_full(
    environment: ImmutableSandboxedEnvironment, tag: str, template: str, part: str, variables: Mapping[str, Any]
) -> str:
    try:
        text = environment.get_template(f"{template}/{part}").render(variables)
        return css.inlined(text) if part == HTML else text
    except VariableUndefined as error:
        raise MissingVariables(template, tag, [error.name]) from error
    except Exception as error:
        # Data of any shape meets filters and operators here; whatever they raise is the template's failure.
        raise TemplateError(template, tag, f"{part}: {type(error).__name__}: {error}") from error
