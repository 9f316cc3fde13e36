import json
from datetime import UTC, datetime
from typing import Any

import pytest

from actors.carrier.errors import WrongSignature, WrongWebhook
from actors.carrier.http.dialect import Response, Webhook
from actors.carrier.http.signature import verify_standard
from actors.carrier.http.standard import Standard
from actors.carrier.party import party
from actors.carrier.port import Accepted, Inbound, InDoubt, Receipt, ReceiptState, Refused, Throttled, Verdict
from tests.actors.carrier.pieces import OURS, PHONE, piece

URL = "https://gateway.example/texts"
CARRIER = Standard("gw", URL, "whsec_c2VjcmV0", now=lambda: 1_000_000.0)
TEXT = {"id": "m1", "from": PHONE, "to": OURS, "text": "hi 😀", "at": "2026-11-22T10:00:00Z"}


def hook(said: Any) -> Webhook:
    content = json.dumps(said).encode()
    return Webhook(URL, lowered(CARRIER.signed("m1", content)), content)


def lowered(headers: dict[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def test_a_text_goes_out_signed_under_a_name_that_stays_the_same() -> None:
    request = CARRIER.request(piece("hi", key="t7"))
    said = json.loads(request.content)
    assert (said["id"], said["from"], said["to"], said["text"]) == ("t7/1", OURS, PHONE, "hi")
    id, at, signature = (request.headers[f"webhook-{name}"] for name in ("id", "timestamp", "signature"))
    verify_standard("whsec_c2VjcmV0", id, at, signature, request.content, 1_000_000.0)
    assert request.headers["webhook-id"] == "t7/1"


@pytest.mark.parametrize(
    ("status", "said", "verdict"),
    [
        (200, b'{"id": "x"}', Accepted("x")),
        (202, b"", InDoubt("the carrier's answer names no id")),
        (429, b"", Throttled("429")),
        (422, b'{"code": "bad", "reason": "no such number"}', Refused("bad", "no such number")),
        (422, b'{"code": "out", "reason": "left", "opted_out": true}', Refused("out", "left", opted_out=True)),
        (500, b"[]", Refused("500", "the carrier answered with status 500", permanent=False)),
    ],
)
def test_answers_become_verdicts(status: int, said: bytes, verdict: Verdict) -> None:
    assert CARRIER.verdict(Response(status, {}, said)) == verdict


def test_texts_and_receipts_come_in_signed() -> None:
    text, receipt = hook(TEXT), hook({"id": "x", "state": "undelivered", "code": "7", "opted_out": True})
    at = datetime(2026, 11, 22, 10, tzinfo=UTC)
    assert CARRIER.inbound(text) == Inbound("gw", "m1", party(PHONE), party(OURS), "hi 😀", at)
    assert CARRIER.receipt(receipt) == Receipt("gw", "x", ReceiptState.UNDELIVERED, "7", None, True)


def test_what_was_changed_on_the_way_is_refused() -> None:
    one = hook(TEXT)
    with pytest.raises(WrongSignature):
        CARRIER.inbound(Webhook(URL, one.headers, one.content + b" "))


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ([], "(body)"),
        (TEXT | {"id": ""}, "id"),
        (TEXT | {"from": "nobody at all"}, "from"),
        ({name: value for name, value in TEXT.items() if name != "to"}, "to"),
        (TEXT | {"text": 7}, "text"),
        (TEXT | {"at": "2026-11-22T10:00:00"}, "at"),
    ],
)
def test_what_cannot_be_understood_names_the_field(said: Any, field: str) -> None:
    with pytest.raises(WrongWebhook) as caught:
        CARRIER.inbound(hook(said))
    assert caught.value.field == field


def test_a_body_that_is_no_json_is_told() -> None:
    with pytest.raises(WrongWebhook, match="no JSON"):
        CARRIER.receipt(Webhook(URL, lowered(CARRIER.signed("m1", b"{")), b"{"))
