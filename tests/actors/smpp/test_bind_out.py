"""Texts out, through an independent SMSC."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from actors.carrier.port import (
    Accepted,
    Corrected,
    InDoubt,
    LinkReady,
    NumberType,
    Outcome,
    Outcomes,
    Party,
    Refused,
    Throttled,
    Unsent,
)
from actors.smpp.metrics import BindCollector
from supervision import ChildExited, DeadLetter
from supervision.testing import Running
from tests.actors.smpp.conftest import BIND, HUB, office
from tests.actors.smpp.test_submit import pieces
from tests.actors.smpp.wire import piece
from tests.servers.smsc import OwnSmsc

# The first time, the package is fetched.
pytestmark = pytest.mark.timeout(300)

TEXT = "Grüße an alle, {name}! " * 12 + "€"
WIDE = "Привет 😀 " * 20


def verdicts(outcomes: list[Outcome]) -> list[Any]:
    return [one.verdict for one in outcomes]


@pytest.mark.parametrize("long_texts", ["udh", "sar"])
@pytest.mark.parametrize("text", [TEXT, WIDE], ids=["gsm7", "ucs2"])
def test_a_long_text_arrives_as_it_was_written(smsc: OwnSmsc, long_texts: str, text: str) -> None:
    parts = pieces(text)
    with office(smsc.place, long_texts=long_texts, service_type="CMT", tlvs={0x1400: "beef"}) as hub:
        assert hub.ready().window == 10
        hub.hand_over(*parts)
        events = [smsc.event("submit") for _ in parts]
        assert verdicts(hub.outcomes(len(parts))) == [Accepted(str(event["id"])) for event in events]
    assert "".join(event["text"] for event in events) == text
    assert {(event["service_type"], event["own_tlv"]) for event in events} == {("CMT", "beef")}
    assert {tuple(event["destination"]) for event in events} == {(1, 1, "15551234567")}
    assert {tuple(event["source"]) for event in events} == {(3, 0, "12345")}
    places = [event["sar"] or list(bytes.fromhex(event["udh"])[-3:]) for event in events]
    assert places == [[7, len(parts), number] for number in range(1, len(parts) + 1)]


def test_a_text_that_the_carrier_splits_itself(smsc: OwnSmsc) -> None:
    text = "x" * 400
    with office(smsc.place, long_texts="payload") as hub:
        hub.ready()
        hub.hand_over(piece(units=3, body=text.encode(), text=text))
        event = smsc.event("submit")
        assert (event["payload"], event["text"]) == (True, text)
        hub.outcomes(1)


def test_what_it_says_is_told_piece_by_piece(smsc: OwnSmsc) -> None:
    smsc.behave(statuses=[0, 0x0B, 0x08, 0x421], congestion=80)
    with office(smsc.place, opted_out=[0x421]) as hub:
        hub.ready()
        hub.hand_over(*(piece(key=key) for key in "abcd"), piece(key="e", source=Party(NumberType.ALPHANUMERIC, "ü")))
        told = {outcome.key: outcome.verdict for outcome in hub.outcomes(5)}
        assert isinstance(told["a"], Accepted)
        assert told["b"] == Refused("ESME_RINVDSTADR(0x0b)", "the SMSC answered ESME_RINVDSTADR")
        assert isinstance(told["c"], Refused) and not told["c"].permanent
        assert isinstance(told["d"], Refused) and told["d"].opted_out
        assert isinstance(told["e"], Refused) and "ASCII" in told["e"].reason
        assert smsc.submitted() == 4
        assert hub.tally.congestion == 80
        assert (hub.tally.outcomes["accepted"], hub.tally.outcomes["refused"]) == (1, 4)


@pytest.mark.parametrize("status", [0x58, 0x14], ids=["throttled", "queue full"])
def test_a_throttle_gives_back_what_has_not_left(smsc: OwnSmsc, status: int) -> None:
    smsc.behave(statuses=[status], hold=2)
    with office(smsc.place, window=2) as hub:
        hub.ready()
        hub.hand_over(*(piece(key=key) for key in "abcd"))
        told = {outcome.key: outcome.verdict for outcome in hub.outcomes(4)}
        assert isinstance(told["b"], Throttled), "the last is answered first"
        assert isinstance(told["a"], Accepted)
        assert told["c"] == told["d"] == Unsent("behind a piece that the SMSC throttled")
        assert smsc.submitted() == 2
        smsc.behave(hold=0)
        hub.hand_over(piece(key="b"), piece(key="c"))
        assert [type(one) for one in verdicts(hub.outcomes(2))] == [Accepted, Accepted]


def test_answers_out_of_order_find_their_pieces(smsc: OwnSmsc) -> None:
    smsc.behave(hold=5, ids="hex")
    with office(smsc.place, receipt_ids="decimal-to-hex") as hub:
        hub.ready()
        hub.hand_over(*(piece(key=str(number)) for number in range(5)))
        outcomes = hub.outcomes(5)
        assert [one.key for one in outcomes] == ["4", "3", "2", "1", "0"]
        sent = [smsc.event("submit")["id"] for _ in range(5)]
        assert verdicts(outcomes) == [Accepted(f"{number:x}") for number in reversed(sent)]


def test_never_more_than_the_window_is_open(smsc: OwnSmsc) -> None:
    smsc.behave(hold=1000)
    with office(smsc.place, window=3, seconds={"farewell": 0}) as hub:
        hub.ready()
        hub.hand_over(*(piece(key=str(number)) for number in range(8)))
        for _ in range(3):
            smsc.event("submit")
        assert smsc.submitted() == 3
        smsc.tell(release=None)
        assert [one.key for one in hub.outcomes(3)] == ["0", "1", "2"]
        for _ in range(3):
            smsc.event("submit")
        assert smsc.submitted() == 6
        assert (hub.tally.in_use, hub.tally.window) == (3, 3)


def test_no_answer_in_time_is_in_doubt_and_a_late_one_corrects_it(smsc: OwnSmsc) -> None:
    smsc.behave(hold=1000)
    with office(smsc.place, seconds={"response": 0.2, "farewell": 0}) as hub:
        hub.ready()
        hub.hand_over(piece(key="slow"))
        assert verdicts(hub.outcomes(1)) == [InDoubt("the SMSC did not answer in time")]
        smsc.tell(release=None)
        late = hub.heard.expect(Corrected)
        assert [(one.key, type(one.verdict)) for one in late.outcomes] == [("slow", Accepted)]
        assert hub.tally.events["late_answer"] == 1
        hub.hand_over(piece(key="next"))
        smsc.event("submit", id=1001)
        smsc.tell(release=None)
        assert [one.key for one in hub.outcomes(1)] == ["next"]


def test_a_hub_that_starts_anew_hears_that_the_link_is_ready(smsc: OwnSmsc) -> None:
    with office(smsc.place) as hub:
        first = hub.ready()
        hub.end(HUB)
        assert hub.ready() == first
        hub.hand_over(piece())
        assert [type(one) for one in verdicts(hub.outcomes(1))] == [Accepted]


def test_pieces_for_another_incarnation_are_left_alone(smsc: OwnSmsc) -> None:
    with office(smsc.place) as hub:
        link = hub.ready()
        hub.link = LinkReady(link.link, link.carrier, link.incarnation + 1, link.window)
        hub.hand_over(piece())
        letter = hub.run.events.expect(DeadLetter)
        assert "meant for incarnation" in letter.reason
        assert smsc.submitted() == 0


def test_an_abandoned_incarnation_sends_nothing(smsc: OwnSmsc) -> None:
    with office(smsc.place) as hub:
        hub.ready()
        hub.actor("/bind").context.fence.closed = True
        hub.hand_over(piece())
        event = hub.run.events.expect(ChildExited)
        assert "Fenced" in str(event.reason)
        assert verdicts(hub.outcomes(1))[0].reason.startswith("/bind"), "and it says so"
        assert smsc.submitted() == 0


def test_an_ordered_stop_waits_for_answers_and_unbinds(smsc: OwnSmsc) -> None:
    smsc.behave(delay_ms=300)
    with office(smsc.place, window=2) as hub:
        hub.ready()
        hub.hand_over(*(piece(key=key) for key in "abc"))
        smsc.event("submit", id=1001)
        hub.run.root.stop()
        told = {outcome.key: outcome.verdict for outcome in hub.outcomes(3)}
    assert isinstance(told["a"], Accepted) and isinstance(told["b"], Accepted)
    assert told["c"] == Unsent("the bind stops")
    smsc.event("unbind")


def test_its_numbers_are_metrics(smsc: OwnSmsc) -> None:
    smsc.behave(congestion=7)
    with office(smsc.place, window=4) as hub:
        hub.ready()
        hub.hand_over(piece())
        hub.outcomes(1)
        found = _samples(hub.run)
    assert found["rookery_smpp_pieces_total", "accepted"] == 1
    assert found["rookery_smpp_window", ""] == 4
    assert found["rookery_smpp_congestion", ""] == 7
    assert found["rookery_smpp_answer_seconds_count", ""] == 1


def _samples(run: Running) -> dict[tuple[str, str], float]:
    return {
        (sample.name, sample.labels.get("outcome", "")): sample.value
        for family in BindCollector(run.system).collect()
        for sample in family.samples
        if sample.labels["child"] == "/bind"
    }


def test_a_hub_that_is_gone_is_a_dead_letter(smsc: OwnSmsc) -> None:
    with office(smsc.place) as hub:
        hub.ready()
        hub.hand_over(piece(), reply_to="/nobody")
        letter = hub.run.events.expect(DeadLetter, lambda one: one.message == Outcomes.__name__)
        assert "gone" in letter.reason


@pytest.mark.parametrize("then", ["goes on", "is lost"])
def test_a_hub_with_a_full_mailbox_hears_of_every_piece(smsc: OwnSmsc, then: str) -> None:
    with office(smsc.place) as hub:
        hub.ready()
        hub.suspend(HUB)
        for number in range(4):
            hub.hand_over(piece(key=str(number)))
            smsc.event("submit")
        tally = hub.tally
        until(lambda: tally.outcomes["accepted"] == 4)
        if then == "is lost":
            hub.end(BIND)
            until(lambda: tally.in_use == 0)
        hub.resume(HUB)
        assert sorted(one.key for one in hub.outcomes(4)) == ["0", "1", "2", "3"]


def until(holds: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(1000):
        if holds():
            return
        pause.wait(0.01)
    raise AssertionError("it did not come about")


def test_a_receiver_takes_no_pieces(smsc: OwnSmsc) -> None:
    with office(smsc.place, bind="receiver") as hub:
        smsc.event("bound", command="bind_receiver")
        hub.run.wait_state("/bind", "running")
        status = hub.run.system.whereis("/bind")
        assert status is not None
        hub.link = LinkReady("/bind", "acme", status.incarnation, 1)
        hub.hand_over(piece())
        assert verdicts(hub.outcomes(1)) == [Unsent("the session is bound_rx")]
    assert not any(isinstance(one, LinkReady) for one in hub.heard.seen)
