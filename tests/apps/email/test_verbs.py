from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from actors.database import Database, Unavailable
from actors.smtp.mta.store import Incoming, Store, store_path
from apps.email import ledger
from apps.email.errors import InvalidEvent, MissingVariables
from apps.email.jobs import Job
from apps.email.ledger import Claim, Result
from apps.email.states import State
from apps.email.trace import Trace
from apps.email.verbs import VERBS, UnknownMail
from supervision.verbs import Site, Verbs, WrongParams
from tests.actors.web.serving import Served
from tests.apps.email.receiving import queued, receiving, site

LINK = {"link": "https://example.org/r/1"}


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Served]:
    with receiving(tmp_path, "actors.database", "actors.broker") as found:
        yield found


@pytest.fixture
def at(web: Served) -> Site:
    return site(web, "actors.database", "actors.broker")


def ask(at: Site, verb: str, **params: Any) -> Any:
    return Verbs(VERBS).find(verb)(at, params)


def claim(at: Site, key: str, results: list[Result] | None = None, **more: Any) -> None:
    fields: dict[str, Any] = {
        "event_type": "password_reset",
        "event_source": "/shop",
        "event_id": "e1",
        "template": "password_reset",
        "mail_class": "transactional",
        "person": "ada@example.org",
        "address": "ada@example.org",
    }
    trace = Trace().note("rule", event="password_reset").note("locale", chosen="ja")
    with Database(at.system).begin() as conn:
        ledger.claim(conn, [Claim(Job(key=key, **fields), f"<{key}@example.org>", "ja", trace)], "me", 1.0)
        ledger.settle(conn, results or [], "me", 2.0)


def arrived(home: Path, *message_ids: str) -> None:
    mail = EmailMessage()
    mail["Subject"] = "新しいパスワード"
    mail.set_content("x")
    store = Store(store_path(home))
    for message_id in message_ids:
        del mail["Message-ID"]
        mail["Message-ID"] = message_id
        store.add([Incoming(3.5, "no-reply@example.org", ("ada@example.org",), mail.as_bytes())])
    store.close()


def test_an_event_from_the_command_line_is_an_event_like_any_other(web: Served, at: Site) -> None:
    sent = ask(at, "event.send", type="password_reset", to="ada@example.org", locale="ja", data=LINK, id="cli-1")
    (found,) = (event for event in queued(web.home) if event.id == "cli-1")
    assert found.data == {**LINK, "to": "ada@example.org", "locale": "ja"}
    assert (sent["source"], sent["id"], len(sent["mails"])) == (found.source, "cli-1", 1)


def test_an_event_without_an_id_is_a_new_event_each_time(at: Site) -> None:
    one, other = (ask(at, "event.send", type="password_reset", to="ada@example.org", data=LINK) for _ in range(2))
    assert one["mails"] != other["mails"]


@pytest.mark.parametrize(
    ("params", "error", "field"),
    [
        ({"type": "unheard_of"}, InvalidEvent, "type"),
        ({"type": "password_reset", "data": LINK}, InvalidEvent, "data.to"),
        ({"type": "password_reset", "to": "x", "data": LINK}, InvalidEvent, "data.to"),
        ({"type": "password_reset", "to": "ada@example.org", "locale": "xx"}, InvalidEvent, "data.locale"),
        ({"type": "password_reset", "to": "ada@example.org"}, MissingVariables, "data.link"),
        ({"type": "password_reset", "source": "a b"}, InvalidEvent, "source"),
        ({"type": "password_reset", "to": "ada@example.org", "data": {"link": float("nan")}}, InvalidEvent, "(body)"),
        ({"type": "password_reset", "to": "ada@example.org", "data": {"link": "\ud800"}}, InvalidEvent, "(body)"),
        ({"data": LINK}, WrongParams, "type"),
    ],
)
def test_what_is_wrong_with_an_event_is_said_with_its_field(
    at: Site, params: dict[str, Any], error: type[Exception], field: str
) -> None:
    with pytest.raises(error) as refused:
        ask(at, "event.send", **params)
    assert getattr(refused.value, "field", None) == field


def test_a_mail_is_shown_with_its_trace(at: Site) -> None:
    claim(at, "abcd12", [Result("abcd12", State.HANDED, code=250, trace=Trace().note("reply", code=250))])
    found = ask(at, "email.show", key="abcd12")
    assert found == ask(at, "email.show", key="<abcd12@example.org>") == ask(at, "email.show", key="abcd")
    assert (found["state"], found["created_at"], found["code"]) == ("handed", "1970-01-01T00:00:01+00:00", 250)
    assert found["trace"] == [{"step": "reply", "code": 250}]


def test_an_unknown_mail_is_404(at: Site) -> None:
    with pytest.raises(UnknownMail) as unknown:
        ask(at, "email.show", key="nobody")
    assert (unknown.value.status, unknown.value.field) == (404, "key")


def test_mails_once_in_doubt_are_listed_and_counted_in_the_books(at: Site) -> None:
    claim(at, "doubted", [Result("doubted", State.IN_DOUBT, "connection lost")])
    assert "doubted" in [entry["key"] for entry in ask(at, "email.doubts")]
    assert ask(at, "email.doubts", limit=1)[0]["doubts"] == 1
    lines = ask(at, "email.books")
    assert [line for line in lines if line["state"] == "in_doubt"] == [
        {"mail_class": "transactional", "state": "in_doubt", "mails": 1, "doubted": 1}
    ]


def test_the_outbox_shows_what_was_really_taken(web: Served, at: Site) -> None:
    assert ask(at, "email.outbox") == []
    claim(at, "taken")
    arrived(web.home, "<taken@example.org>", "<stranger>", "<taken@example.org>")
    newest, stranger, _ = ask(at, "email.outbox")
    assert (newest["key"], newest["to"], newest["subject"]) == ("taken", "ada@example.org", "新しいパスワード")
    assert (newest["locale"], newest["copies"]) == ("ja", 2)
    assert newest["received_at"] == "1970-01-01T00:00:03.500+00:00"
    assert (stranger["key"], stranger["locale"], stranger["copies"]) == ("", None, 1)
    assert len(ask(at, "email.outbox", limit=2)) == 2


def test_without_a_database_the_outbox_is_there_but_for_the_languages(tmp_path: Path) -> None:
    arrived(tmp_path, "<k1@example.org>")
    with receiving(tmp_path) as web:
        (found,) = ask(site(web), "email.outbox")
        assert (found["key"], found["locale"]) == ("k1", None)
        with pytest.raises(Unavailable):
            ask(site(web), "email.show", key="abcd")


def test_the_verbs_stand_on_the_http_api_too(web: Served, at: Site) -> None:
    claim(at, "over-http")
    found = web.client.get("/api/email/show", params={"key": "over-http"}, headers=web.operator)
    assert found.json()["key"] == "over-http"
    sent = web.client.post(
        "/api/event/send", json={"type": "password_reset", "to": "ada@example.org"}, headers=web.operator
    )
    assert (sent.status_code, sent.json()["field"]) == (422, "data.link")
