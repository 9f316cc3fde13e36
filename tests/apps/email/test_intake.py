import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from apps.email.cloudevents import BATCH, STRUCTURED, Event
from apps.email.config import Email
from apps.email.intake import accept, messages_of
from apps.email.jobs import key_of
from apps.email.queues import DECIDING_FIRST, EVENTS, LANE
from apps.email.templates import open_templates
from tests.actors.web.serving import Served
from tests.apps.email.receiving import queued, receiving, waiting

EVENT: dict[str, Any] = {
    "specversion": "1.0",
    "id": "e1",
    "source": "/shop",
    "type": "password_reset",
    "data": {"to": "ada@example.org", "locale": "ja", "link": "https://example.org/r/1"},
}


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Served]:
    with receiving(tmp_path, "actors.broker") as found:
        yield found


def post(web: Served, content: bytes, content_type: str = STRUCTURED, **headers: str) -> httpx.Response:
    return web.client.post(
        "/events", content=content, headers={"Content-Type": content_type, **web.operator, **headers}
    )


def body(**changes: Any) -> bytes:
    return json.dumps(EVENT | changes).encode()


def problem(response: httpx.Response) -> tuple[int, str | None]:
    assert response.headers["Content-Type"] == "application/problem+json"
    document = response.json()
    assert document["status"] == response.status_code and document["title"] and document["detail"]
    return response.status_code, document.get("field")


def test_an_accepted_event_is_durable_and_its_mails_are_named(web: Served) -> None:
    response = post(web, body())
    key = key_of("/shop", "e1", "password_reset", "ada@example.org")
    assert response.status_code == 202
    assert response.json() == {"accepted": [{"source": "/shop", "id": "e1", "mails": [key]}]}
    (found,) = waiting(web.home)
    assert (found.message.routing_key, found.message.message_id, found.message.content_type) == (
        "password_reset",
        "e1",
        STRUCTURED,
    )
    assert queued(web.home)[0].data == EVENT["data"]


def test_the_binary_form_is_taken_too(web: Served) -> None:
    headers = {"ce-specversion": "1.0", "ce-id": "e2", "ce-source": "/shop", "ce-type": "password_reset"}
    assert post(web, json.dumps(EVENT["data"]).encode(), "application/json", **headers).status_code == 202
    assert [event.id for event in queued(web.home)] == ["e2"]


def test_a_batch_is_accepted_whole_or_not_at_all(web: Served) -> None:
    batch = [EVENT | {"id": f"e{number}"} for number in range(5)]
    assert len(post(web, json.dumps(batch).encode(), BATCH).json()["accepted"]) == 5
    spoilt = [*batch, EVENT | {"type": "unheard_of"}]
    assert problem(post(web, json.dumps(spoilt).encode(), BATCH)) == (400, "type")
    assert len(queued(web.home)) == 5


@pytest.mark.parametrize(
    ("content", "status", "field"),
    [
        (b"{", 400, "(body)"),
        (b"", 400, "(body)"),
        (body(id=""), 400, "id"),
        (body(type="unheard_of"), 400, "type"),
        (body(data={"link": "x"}), 400, "data.to"),
        (body(data={"to": "ada@example.org\r\nBcc: eve@example.org", "link": "x"}), 400, "data.to"),
        (body(data={"to": "no address", "link": "x"}), 400, "data.to"),
        (body(data={"to": "ada@example.org", "locale": "xx", "link": "x"}), 400, "data.locale"),
        (body(data={"to": "ada@example.org"}), 422, "data.link"),
        (body(data=EVENT["data"] | {"padding": "x" * 300_000}), 413, "(body)"),
    ],
)
def test_what_is_not_accepted_is_a_problem_that_names_the_field(
    web: Served, content: bytes, status: int, field: str
) -> None:
    assert problem(post(web, content)) == (status, field)
    assert waiting(web.home) == []


def test_another_content_type_is_415(web: Served) -> None:
    assert problem(post(web, body(), "text/plain")) == (415, "Content-Type")


def test_without_the_token_nothing_is_accepted(web: Served) -> None:
    response = web.client.post("/events", content=body(), headers={"Content-Type": STRUCTURED})
    assert problem(response) == (401, None)
    assert waiting(web.home) == []


def test_the_missing_variable_is_named_with_template_and_locale(web: Served) -> None:
    detail = post(web, body(data={"to": "ada@example.org", "locale": "pt_BR"})).json()["detail"]
    assert all(word in detail for word in ("password_reset", "pt-BR", "link"))


def test_without_a_broker_the_sender_is_asked_to_come_back(tmp_path: Path) -> None:
    with receiving(tmp_path) as web:
        response = post(web, body())
    assert problem(response)[0] == 503
    assert int(response.headers["Retry-After"]) >= 1


def addresses(type: str) -> list[tuple[str, str, bool]]:
    """(exchange, routing key, marked) of what is published of an event, with a rule for it that no binding knows."""
    base = Email.model_validate({})
    more = base.model_copy(update={"rules": {**base.rules, "login_code": base.rules["password_reset"]}})
    event = Event("e1", "/shop", type, {"to": "ada@example.org", "link": "x", "petition": "Birds", "signatures": 3})
    (accepted,) = accept([event], more, open_templates(more), base)
    return [(one.exchange, one.routing_key, LANE in one.headers) for one in messages_of(accepted)]


def test_what_is_decided_first_is_marked_as_lying_there() -> None:
    assert addresses("password_reset") == [(EVENTS, "password_reset", True)]
    assert addresses("petition_update") == [(EVENTS, "petition_update", False)]


def test_what_no_binding_brings_there_is_brought() -> None:
    assert addresses("login_code") == [(EVENTS, "login_code", True), ("", DECIDING_FIRST, True)]
