"""A plain JSON way for any other carrier, or a gateway in front of it, signed by Standard Webhooks. Pure but for time.

Out: `{"id", "from", "to", "text", "segments", "receipt", "valid_seconds"}`, answered by `{"id"}`, or by `{"code",
"reason", "opted_out"}`. In: `{"id", "from", "to", "text", "at"}`, and `{"id", "state", "code", "opted_out", "at"}` with
the states of the port. All of them carry `webhook-id`, `webhook-timestamp` and `webhook-signature`; a request's
`webhook-id` is the same each time a piece is handed over, so a gateway can tell that it knows it.
"""

import json
import time
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, StringConstraints, ValidationError

from actors.carrier.errors import WrongNumber, WrongWebhook
from actors.carrier.http.dialect import Request, Response, Webhook, verdict_of
from actors.carrier.http.signature import standard_signature, verify_standard
from actors.carrier.party import party
from actors.carrier.port import Accepted, Inbound, InDoubt, Party, Piece, Receipt, ReceiptState, Verdict

JSON = "application/json"
Id = Annotated[str, StringConstraints(min_length=1, max_length=128)]
Body = TypeVar("Body", bound=BaseModel)


class InboundBody(BaseModel):
    """A text from a member."""

    model_config = ConfigDict(extra="ignore")
    id: Id
    source: str
    destination: str
    text: str
    at: AwareDatetime | None = None


class ReceiptBody(BaseModel):
    """What became of a text."""

    model_config = ConfigDict(extra="ignore")
    id: Id
    state: ReceiptState
    code: Annotated[str, StringConstraints(max_length=32)] = ""
    opted_out: bool = False
    at: AwareDatetime | None = None


class Standard:
    """One account."""

    thanks = (JSON, b"{}")

    def __init__(self, carrier: str, url: str, secret: str, now: Callable[[], float] = time.time) -> None:
        self._carrier = carrier
        self._url = url
        self._secret = secret
        self._now = now

    def request(self, piece: Piece) -> Request:
        id = f"{piece.key}/{piece.number}"
        said = {"id": id, "from": piece.source.value, "to": piece.destination.value, "text": piece.text}
        more = {"segments": piece.units, "receipt": piece.receipt, "valid_seconds": piece.valid_seconds}
        content = json.dumps(said | more).encode()
        return Request(self._url, self.signed(id, content), content)

    def signed(self, id: str, content: bytes) -> dict[str, str]:
        """The headers of a body of ours."""
        timestamp = int(self._now())
        signature = standard_signature(self._secret, id, timestamp, content)
        proof = {"webhook-id": id, "webhook-timestamp": str(timestamp), "webhook-signature": signature}
        return {"Content-Type": JSON, **proof}

    def verdict(self, response: Response) -> Verdict:
        try:
            said: Any = json.loads(response.content)
        except ValueError:
            said = None
        said = said if isinstance(said, dict) else {}
        if 200 <= response.status < 300:
            id = said.get("id")
            return Accepted(id) if isinstance(id, str) and id else InDoubt("the carrier's answer names no id")
        code, reason = str(said.get("code", response.status)), str(said.get("reason", ""))
        return verdict_of(response, code, reason, opted_out=said.get("opted_out") is True)

    def question(self, carrier_id: str) -> None:
        """This way has no questions."""
        return None

    def told(self, carrier_id: str, response: Response) -> None:
        return None

    def inbound(self, hook: Webhook) -> Inbound:
        said = _read(InboundBody, self._proved(hook), {"from": "source", "to": "destination"})
        source, destination = _party(said.source, "from"), _party(said.destination, "to")
        return Inbound(self._carrier, said.id, source, destination, said.text, said.at)

    def receipt(self, hook: Webhook) -> Receipt:
        said = _read(ReceiptBody, self._proved(hook), {})
        return Receipt(self._carrier, said.id, said.state, said.code, said.at, said.opted_out)

    def _proved(self, hook: Webhook) -> bytes:
        """The body, once it is known who signed it."""
        id, at, signatures = (hook.headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature"))
        verify_standard(self._secret, id, at, signatures, hook.content, self._now())
        return hook.content


def _read(model: type[Body], content: bytes, names: dict[str, str]) -> Body:
    try:
        said = json.loads(content)
        if not isinstance(said, dict):
            raise WrongWebhook("the body is no JSON object", field="(body)")
        return model.model_validate({names.get(name, name): value for name, value in said.items()})
    except ValidationError as error:
        first = error.errors()[0]
        inner = str(first["loc"][0])
        name = {ours: theirs for theirs, ours in names.items()}.get(inner, inner)
        raise WrongWebhook(f"{name}: {first['msg']}", field=name) from error
    except ValueError as error:
        raise WrongWebhook("the body is no JSON", field="(body)") from error


def _party(value: str, name: str) -> Party:
    try:
        return party(value)
    except WrongNumber as error:
        raise WrongWebhook(str(error), field=name) from error
