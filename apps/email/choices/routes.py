"""`/public/unsubscribe/TOKEN` and `/public/preferences/TOKEN`: for whoever holds the mail, from any machine.

RFC 8058: the POST of a mail program unsubscribes at once, with no cookie, no further question, no redirect; a GET never
does. Runs on the web server's event loop; the database is asked in short-lived threads.
"""

from datetime import UTC, datetime
from functools import partial
from typing import Annotated
from urllib.parse import parse_qs

from fastapi import APIRouter, Header, Request
from fastapi.responses import HTMLResponse

from actors.database import Database
from actors.web.style import PLAIN_PAGE_HEADERS
from actors.web.work import Work
from apps.email import locale
from apps.email.choices import page
from apps.email.choices.page import Answer, Words
from apps.email.choices.wishes import BULK, choose, leave, wishes
from apps.email.config import OWN_CATALOGUES, Email
from apps.email.letterhead import links, secret
from apps.email.letterhead.links import Stands
from apps.email.translations import Catalogues, Translations
from supervision.verbs import Site

DOMAIN = "pages"
MAX_WAITING = 16
TIMEOUT_SECONDS = 10.0
Languages = Annotated[str, Header(alias="accept-language")]


class Choices:
    """What stands behind the links. Its methods run in threads of `Work`; all raise Unavailable."""

    def __init__(self, site: Site) -> None:
        self._config: Email = site.settings.section("email")
        self._signing = secret.load(self._config.letterhead, site.settings.home)
        self._database = Database(site.system)
        self._catalogues = Catalogues((*self._config.catalogue_path, (OWN_CATALOGUES, DOMAIN)))

    def look(self, token: str, languages: str) -> Answer:
        stands = links.read(token, self._signing)
        if stands is None:
            return page.invalid(self._words(languages))
        with self._database.read() as conn:
            known = wishes(conn, stands, ())
        return page.ask_to_leave(self._words(known.locale, stands.locale, languages), _topic(stands), token)

    def leave(self, token: str, languages: str) -> Answer:
        stands = links.read(token, self._signing)
        if stands is None:
            return page.invalid(self._words(languages))
        with self._database.begin() as conn:
            known = leave(conn, stands, datetime.now(UTC))
        return page.left(self._words(known.locale, stands.locale, languages), _topic(stands), token)

    def choices(self, token: str, languages: str, wanted: list[str] | None = None) -> Answer:
        """The page; with `wanted`, what the form said is written down first: a box without its tick is a no."""
        stands = links.read(token, self._signing)
        if stands is None:
            return page.invalid(self._words(languages))
        topics = [rule.topic for rule in self._config.rules.values() if rule.topic]
        with self._database.read() if wanted is None else self._database.begin() as conn:
            known = wishes(conn, stands, topics)
            if wanted is not None:
                said = {topic: topic in wanted for topic in known.wanted}
                known = choose(conn, stands, said, known, datetime.now(UTC))
        return page.choices(self._words(known.locale, stands.locale, languages), known, token, saved=wanted is not None)

    def _words(self, *preferred: str | None) -> Words:
        """The person's language, else the mail's, else the browser's, else ours."""
        spoken = [tag.partition(";")[0].strip() for text in preferred for tag in (text or "").split(",")]
        chain = locale.chain([*spoken, self._config.default_locale], "en")
        catalogues = self._catalogues.along(chain)
        spoken_here = {found.locale for found in catalogues if (None, "Unsubscribe") in found.messages}
        # English has no catalogue: it is what the pages are written in.
        tag = next(tag for tag in (*chain, "en") if tag == "en" or tag in spoken_here)
        return Words(tag, Translations(tuple(found for found in catalogues if found.locale == tag)))


def routes(site: Site) -> APIRouter:
    """Open to everybody: the token in the path says who it is about."""
    choices = Choices(site)
    work = Work(MAX_WAITING, TIMEOUT_SECONDS)
    router = APIRouter(include_in_schema=False)

    @router.api_route("/public/unsubscribe/{token}", methods=["GET", "HEAD"])
    async def ask(token: str, languages: Languages = "") -> HTMLResponse:
        return _response(await work.run(partial(choices.look, token, languages), name="unsubscribe"))

    @router.post("/public/unsubscribe/{token}")
    async def unsubscribe(token: str, languages: Languages = "") -> HTMLResponse:
        return _response(await work.run(partial(choices.leave, token, languages), name="unsubscribe"))

    @router.api_route("/public/preferences/{token}", methods=["GET", "HEAD"])
    async def show(token: str, languages: Languages = "") -> HTMLResponse:
        return _response(await work.run(partial(choices.choices, token, languages), name="preferences"))

    @router.post("/public/preferences/{token}")
    async def save(request: Request, token: str, languages: Languages = "") -> HTMLResponse:
        wanted = parse_qs((await request.body()).decode("utf-8", "replace")).get("wanted", [])
        return _response(await work.run(partial(choices.choices, token, languages, wanted), name="preferences"))

    return router


def _topic(stands: Stands) -> str:
    """What unsubscribing by this link is about."""
    return stands.topic if stands.person and stands.topic else BULK


def _response(answer: Answer) -> HTMLResponse:
    return HTMLResponse(answer.markup, answer.status, headers=PLAIN_PAGE_HEADERS)
