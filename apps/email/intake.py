"""Where events come in: `POST /events` (CloudEvents 1.0) and `rookery event send`.

An event is examined before it is accepted: a rule for its type, people with valid addresses and known locales, every
variable its template needs. Accepted (202) means durable in the broker's queue; anything else was not taken at all.
The HTTP part runs on the web server's event loop, the publishing in short-lived threads; the rest is pure.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from actors.broker import Broker, Message, Unavailable
from actors.database import Database
from actors.web.guard import OPERATOR
from actors.web.problem import of_error
from actors.web.work import Work
from apps.email.cloudevents import STRUCTURED, Event, from_http
from apps.email.config import Email
from apps.email.errors import EventTooLarge
from apps.email.queues import DECIDING_FIRST, EVENTS, LANE, transactional_types
from apps.email.rulebook.book import Book
from apps.email.rules import Refused, decide
from apps.email.templates import Templates, open_templates
from supervision.clock import Clock
from supervision.verbs import Site

MAX_WAITING = 64
TIMEOUT_SECONDS = 10.0
RETRY_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Accepted:
    """An event that will be carried out, and the keys of the mails it sets off.

    `first`: it is decided before bulk; `bound`: what is published of its type reaches that queue by itself.
    """

    event: Event
    keys: tuple[str, ...]
    first: bool = False
    bound: bool = False

    def to_dict(self) -> dict[str, Any]:
        return {"source": self.event.source, "id": self.event.id, "mails": list(self.keys)}


def accept(events: Sequence[Event], config: Email, templates: Templates, base: Email | None = None) -> list[Accepted]:
    """All of them or none. Raises InvalidEvent, MissingVariables and the like; each names the field.

    `base` is the configuration by whose rules the queues were bound, where `config` has further ones.
    """
    first, bound = transactional_types(config), transactional_types(base or config)
    return [_accept(event, config, templates, first, bound) for event in events]


def _accept(event: Event, config: Email, templates: Templates, first: Sequence[str], bound: Sequence[str]) -> Accepted:
    decision = decide(event, config, templates)
    if isinstance(decision, Refused):
        raise decision.error
    keys = tuple(job.key for job in decision.jobs)
    bound_so = event.type in bound
    return Accepted(event, keys, bound_so or event.type in first, bound_so)


def messages_of(one: Accepted) -> list[Message]:
    """For everybody, and where no binding does it also for those who decide it first."""
    told = message_of(one.event, one.first)
    return [told] if one.bound or not one.first else [told, replace(told, exchange="", routing_key=DECIDING_FIRST)]


def message_of(event: Event, first: bool = False) -> Message:
    """The event as it travels to whoever is interested in its type; `first` if it lies in that queue too."""
    return Message(
        body=event.to_json(),
        routing_key=event.type,
        exchange=EVENTS,
        headers={LANE: "transactional"} if first else {},
        content_type=STRUCTURED,
        message_id=event.id,
    )


def publish(broker: Broker, accepted: Sequence[Accepted]) -> None:
    """Returns when all are durable. Raises Unavailable, Unroutable."""
    broker.publish([message for one in accepted for message in messages_of(one)])


def routes(site: Site) -> APIRouter:
    """`POST /events`, for whoever has the token."""
    config: Email = site.settings.section("email")
    templates = open_templates(config)
    broker = Broker(site.system)
    book = Book(config, Database(site.system))
    work = Work(MAX_WAITING, TIMEOUT_SECONDS)
    router = APIRouter(dependencies=[OPERATOR], tags=["email"])

    @router.post("/events", status_code=202, response_model=None)
    async def events(request: Request) -> Any:
        """Accept one CloudEvent (structured or binary) or a batch of them."""
        body = await _read(request, config.max_body_bytes)
        found = from_http(request.headers.get("content-type", ""), request.headers, body)

        def take() -> list[Accepted]:
            accepted = accept(found, book.last_known(), templates, config)
            publish(broker, accepted)
            return accepted

        try:
            accepted = await work.run(take, name="events")
        except Unavailable as error:
            return _try_later(error, site.system.clock)
        return {"accepted": [one.to_dict() for one in accepted]}

    return router


async def _read(request: Request, most: int) -> bytes:
    """The body, refused as soon as it is known to be too long. Raises EventTooLarge."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise EventTooLarge(f"the body is over {most} bytes (email.max_body_bytes)", field="(body)")
    return bytes(body)


def _try_later(error: Unavailable, clock: Clock) -> JSONResponse:
    seconds = RETRY_SECONDS if error.retry_at is None else error.retry_at - clock.monotonic()
    response = of_error(error)
    response.headers["Retry-After"] = str(max(1, math.ceil(seconds)))
    return response
