import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from actors.carrier.http.config import HttpCarrier
from actors.carrier.http.link import http_link_spec
from actors.carrier.port import (
    Accepted,
    Arrived,
    InDoubt,
    LinkLost,
    LinkReady,
    Receipt,
    ReceiptState,
    Refused,
    Silent,
    Throttled,
    Unasked,
    Unsent,
)
from supervision import State
from supervision.faults import FaultRule
from supervision.testing import running
from tests.actors.carrier.linking import INTAKE, LINK, SUBSCRIBER, Linked, linked
from tests.actors.carrier.pieces import OURS, PHONE, piece
from tests.servers.twilio import ACCOUNT, TOKEN, Answer, FakeTwilio, fake_twilio


@pytest.fixture
def twilio() -> Iterator[FakeTwilio]:
    with fake_twilio() as server:
        yield server


def config(url: str, **fields: Any) -> HttpCarrier:
    common = {"account": ACCOUNT, "secret": TOKEN, "callback_url": "https://example.org"}
    return HttpCarrier.model_validate({"url": url, **common, **fields})


@contextmanager
def over_http(url: str, **fields: Any) -> Iterator[Linked]:
    with linked(http_link_spec("link", "tw", config(url, **fields), subscriber=SUBSCRIBER, intake=INTAKE)) as link:
        yield link


def test_texts_are_posted_and_named_by_the_carrier(twilio: FakeTwilio) -> None:
    with over_http(twilio.url) as link:
        outcomes = link.sent(piece("one 😀", key="t1"), piece("two", key="t2", to="+15550178"))
    assert all(isinstance(outcome.verdict, Accepted) for outcome in outcomes)
    assert len({outcome.verdict for outcome in outcomes}) == 2
    one = next(text for text in twilio.texts if text["To"] == PHONE)
    assert (one["From"], one["Body"]) == (OURS, "one 😀")
    assert one["StatusCallback"] == "https://example.org/public/sms/carriers/tw/status"


def test_connections_are_kept_and_no_more_than_the_window(twilio: FakeTwilio) -> None:
    with over_http(twilio.url, window=3) as link:
        assert link.ready.window == 3
        for turn in range(5):
            link.sent(*(piece(key=f"{turn}-{n}", to=f"+1555017{n}") for n in range(3)))
    assert len(twilio.texts) == 15
    assert twilio.connections <= 4  # one of them only looked whether anybody is there


def test_several_are_under_way_but_only_one_for_each_pair_of_numbers(twilio: FakeTwilio) -> None:
    release = threading.Event()
    twilio.answer = lambda form: Answer(wait=release)
    with over_http(twilio.url) as link:
        link.hand_over([piece("first", key="a1"), piece("second", key="a2"), piece("other", key="b", to="+15550178")])
        assert {form["Body"] for form in twilio.wait_for(2)} == {"first", "other"}
        release.set()
        assert {outcome.key for outcome in link.outcomes(3)} == {"a1", "a2", "b"}
    assert [form["Body"] for form in twilio.texts if form["To"] == PHONE] == ["first", "second"]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(400, {"code": 21610, "message": "unsubscribed"}), Refused),
        (Answer(429, {"code": 20429}, (("Retry-After", "3"),)), Throttled),
        (Answer(503), Refused),
        (Answer(hang_up=True), InDoubt),
    ],
)
def test_what_the_carrier_says_becomes_a_verdict(twilio: FakeTwilio, answer: Answer, kind: type[object]) -> None:
    twilio.answer = lambda form: answer
    with over_http(twilio.url) as link:
        (outcome,) = link.sent(piece())
        if isinstance(outcome.verdict, Throttled):
            assert outcome.verdict.retry_after_seconds == 3.0
        twilio.answer = lambda form: Answer()
        (after,) = link.sent(piece(key="t2"))
    assert isinstance(outcome.verdict, kind) and isinstance(after.verdict, Accepted)


def test_silence_is_doubt(twilio: FakeTwilio) -> None:
    release = threading.Event()
    twilio.answer = lambda form: Answer(wait=release)
    with over_http(twilio.url, answer_timeout_seconds=0.1) as link:
        (outcome,) = link.sent(piece())
        release.set()
    assert outcome.verdict == InDoubt("no answer from the carrier: ReadTimeout")


