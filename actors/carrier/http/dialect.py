"""What differs between carriers that speak HTTP. Values, and pure functions behind one protocol; any thread."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from actors.carrier.port import Inbound, InDoubt, Piece, Receipt, Refused, Throttled, Verdict

TOO_MANY_REQUESTS = 429
#: Nobody knows whether whoever stands behind the gateway took it.
GATEWAY_STATUSES = frozenset({502, 504})
#: About us, not about the text: it may go when somebody has put our account right.
OUR_FAULT_STATUSES = frozenset({401, 403, 404, 408, 409, 425})


@dataclass(frozen=True, slots=True)
class Request:
    """Its headers may hold credentials: never shown."""

    url: str
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)
    method: str = "POST"


@dataclass(frozen=True, slots=True)
class Response:
    """`headers` by lower-case names."""

    status: int
    headers: Mapping[str, str]
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Webhook:
    """What came in, as it came. `url` is ours as the carrier knows it, `headers` are by lower-case names."""

    url: str
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)


class Dialect(Protocol):
    """How one kind of carrier speaks."""

    #: What a webhook is answered with: media type and body.
    thanks: tuple[str, bytes]

    def request(self, piece: Piece) -> Request:
        """What hands this piece over."""

    def verdict(self, response: Response) -> Verdict:
        """What the answer means."""

    def question(self, carrier_id: str) -> Request | None:
        """What asks for the end of this piece; None when this kind of carrier cannot be asked."""

    def told(self, carrier_id: str, response: Response) -> Receipt | None:
        """What the answer to that means; None when it says nothing about the piece."""

    def inbound(self, hook: Webhook) -> Inbound:
        """A text. Raises WrongSignature before anything is read, WrongWebhook."""

    def receipt(self, hook: Webhook) -> Receipt | None:
        """A receipt; None when it says nothing that the answer to the request did not. Raises as `inbound` does."""


def verdict_of(
    response: Response, code: str, reason: str, *, opted_out: bool = False, throttled: bool = False
) -> Verdict:
    """What anything but success means, by HTTP's own rules; `code` and `reason` are the carrier's words."""
    said = reason[:200] or f"the carrier answered with status {response.status}"
    if response.status in GATEWAY_STATUSES:
        return InDoubt(f"a gateway answered with status {response.status}")
    if throttled or response.status == TOO_MANY_REQUESTS:
        return Throttled(code, retry_after(response.headers))
    for_good = 400 <= response.status < 500 and response.status not in OUR_FAULT_STATUSES
    return Refused(code, said, permanent=opted_out or for_good, opted_out=opted_out)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds, when the header says seconds (RFC 9110, 10.2.3)."""
    value = headers.get("retry-after", "").strip()
    return float(value) if value.isdecimal() and len(value) < 7 else None
