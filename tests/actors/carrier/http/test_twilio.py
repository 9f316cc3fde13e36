import hashlib
import json
from urllib.parse import parse_qs, urlencode

import pytest

from actors.carrier.errors import WrongSignature, WrongWebhook
from actors.carrier.http.dialect import Response, Webhook
from actors.carrier.http.signature import twilio_signature
from actors.carrier.http.twilio import FORM, Twilio
from actors.carrier.party import party
from actors.carrier.port import Accepted, Inbound, InDoubt, Receipt, ReceiptState, Refused, Throttled, Verdict
from tests.actors.carrier.pieces import OURS, PHONE, piece

STATUS_URL = "https://example.org/public/sms/carriers/tw/status"
TWILIO = Twilio("tw", "https://api.example/", "AC1", "token", user="SK1", password="secret", status_url=STATUS_URL)
TEXT = {"MessageSid": "SM1", "From": PHONE, "To": OURS, "Body": "Héllo & 😀 =+"}


def hook(fields: dict[str, str], **headers: str) -> Webhook:
    return Webhook(STATUS_URL, {"content-type": f"{FORM}; charset=UTF-8", **headers}, urlencode(fields).encode())


def signed(fields: dict[str, str]) -> Webhook:
    return hook(fields, **{"x-twilio-signature": twilio_signature("token", STATUS_URL, fields.items())})


def answer(status: int, said: object = None, **headers: str) -> Verdict:
    return TWILIO.verdict(Response(status, headers, b"" if said is None else json.dumps(said).encode()))


def test_a_text_is_a_form_with_basic_authentication() -> None:
    request = TWILIO.request(piece("Grüße 😀", valid_seconds=1e9))
    assert request.url == "https://api.example/2010-04-01/Accounts/AC1/Messages.json"
    assert request.headers["Authorization"] == "Basic U0sxOnNlY3JldA=="
    assert "secret" not in repr(request) and "U0sx" not in repr(request)
    assert parse_qs(request.content.decode(), strict_parsing=True) == {
        "To": [PHONE],
        "From": [OURS],
        "Body": ["Grüße 😀"],
        "StatusCallback": [STATUS_URL],
        "ValidityPeriod": ["36000"],
    }
    assert b"StatusCallback" not in TWILIO.request(piece(receipt=False)).content


@pytest.mark.parametrize(
    ("status", "said", "verdict"),
    [
        (201, {"sid": "SM1"}, Accepted("SM1")),
        (201, {}, InDoubt("the carrier's answer names no sid")),
        (200, None, InDoubt("the carrier's answer names no sid")),
        (429, {"code": 20429, "message": "Too many"}, Throttled("20429")),
        (429, None, Throttled("429")),
        (400, {"code": 30001}, Throttled("30001")),
        (400, {"code": 21611}, Throttled("21611")),
        (400, {"code": 21610, "message": "unsubscribed"}, Refused("21610", "unsubscribed", opted_out=True)),
        (400, {"code": 21211, "message": "invalid"}, Refused("21211", "invalid")),
        (401, {"code": 20003, "message": "Authenticate"}, Refused("20003", "Authenticate", permanent=False)),
        (500, None, Refused("500", "the carrier answered with status 500", permanent=False)),
        (503, ["?"], Refused("503", "the carrier answered with status 503", permanent=False)),
        (504, None, InDoubt("a gateway answered with status 504")),
        (302, None, Refused("302", "the carrier answered with status 302", permanent=False)),
    ],
)
def test_answers_become_verdicts(status: int, said: object, verdict: Verdict) -> None:
    assert answer(status, said) == verdict


@pytest.mark.parametrize(("header", "seconds"), [("7", 7.0), ("Wed, 21 Oct 2026 07:28:00 GMT", None), ("9" * 9, None)])
def test_retry_after_is_passed_on(header: str, seconds: float | None) -> None:
    assert answer(429, None, **{"retry-after": header}) == Throttled("429", seconds)


def test_a_text_comes_in_as_a_signed_form() -> None:
    assert TWILIO.inbound(signed(TEXT)) == Inbound("tw", "SM1", party(PHONE), party(OURS), "Héllo & 😀 =+")


@pytest.mark.parametrize(
    "one",
    [
        hook(TEXT),
        hook(TEXT, **{"x-twilio-signature": twilio_signature("other", STATUS_URL, TEXT.items())}),
        Webhook(STATUS_URL, {"content-type": FORM}, b"Body=%ff"),
        Webhook(STATUS_URL, {"content-type": FORM}, b"\xff"),
        signed({str(number): "" for number in range(201)}),
        Webhook(STATUS_URL, {}, b"{}"),
    ],
)
def test_what_is_not_signed_by_the_account_is_refused(one: Webhook) -> None:
    with pytest.raises(WrongSignature):
        TWILIO.inbound(one)


@pytest.mark.parametrize(
    ("status", "code", "state", "opted_out"),
    [
        ("sent", "", ReceiptState.SENT, False),
        ("sending", "", ReceiptState.SENT, False),
        ("delivered", "", ReceiptState.DELIVERED, False),
        ("read", "", ReceiptState.DELIVERED, False),
        ("undelivered", "30003", ReceiptState.UNDELIVERED, False),
        ("failed", "30008", ReceiptState.REJECTED, False),
        ("undelivered", "21610", ReceiptState.UNDELIVERED, True),
        ("canceled", "", ReceiptState.DELETED, False),
        ("Delivered", "", ReceiptState.DELIVERED, False),
        ("quantum", "", ReceiptState.UNKNOWN, False),
    ],
)
def test_statuses_become_receipts(status: str, code: str, state: ReceiptState, opted_out: bool) -> None:
    one = signed({"MessageSid": "SM1", "MessageStatus": status, "ErrorCode": code})
    assert TWILIO.receipt(one) == Receipt("tw", "SM1", state, code, opted_out=opted_out)


@pytest.mark.parametrize("status", ["queued", "accepted", "scheduled"])
def test_what_the_answer_said_already_is_no_receipt(status: str) -> None:
    assert TWILIO.receipt(signed({"MessageSid": "SM1", "MessageStatus": status})) is None


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        (TEXT | {"MessageSid": ""}, "MessageSid"),
        (TEXT | {"MessageSid": "x" * 129}, "MessageSid"),
        (TEXT | {"From": "whatsapp:+15550100"}, "From"),
        (TEXT | {"To": ""}, "To"),
    ],
)
def test_what_cannot_be_understood_names_the_field(fields: dict[str, str], field: str) -> None:
    with pytest.raises(WrongWebhook) as caught:
        TWILIO.inbound(signed(fields))
    assert caught.value.field == field


def test_what_is_signed_and_no_form_is_not_understood() -> None:
    url = f"{STATUS_URL}?bodySHA256={hashlib.sha256(b'{}').hexdigest()}"
    with pytest.raises(WrongWebhook, match="no form"):
        TWILIO.receipt(Webhook(url, {"x-twilio-signature": twilio_signature("token", url)}, b"{}"))
