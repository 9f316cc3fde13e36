"""The console's page of templates: choose one, a language and what the event says; see what a reader would get.

Runs on the web server's event loop; templates are read, as they are at that moment, in bounded threads. What they
become is shown as the outbox shows mails: nothing in it can act.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from nicegui import ui

from actors.web.work import Work
from apps.email import mail_page, reading
from apps.email.config import Email
from apps.email.proof import preview as proof
from apps.email.proof.lint import Finding, folders, lint_one
from apps.email.templates import open_templates
from supervision.errors import RookeryError
from supervision.verbs import Site

PATH = "/templates"
TONES = {"error": "bad", "warning": "warn"}


@dataclass(frozen=True, slots=True)
class Choice:
    """What there is to choose from."""

    templates: list[str]
    locales: list[str]


@dataclass(frozen=True, slots=True)
class Proof:
    """One template as its reader would see it, and what lint says of it. `eml` is None when it cannot be rendered."""

    data: Mapping[str, Any]
    findings: list[Finding]
    eml: bytes | None
    locale: str
    error: str = ""


def choice(config: Email) -> Choice:
    """Raises CatalogueBroken, PhrasesBroken."""
    templates = open_templates(config)
    return Choice(folders(templates), sorted({config.source_locale, *templates.locales}))


def prove(config: Email, template: str, locale: str, data: str, at: float) -> Proof:
    """`data` is JSON; with an empty text the template's own sample is taken. What is wrong is said in the answer."""
    templates = open_templates(config)
    findings = lint_one(templates, config, template)
    given: Mapping[str, Any] = {}
    try:
        sample = proof.sample(templates, template, json.loads(data) if data.strip() else None)
        given = sample.data
        rendered = proof.preview(templates, template, locale, sample)
        return Proof(given, findings, proof.eml(rendered, config, sample, at), rendered.locale)
    except (RookeryError, ValueError, TypeError) as error:
        return Proof(given, findings, None, locale, str(error))


def build(site: Site, work: Work, template: str, locale: str) -> None:
    """The page; `template` and `locale` are chosen at first, if there are such."""
    config: Email = site.settings.section("email")
    with ui.element("div").classes("rk-bar"):
        ui.label("Templates").classes("rk-title").props('role="heading" aria-level="1"')
        names = ui.select([], label="Template").props("dense outlined").classes("rk-search")
        tags = ui.select([], label="Language", with_input=True).props("dense outlined")
        save = ui.button("Save as .eml", icon="download").props("flat dense no-caps")
    said = ui.textarea("The event's data (JSON)").props("outlined dense autogrow").classes("w-full rk-mono")
    place = ui.element("article").classes("rk-mail")
    kept: dict[str, Proof] = {}

    async def show(fresh: bool = False) -> None:
        call = partial(prove, config, names.value, tags.value, "" if fresh else said.value or "", time.time())
        try:
            found = await work.run(call, name="templates")
        except RookeryError as error:
            found = Proof({}, [], None, tags.value, str(error))
        kept["proof"] = found
        if fresh:
            said.set_value(json.dumps(dict(found.data), ensure_ascii=False, indent=2))
        place.clear()
        with place:
            _draw(found)

    async def begin() -> None:
        try:
            there = await work.run(partial(choice, config), name="templates")
        except RookeryError as error:
            with place:
                ui.label(f"{error.title}: {error}").classes("rk-empty")
            return
        names.set_options(there.templates, value=template if template in there.templates else there.templates[0])
        tags.set_options(there.locales, value=locale if locale in there.locales else config.source_locale)
        await show(fresh=True)
        names.on_value_change(lambda: show(fresh=True))
        tags.on_value_change(lambda: show())
        said.on("blur", lambda: show())

    def download() -> None:
        found = kept.get("proof")
        if found is not None and found.eml is not None:
            ui.download(found.eml, f"{str(names.value).replace('/', '-')}-{found.locale}.eml")

    save.on_click(download)
    ui.timer(0, begin, once=True)


def _draw(found: Proof) -> None:
    with ui.element("section").classes("rk-card rk-letter"):
        if found.eml is None:
            ui.label(found.error).classes("rk-empty")
        else:
            mail = reading.read(found.eml)
            ui.label(mail.header("Subject")).classes("rk-title").props('dir="auto" role="heading"')
            mail_page.parts(mail)
    with ui.element("aside").classes("rk-card rk-decision"):
        ui.label("Lint").classes("rk-title")
        if not found.findings:
            ui.label("Nothing to say.").classes("rk-soft")
        for finding in found.findings:
            with ui.element("div"):
                ui.label(finding.rule.replace("-", " ")).classes(f"rk-state rk-{TONES[finding.severity]}")
                ui.label(f"{finding.where}: {finding.message}" if finding.where else finding.message).classes("rk-soft")
