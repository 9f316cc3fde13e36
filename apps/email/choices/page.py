"""The HTML of the pages behind a mail's links. Values to text; any thread. Nothing in a link is trusted to be HTML."""

import html
from dataclasses import dataclass

from actors.web.style import plain_page
from apps.email import locale
from apps.email.choices.wishes import BULK, Wishes
from apps.email.translations import Translations

CSS = """
.card { max-width: 460px; } .card ul { list-style: none; margin: 0; padding: 0; display: grid; gap: 8px; }
.card input[type=checkbox] { width: auto; margin-inline-end: 8px; } h1 { margin: 0; }
"""


@dataclass(frozen=True, slots=True)
class Words:
    """The language of one page."""

    tag: str
    translations: Translations

    def say(self, text: str, **values: str) -> str:
        """Translated, filled in, and escaped."""
        return html.escape(self.translations.gettext(text) % values)

    def topic(self, name: str) -> str:
        """As a catalogue calls it, else as the rules do."""
        if name == BULK:
            return self.say("All newsletters")
        said = self.translations.gettext(name)
        return html.escape(said if said != name else name.replace("_", " "))

    def page(self, title: str, body: str, status: int = 200) -> "Answer":
        body = f'<style>{CSS}</style><main class="card"><h1>{title}</h1>{body}</main>'
        return Answer(plain_page(html.unescape(title), body, self.tag, locale.direction(self.tag)), status)


@dataclass(frozen=True, slots=True)
class Answer:
    markup: str
    status: int


def ask_to_leave(words: Words, topic: str, token: str) -> Answer:
    """GET: a question and a button; looking at it changes nothing, since scanners of mail look too."""
    question = words.say("Do you want no more mails about this?")
    return words.page(
        words.say("Unsubscribe"),
        f"<p>{question}</p><p><strong>{words.topic(topic or BULK)}</strong></p>"
        f'<form method="post" action="/public/unsubscribe/{token}"><button>{words.say("Unsubscribe")}</button></form>'
        f"{_to_choices(words, token)}{_hint(words)}",
    )


def left(words: Words, topic: str, token: str) -> Answer:
    """POST: it is done."""
    return words.page(
        words.say("You are unsubscribed."),
        f"<p><strong>{words.topic(topic or BULK)}</strong></p>{_to_choices(words, token)}{_hint(words)}",
    )


def choices(words: Words, wishes: Wishes, token: str, *, saved: bool) -> Answer:
    """A box for each topic; `saved` right after they were."""
    note = f'<p role="status"><strong>{words.say("Your choices are saved.")}</strong></p>' if saved else ""
    boxes = "".join(_box(words, topic, wanted) for topic, wanted in wishes.wanted.items())
    return words.page(
        words.say("Choose the mails you want"),
        f'{note}<form method="post" action="/public/preferences/{token}"><ul>{boxes}</ul>'
        f"<p><button>{words.say('Save')}</button></p></form>{_hint(words)}",
    )


def invalid(words: Words) -> Answer:
    """The link is not one of ours."""
    return words.page(words.say("This link is not valid."), "", 404)


def _box(words: Words, topic: str, wanted: bool) -> str:
    value = html.escape(topic)
    checked = " checked" if wanted else ""
    return f'<li><label><input type="checkbox" name="wanted" value="{value}"{checked}>{words.topic(topic)}</label></li>'


def _to_choices(words: Words, token: str) -> str:
    return f'<p><a href="/public/preferences/{token}">{words.say("Choose the mails you want")}</a></p>'


def _hint(words: Words) -> str:
    hint = words.say("Mails that you ask for yourself, such as one for a new password, still come.")
    return f'<p class="hint">{hint}</p>'
