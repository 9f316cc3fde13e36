"""Real texts through the whole way in: byte-exact in the rows, in order per conversation, each answered once."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from actors.broker import Message
from actors.carrier.port import Inbound, NumberType, Party
from apps.sms.arrivals import message_of
from apps.sms.hub.member import Outcome
from apps.sms.optout import stands_alone
from tests.apps.sms.hub.conversing import BOBS, OURS, QUESTIONS
from tests.apps.sms.receiving import BUCKETS, RECEIVED, desk

CONVERSATIONS = 60


def arrives(id: int, body: str, member: str, ours: str) -> Message:
    """As the intake publishes it."""
    source, destination = Party(NumberType.E164, member), Party(NumberType.E164, ours)
    return message_of(Inbound("simulated", str(id), source, destination, body), RECEIVED.timestamp() + id, BUCKETS)


def uci(corpus: Path) -> list[str]:
    lines = (corpus / "07_sms" / "uci" / "SMSSpamCollection.tsv").read_text(encoding="utf-8").splitlines()
    return [line.partition("\t")[2] for line in lines]


def multilingual(corpus: Path) -> list[str]:
    folder = corpus / "07_sms" / "multilingual"
    excerpts = json.loads((folder / "udhr_excerpts.json").read_text(encoding="utf-8"))
    emoji = json.loads((folder / "emoji_ordered.json").read_text(encoding="utf-8"))
    return [*_strings(excerpts), *_strings(emoji)[:1500]]


def _strings(value: object) -> list[str]:
    """All texts in a document, in its order."""
    match value:
        case str():
            return [value]
        case dict():
            return [text for item in value.values() for text in _strings(item)]
        case list():
            return [text for item in value for text in _strings(item)]
    return []


@pytest.mark.timeout(180)
@pytest.mark.parametrize("read", [uci, multilingual])
def test_every_text_arrives_as_it_was_and_in_order(corpus: Path, tmp_path: Path, read) -> None:
    bodies: Sequence[str] = [text for text in read(corpus) if text]
    who = [f"+1415555{number % CONVERSATIONS:04}" for number in range(len(bodies))]
    ours = [(OURS, BOBS)[number % CONVERSATIONS % 2] for number in range(len(bodies))]
    messages = [arrives(id, body, who[id], ours[id]) for id, body in enumerate(bodies)]
    with desk(tmp_path) as one:
        one.lead(**QUESTIONS)
        one.lead("bob", BOBS)
        one.start_sms(*one.way_in, *one.the_hub)
        for start in range(0, len(messages), 500):
            one.publish(*messages[start : start + 500])
        one.until(lambda: len(one.rows(state="settled")) == len(bodies))
        received, answers = one.rows(direction="in"), one.rows(direction="out")
        assert one.reasons() == []
    assert {row.key: row.body.encode() for row in received} == {
        f"in:simulated:{id}": body.encode() for id, body in enumerate(bodies)
    }
    for member in dict.fromkeys(who):
        # What is an opt-out word and nothing else has overtaken the others.
        said = [row.body for row in received if row.member == member and not stands_alone(row.body)]
        assert said == [
            body for body, sender in zip(bodies, who, strict=True) if sender == member and not stands_alone(body)
        ]
    assert max(Counter(row.cause for row in answers).values()) == 1
    answered = {row.key for row in received if row.reason in (Outcome.ASKED, Outcome.JOINED, Outcome.ASKED_AGAIN)}
    assert answered and answered <= {row.cause for row in answers}
