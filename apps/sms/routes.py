"""The webhooks of carriers over HTTP: `POST /public/sms/carriers/{carrier}/inbound` and `.../status`.

Proved on the octets as they came, made durable in the broker, then answered, in this order; nobody looks into the text
meanwhile. 403: not from the carrier. 422: from the carrier, and not to be understood. 503: not stored, come again.
Runs on the web server's event loop, in plain Starlette routes: half of what a request costs otherwise is FastAPI's.
"""

import math
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from weakref import WeakKeyDictionary

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from actors.broker import Broker, Message, Unavailable
from actors.carrier.errors import BodyTooLarge
from actors.carrier.http.config import PREFIX, HttpCarrier
from actors.carrier.http.dialect import Dialect, Webhook
from actors.carrier.port import Inbound, Receipt
from actors.web.problem import of_error
from actors.web.work import Work
from apps.sms.arrivals import message_of
from apps.sms.gathering import LISTS, Gathering
from supervision import System
from supervision.errors import RookeryError
from supervision.verbs import Site

MAX_BODY_BYTES = 65_536
TIMEOUT_SECONDS = 10.0
#: For whoever comes again, when nobody knows how long it takes.
RETRY_SECONDS = 5
_COUNTS: WeakKeyDictionary[System, Counter[tuple[str, str]]] = WeakKeyDictionary()
Reader = Callable[[Dialect, Webhook], Inbound | Receipt | None]
READERS: Mapping[str, Reader] = {
    "inbound": lambda dialect, hook: dialect.inbound(hook),
    "status": lambda dialect, hook: dialect.receipt(hook),
}


def counts(system: System) -> Counter[tuple[str, str]]:
    """Webhooks of this root since it started, by carrier and what became of them. Any thread."""
    return _COUNTS.setdefault(system, Counter())


def routes(site: Site) -> APIRouter:
    """Nothing for carriers that are not spoken with over HTTP."""
    config = site.settings.section("sms")
    carriers = {carrier.name: carrier.http for carrier in config.carriers if carrier.http is not None}
    broker = Broker(site.system)
    gathering = Gathering(broker.publish, Work(LISTS, TIMEOUT_SECONDS))
    router = APIRouter()
    for name, carrier in carriers.items():
        webhooks = Webhooks(name, carrier, gathering.add, config.inbound_buckets, site.system)
        for kind in READERS:
            router.add_route(f"{PREFIX}/{name}/{kind}", webhooks.endpoint(kind), methods=["POST"])
    return router


class Webhooks:
    """Those of one carrier."""

    def __init__(
        self,
        carrier: str,
        config: HttpCarrier,
        store: Callable[[Message], Awaitable[None]],
        buckets: int,
        system: System,
    ) -> None:
        self._carrier = carrier
        self._base = config.callback_url
        self._dialect = config.speak(carrier)
        self._store = store
        self._buckets = buckets
        self._clock = system.clock
        self._counts = counts(system)

    def endpoint(self, kind: str) -> Callable[[Request], Awaitable[Response]]:
        """For webhooks of one kind."""
        read = READERS[kind]
        media_type, body = self._dialect.thanks
        headers = {"Content-Type": media_type}

        async def receive(request: Request) -> Response:
            try:
                outcome = await self._take(request, read)
            except RookeryError as error:
                return self._refusal(error)
            self._counts[self._carrier, outcome] += 1
            return Response(body, headers=headers)

        return receive

    async def _take(self, request: Request, read: Reader) -> str:
        """What came: text, receipt, or no news. Raises CarrierError, Unavailable, and what `Gathering.add` does."""
        hook = Webhook(self._url(request), request.headers, await _body(request))
        item = read(self._dialect, hook)
        if item is None:
            return "no news"
        await self._store(message_of(item, self._clock.time(), self._buckets))
        return "receipt" if isinstance(item, Receipt) else "text"

    def _url(self, request: Request) -> str:
        """As the carrier knows it: what a proxy in front of us changed does not count."""
        query = request.scope["query_string"].decode("latin-1")
        return f"{self._base}{request.scope['path']}{'?' if query else ''}{query}"

    def _refusal(self, error: RookeryError) -> Response:
        self._counts[self._carrier, type(error).__name__] += 1
        response = of_error(error)
        if response.status_code >= 500:
            response.status_code = 503
            response.headers["Retry-After"] = str(self._seconds(error))
        return response

    def _seconds(self, error: RookeryError) -> int:
        if isinstance(error, Unavailable) and error.retry_at is not None:
            return max(1, math.ceil(error.retry_at - self._clock.monotonic()))
        return RETRY_SECONDS


async def _body(request: Request) -> bytes:
    """Raises BodyTooLarge as soon as that is known."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise BodyTooLarge(f"a webhook of more than {MAX_BODY_BYTES} bytes", field="(body)")
    return body