def test_a_wrong_password_is_not_the_texts_fault(twilio: FakeTwilio) -> None:
    with over_http(twilio.url, secret="wrong") as link:
        (outcome,) = link.sent(piece())
    assert outcome.verdict == Refused("20003", "Authenticate", permanent=False)


def test_without_a_connection_the_text_did_not_leave_and_the_link_ends() -> None:
    with fake_twilio() as twilio, over_http(twilio.url) as link:
        twilio.shutdown()
        twilio.socket.close()
        outcomes = link.sent(piece(), piece(key="t2", to="+15550178"))
        assert {type(outcome.verdict) for outcome in outcomes} == {Unsent}
        assert "no connection" in link.subscriber.expect(LinkLost).reason
        link.running.wait_state(LINK, State.BACKOFF)


def test_with_the_carrier_down_the_link_waits_for_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    spec = http_link_spec("link", "tw", config(f"http://127.0.0.1:{port}"), subscriber=SUBSCRIBER, intake=INTAKE)
    with running(spec) as tree:
        tree.wait_state(LINK, State.BACKOFF)


def test_a_link_that_ends_leaves_doubt_about_what_is_under_way(twilio: FakeTwilio) -> None:
    release = threading.Event()
    twilio.answer = lambda form: Answer(wait=release)
    with over_http(twilio.url) as link:
        link.hand_over([piece()])
        twilio.wait_for(1)
        link.running.system.faults.enabled = True
        link.running.system.faults.add(FaultRule("crash", LINK, times=1))
        link.hand_over([piece(key="t2", to="+15550178")])
        (outcome,) = link.outcomes(1)
        assert (outcome.key, type(outcome.verdict)) == ("t1", InDoubt)
        assert link.subscriber.expect(LinkReady).incarnation > link.ready.incarnation
        release.set()


def test_secrets_are_not_shown() -> None:
    shown = repr(config("https://api.example", user="SK1", password="hush"))
    assert TOKEN not in shown and "hush" not in shown


@pytest.mark.parametrize(
    "fields",
    [
        {"url": "ftp://api.example"},
        {"url": "https://user:word@api.example"},
        {"account": ""},
        {"user": "SK1"},
        {"dialect": "standard", "secret": "not base64!"},
    ],
)
def test_a_carrier_that_cannot_be_spoken_with_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        config(**{"url": "https://api.example", **fields})


def test_the_carrier_is_asked_for_texts_one_after_the_other(twilio: FakeTwilio) -> None:
    twilio.resources = {
        "SM1": Answer(200, {"sid": "SM1", "status": "delivered", "error_code": None}),
        "SM2": Answer(200, {"sid": "SM2", "status": "undelivered", "error_code": 30003}),
        "SM4": Answer(hang_up=True),
    }
    with over_http(twilio.url) as link:
        link.ask("SM1", "SM2", "SM3", "SM4")
        link.ask("SM5")
        assert link.subscriber.expect(Unasked) == Unasked(LINK, "tw", 1, Silent.BUSY)
        receipts = [link.intake.expect(Arrived).item for _ in range(2)]
        for _ in range(2):
            assert link.subscriber.expect(Unasked) == Unasked(LINK, "tw", 1, Silent.UNANSWERED)
        assert receipts == [
            Receipt("tw", "SM1", ReceiptState.DELIVERED),
            Receipt("tw", "SM2", ReceiptState.UNDELIVERED, "30003"),
        ]
        assert link.sent(piece())
    assert twilio.asked == ["SM1", "SM2", "SM3", "SM4"]


def test_a_carrier_of_the_standard_way_cannot_be_asked(twilio: FakeTwilio) -> None:
    with over_http(twilio.url, dialect="standard", secret="whsec_" + "QUJD" * 8) as link:
        link.ask("a", "b")
        assert link.subscriber.expect(Unasked) == Unasked(LINK, "tw", 2, Silent.UNSUPPORTED)
    assert twilio.asked == []
