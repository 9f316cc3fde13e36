"""Twilio's way: forms both ways, basic authentication, JSON answers with Twilio's numbers. Pure; any thread.

https://www.twilio.com/docs/messaging/api/message-resource and .../guides/webhook-request
"""

import base64
import json
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from actors.carrier.errors import WrongNumber, WrongSignature, WrongWebhook
from actors.carrier.http.dialect import Request, Response, Webhook, verdict_of
from actors.carrier.http.signature import verify_twilio
from actors.carrier.party import party
from actors.carrier.port import Accepted, Inbound, InDoubt, Party, Piece, Receipt, ReceiptState, Verdict

FORM = "application/x-www-form-urlencoded"
OPTED_OUT = "21610"
#: Too many requests; queues that are full (of the account, of the number); the number's own rate.
THROTTLING = frozenset({"20429", "30001", "21611", "14107"})
MOST_FIELDS = 200
#: Twilio takes no longer validity.
MOST_VALID_SECONDS = 36_000
_STATES = {
    "sending": ReceiptState.SENT,
    "sent": ReceiptState.SENT,
    "delivered": ReceiptState.DELIVERED,
    "read": ReceiptState.DELIVERED,
    "undelivered": ReceiptState.UNDELIVERED,
    "failed": ReceiptState.REJECTED,
    "canceled": ReceiptState.DELETED,
}
#: The answer to the request said so already.
_NO_NEWS = frozenset({"accepted", "queued", "scheduled"})

Form = dict[str, str]


class Twilio:
    """One account."""

    thanks = ("text/xml", b'<?xml version="1.0" encoding="UTF-8"?><Response/>')

    def __init__(
        self, carrier: str, url: str, account: str, token: str, *, user: str, password: str, status_url: str
    ) -> None:
        """`token` signs webhooks; `user` and `password` are the account and the token, or an API key and its secret."""
        self._carrier = carrier
        self._url = f"{url.rstrip('/')}/2010-04-01/Accounts/{quote(account)}/Messages"
        self._token = token
        self._status_url = status_url
        credentials = base64.b64encode(f"{user}:{password}".encode()).decode()
        self._headers = {"Authorization": f"Basic {credentials}", "Content-Type": FORM, "Accept": "application/json"}

    def request(self, piece: Piece) -> Request:
        fields = {"To": piece.destination.value, "From": piece.source.value, "Body": piece.text}
        if piece.receipt and self._status_url:
            fields["StatusCallback"] = self._status_url
        if piece.valid_seconds is not None:
            fields["ValidityPeriod"] = str(min(MOST_VALID_SECONDS, max(1, int(piece.valid_seconds))))
        return Request(f"{self._url}.json", self._headers, urlencode(fields).encode())

    def verdict(self, response: Response) -> Verdict:
        said = _json(response.content)
        if 200 <= response.status < 300:
            sid = said.get("sid")
            return Accepted(sid) if isinstance(sid, str) and sid else InDoubt("the carrier's answer names no sid")
        code = str(said.get("code", "") or response.status)
        reason = str(said.get("message", ""))
        return verdict_of(response, code, reason, opted_out=code == OPTED_OUT, throttled=code in THROTTLING)

    def question(self, carrier_id: str) -> Request:
        """The message resource, fetched."""
        return Request(f"{self._url}/{quote(carrier_id, safe='')}.json", self._headers, b"", "GET")

    def told(self, carrier_id: str, response: Response) -> Receipt | None:
        said = _json(response.content)
        status = said.get("status")
        if not 200 <= response.status < 300 or not isinstance(status, str):
            return None
        code = str(said.get("error_code") or "")
        state = ReceiptState.SENT if status in _NO_NEWS else _STATES.get(status, ReceiptState.UNKNOWN)
        return Receipt(self._carrier, carrier_id, state, code, opted_out=code == OPTED_OUT)

    def inbound(self, hook: Webhook) -> Inbound:
        form = self._proved(hook)
        source, destination = _party(form, "From"), _party(form, "To")
        return Inbound(self._carrier, _field(form, "MessageSid"), source, destination, form.get("Body", ""))

    def receipt(self, hook: Webhook) -> Receipt | None:
        form = self._proved(hook)
        status = _field(form, "MessageStatus").lower()
        if status in _NO_NEWS:
            return None
        code = form.get("ErrorCode", "")
        state = _STATES.get(status, ReceiptState.UNKNOWN)
        return Receipt(self._carrier, _field(form, "MessageSid"), state, code, opted_out=code == OPTED_OUT)

    def _proved(self, hook: Webhook) -> Form:
        """The fields of a form that the account signed."""
        signature = hook.headers.get("x-twilio-signature", "")
        if hook.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
            verify_twilio(self._token, signature, hook.url, body=hook.content)
            raise WrongWebhook("the body is no form", field="(body)")
        try:
            pairs = _pairs(hook.content)
        except ValueError as error:
            raise WrongSignature("the body is no form in UTF-8, so nobody can have signed it") from error
        verify_twilio(self._token, signature, hook.url, pairs)
        return dict(pairs)


def _pairs(content: bytes) -> list[tuple[str, str]]:
    """Raises ValueError."""
    return parse_qsl(content.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)


def _field(form: Form, name: str) -> str:
    value = form.get(name, "")
    if not value or len(value) > 128:
        raise WrongWebhook(f"{name} is missing, or longer than 128 characters", field=name)
    return value


def _party(form: Form, name: str) -> Party:
    try:
        return party(_field(form, name))
    except WrongNumber as error:
        raise WrongWebhook(str(error), field=name) from error


def _json(content: bytes) -> dict[str, Any]:
    try:
        said = json.loads(content)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
