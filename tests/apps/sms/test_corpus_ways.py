"""Real texts and scripts on both ways: from a webhook to the queue, and from segments to a phone's screen."""

import json
from pathlib import Path
from urllib.parse import urlencode

import pytest

from actors.carrier.http.dialect import Webhook
from actors.carrier.http.signature import twilio_signature
from actors.carrier.http.twilio import FORM, Twilio
from actors.carrier.simulated import phones
from actors.carrier.simulated.network import opened
from actors.carrier.simulated.post import claim, type_texts
from apps.contracts.sms_pb2 import InboundText
from apps.sms.arrivals import message_of
from tests.actors.carrier.pieces import OURS, PHONE, pieces

URL = "https://example.org/public/sms/carriers/tw/inbound"
TWILIO = Twilio("tw", "https://api.example", "AC1", "token", user="AC1", password="token", status_url="")


@pytest.fixture(scope="module")
def texts(corpus: Path) -> list[str]:
    folder = corpus / "07_sms"
    lines = (folder / "uci" / "SMSSpamCollection.tsv").read_text().splitlines()
    excerpts = json.loads((folder / "multilingual" / "udhr_excerpts.json").read_text())
    emoji = json.loads((folder / "multilingual" / "emoji_ordered.json").read_text())
    return [*(line.partition("\t")[2] for line in lines), *_strings(excerpts), *_strings(emoji)]


def _strings(found: object) -> list[str]:
    """Every text in a JSON document."""
    if isinstance(found, str):
        return [found]
    inside = found.values() if isinstance(found, dict) else found if isinstance(found, list) else ()
    return [text for one in inside for text in _strings(one)]


def test_every_text_comes_in_as_it_was_typed(texts: list[str], tmp_path: Path) -> None:
    for text in texts:
        fields = {"MessageSid": "SM1", "From": PHONE, "To": OURS, "Body": text}
        headers = {"content-type": FORM, "x-twilio-signature": twilio_signature("token", URL, fields.items())}
        item = TWILIO.inbound(Webhook(URL, headers, urlencode(fields).encode()))
        assert InboundText.FromString(message_of(item, 0.0, 8).body).body == text
    path = tmp_path / "phones.sqlite"
    type_texts(path, "sim", [(PHONE, OURS, text) for text in texts])
    with opened(path) as network, network.transaction() as connection:
        came = [item for _, item in claim(connection, "sim", "/link", 0.0, len(texts))]
    assert [getattr(item, "text", None) for item in came] == texts


def test_every_text_is_on_the_screen_as_it_was_sent(texts: list[str], tmp_path: Path) -> None:
    path = tmp_path / "phones.sqlite"
    # A real phone forgets the references of long texts after some minutes.
    sent = [(number, pieces(text, key=f"t{number}")) for number, text in enumerate(texts)]
    with opened(path) as network, network.transaction() as connection:
        for number, parts in sent:
            phones.deliver(connection, "sim", [(part, "id") for part in reversed(parts)], number * 1000.0)
    shown = phones.screen(path, PHONE, limit=len(texts) + 1)
    assert [text.text for text in shown] == [parts[0].text for _, parts in sent]
    assert phones.doubled(path) == {}
