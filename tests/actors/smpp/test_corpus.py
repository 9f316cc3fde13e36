"""Real texts through an independent SMSC and back: what it reads is what was written, and what it writes is read."""

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from actors.carrier.port import Accepted, Arrived, Handover, Inbound, LinkReady, Outcomes, Piece, Settled
from actors.gsm import data_coding, split
from actors.smpp import bind_spec
from supervision import Actor, ChildSpec
from supervision.testing import running
from tests.actors.smpp.test_submit import AS_WRITTEN, pieces
from tests.actors.smpp.wire import config
from tests.servers.smsc import OwnSmsc

pytestmark = pytest.mark.timeout(300)

WINDOW = 50
PATIENCE_SECONDS = 120.0


class Desk(Actor):
    """Hands over everything, a window at a time, and stores everything that comes in."""

    mailbox_bound = 100_000

    def __init__(self, out: list[Piece], expected: int) -> None:
        super().__init__()
        self.left = list(reversed(out))
        self.accepted: dict[str, tuple[str, int]] = {}
        self.pieces = len(out)
        self.expected = expected
        self.texts: list[str] = []
        self.done = threading.Event()
        self.bound = threading.Event()

    def on_receive(self, message: Any) -> None:
        match message:
            case LinkReady():
                self.link = message
                self._hand_over(message.window)
                self.bound.set()
            case Outcomes(outcomes=outcomes):
                for one in outcomes:
                    assert isinstance(one.verdict, Accepted), one
                    self.accepted[one.verdict.carrier_id] = (one.key, one.number)
                self._hand_over(len(outcomes))
            case Arrived(token=token, item=Inbound(text=text)):
                self.texts.append(text)
                self.cast("/bind", Settled((token,), True))
        if (len(self.accepted), len(self.texts)) == (self.pieces, self.expected):
            self.done.set()

    def _hand_over(self, room: int) -> None:
        now = tuple(self.left.pop() for _ in range(min(room, len(self.left))))
        if now:
            self.cast("/bind", Handover(now, self.context.path, self.link.incarnation))


def texts_of(corpus: Path) -> list[str]:
    folder = corpus / "07_sms"
    lines = (folder / "uci" / "SMSSpamCollection.tsv").read_text().splitlines()
    real = [line.partition("\t")[2] for line in lines]
    excerpts = json.loads((folder / "multilingual" / "udhr_excerpts.json").read_text())
    return real + [one["article1"] for one in excerpts if one["article1"]]


def test_out_it_reads_what_was_written(corpus: Path, smsc: OwnSmsc) -> None:
    texts = texts_of(corpus)
    out = [Piece(str(at), *_rest(one)) for at, text in enumerate(texts) for one in pieces(text, at % 256)]
    desk = Desk(out, 0)
    with running(ChildSpec(id="desk", actor=lambda: desk), bind(smsc)):
        assert desk.done.wait(PATIENCE_SECONDS), f"{len(desk.accepted)} of {len(out)}"
    read: dict[str, dict[int, str]] = {}
    for _ in out:
        event = smsc.event("submit")
        key, number = desk.accepted[str(event["id"])]
        read.setdefault(key, {})[number] = event["text"]
    assert ["".join(read[str(at)][number] for number in sorted(read[str(at)])) for at in range(len(texts))] == texts


def _rest(one: Piece) -> tuple[Any, ...]:
    return (one.number, one.total, 1, one.source, one.destination, one.coding, one.body, one.udh, one.text)


def test_in_what_it_writes_is_read(corpus: Path, smsc: OwnSmsc) -> None:
    """Texts of one segment in its own encoding; it does not split."""
    texts = [text for text in texts_of(corpus) if len(split(text, AS_WRITTEN).segments) == 1]
    desk = Desk([], len(texts))
    with running(ChildSpec(id="desk", actor=lambda: desk), bind(smsc)):
        assert desk.bound.wait(PATIENCE_SECONDS)
        for number, text in enumerate(texts):
            route = {"source_addr": f"1555{number:07d}", "destination_addr": "12345"}
            coding = data_coding(split(text, AS_WRITTEN).coding)
            smsc.tell(deliver={**route, "data_coding": coding, "short_message": text})
        assert desk.done.wait(PATIENCE_SECONDS), f"{len(desk.texts)} of {len(texts)}"
    assert desk.texts == texts


def bind(smsc: OwnSmsc) -> ChildSpec:
    settings = config(hosts=(smsc.place,), window=WINDOW, inbound_window=100_000)
    return bind_spec("bind", "acme", settings, "/desk", "/desk")
