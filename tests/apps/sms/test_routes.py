import http.client
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
import pytest

from actors.carrier.http.signature import twilio_signature
from actors.carrier.http.standard import Standard
from apps.contracts.sms_pb2 import InboundReceipt, InboundText
from apps.sms.queues import RECEIPTS, STOP, bucket_of
from apps.sms.routes import MAX_BODY_BYTES, counts
from tests.actors.web.serving import Served
from tests.apps.sms.webhooks import BASE, BUCKETS, INBOUND, SECRET, STATUS, receiving, waiting
from tests.servers.twilio import TOKEN

OURS, PHONE = "+14155550100", "+14155550177"
BUCKET = bucket_of(OURS, BUCKETS)
TEXT = {"MessageSid": "SM1", "From": PHONE, "To": OURS, "Body": "Grüße & 😀"}


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Served]:
    with receiving(tmp_path, "actors.broker") as found:
        yield found


def post(web: Served, url: str, fields: dict[str, str], token: str = TOKEN, signed: str = "") -> httpx.Response:
    headers = {
        "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
        "X-Twilio-Signature": twilio_signature(token, signed or url, fields.items()),
    }
    return web.client.post(url.removeprefix(BASE), content=urlencode(fields), headers=headers)


def test_a_text_is_durable_before_it_is_answered(web: Served) -> None:
    response = post(web, INBOUND, TEXT)
    assert (response.status_code, response.headers["Content-Type"]) == (200, "text/xml")
    assert response.text.endswith("<Response/>")
    (found,) = waiting(web.home, BUCKET)
    text = InboundText.FromString(found.message.body)
    assert (text.carrier, text.id, text.source, text.destination, text.body) == ("tw", "SM1", PHONE, OURS, TEXT["Body"])
    assert text.received_at.seconds > 1_700_000_000 and not text.HasField("sent_at")
    assert (found.message.message_id, found.message.type) == ("tw:SM1", "rookery.sms.v1.InboundText")


@pytest.mark.parametrize("body", ["STOP", " stop. ", "Unsubscribe", "HELP"])
def test_a_word_that_stands_alone_overtakes(web: Served, body: str) -> None:
    assert post(web, INBOUND, TEXT | {"Body": body}).status_code == 200
    assert len(waiting(web.home, STOP)) == 1 and not waiting(web.home, BUCKET)


def test_a_receipt_is_durable_before_it_is_answered(web: Served) -> None:
    fields = {"MessageSid": "SM9", "MessageStatus": "undelivered", "ErrorCode": "21610", "From": OURS, "To": PHONE}
    assert post(web, STATUS, fields).status_code == 200
    assert post(web, STATUS, fields | {"MessageStatus": "queued"}).status_code == 200
    (found,) = waiting(web.home, RECEIPTS)
    receipt = InboundReceipt.FromString(found.message.body)
    assert (receipt.carrier, receipt.carrier_id, receipt.state) == ("tw", "SM9", "undelivered")
    assert (receipt.code, receipt.opted_out) == ("21610", True)
    assert counts(web.running.system) == {("tw", "receipt"): 1, ("tw", "no news"): 1}


@pytest.mark.parametrize(("token", "signed"), [("wrong", ""), (TOKEN, STATUS), (TOKEN, INBOUND + "?x=1")])
def test_what_the_carrier_did_not_sign_is_refused_and_counted(web: Served, token: str, signed: str) -> None:
    response = post(web, INBOUND, TEXT, token, signed)
    assert (response.status_code, response.headers["Content-Type"]) == (403, "application/problem+json")
    assert not waiting(web.home, BUCKET)
    assert counts(web.running.system) == {("tw", "WrongSignature"): 1}


def test_the_query_is_signed_too(web: Served) -> None:
    assert post(web, INBOUND + "?shard=1", TEXT).status_code == 200


@pytest.mark.parametrize(("changes", "field"), [({"From": "?" * 12}, "From"), ({"MessageSid": ""}, "MessageSid")])
def test_a_field_that_makes_no_sense_is_named(web: Served, changes: dict[str, str], field: str) -> None:
    response = post(web, INBOUND, TEXT | changes)
    assert (response.status_code, response.json()["field"]) == (422, field)


def test_a_body_beyond_all_texts_is_refused(web: Served) -> None:
    assert post(web, INBOUND, TEXT | {"Body": "x" * MAX_BODY_BYTES}).status_code == 413
    assert counts(web.running.system) == {("tw", "BodyTooLarge"): 1}


def test_other_carriers_and_methods_are_not_there(web: Served) -> None:
    assert web.client.post("/public/sms/carriers/nobody/inbound", content=b"").status_code == 404
    assert web.client.get(INBOUND.removeprefix(BASE)).status_code == 405


def test_a_carrier_far_away_needs_no_token_of_ours(web: Served) -> None:
    headers = {"X-Forwarded-For": "203.0.113.7", "X-Twilio-Signature": twilio_signature(TOKEN, INBOUND, TEXT.items())}
    content_type = {"Content-Type": "application/x-www-form-urlencoded"}
    path = INBOUND.removeprefix(BASE)
    assert web.client.post(path, content=urlencode(TEXT), headers=headers | content_type).status_code == 200
    assert web.client.get("/api/tree", headers=headers).status_code == 401


def test_without_a_broker_the_carrier_is_asked_to_come_again(tmp_path: Path) -> None:
    with receiving(tmp_path) as web:
        response = post(web, INBOUND, TEXT)
        assert counts(web.running.system) == {("tw", "Unavailable"): 1}
    assert response.status_code == 503
    assert int(response.headers["Retry-After"]) >= 1


def test_standard_webhooks_come_in_the_same_way(web: Served) -> None:
    gateway = Standard("gw", "", SECRET)

    def send(kind: str, said: dict[str, Any]) -> int:
        content = json.dumps(said).encode()
        path = f"/public/sms/carriers/gw/{kind}"
        return web.client.post(path, content=content, headers=gateway.signed("m1", content)).status_code

    assert send("inbound", {"id": "m1", "from": PHONE, "to": OURS, "text": "half \ud83d and \0"}) == 200
    assert send("status", {"id": "x", "state": "expired"}) == 200
    (found,) = waiting(web.home, BUCKET)
    assert (
        InboundText.FromString(found.message.body).body
        == "half \N{REPLACEMENT CHARACTER} and \N{REPLACEMENT CHARACTER}"
    )
    assert len(waiting(web.home, RECEIPTS)) == 1


def test_requests_at_the_same_time_share_a_publish(web: Served) -> None:
    at = urlsplit(web.url)

    def send(number: int) -> list[int]:
        connection = http.client.HTTPConnection(at.hostname or "", at.port or 0, timeout=10.0)
        statuses = []
        for turn in range(20):
            fields = TEXT | {"MessageSid": f"SM{number}-{turn}"}
            headers = {
                "Content-Type": "application/x-www-form-urlencoded",
                "X-Twilio-Signature": twilio_signature(TOKEN, INBOUND, fields.items()),
            }
            connection.request("POST", INBOUND.removeprefix(BASE), urlencode(fields), headers)
            response = connection.getresponse()
            response.read()
            statuses.append(response.status)
        connection.close()
        return statuses

    with ThreadPoolExecutor(8) as pool:
        assert {status for statuses in pool.map(send, range(8)) for status in statuses} == {200}
    ids = [InboundText.FromString(one.message.body).id for one in waiting(web.home, BUCKET)]
    assert sorted(ids) == sorted(f"SM{number}-{turn}" for number in range(8) for turn in range(20))
    for number in range(8):
        mine = [id for id in ids if id.startswith(f"SM{number}-")]
        assert mine == [f"SM{number}-{turn}" for turn in range(20)]
