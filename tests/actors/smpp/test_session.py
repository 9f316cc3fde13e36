from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from actors.smpp import commands, statuses
from actors.smpp.commands import Command
from actors.smpp.events import Answered, Bound, Delivery, Ended, Event, Expired, Late, Noted, Refused, Send
from actors.smpp.pdu import HEADER, MAX_SEQUENCE, encode
from actors.smpp.session import Limits, Session, State
from actors.smpp.window import Window
from tests.actors.smpp.wire import frame, said, text_from

LIMITS = Limits(window=4, inbound=3, response=30.0, idle=60.0, enquiry=10.0)


def only(events: Iterable[Event], kind: type[Any]) -> Any:
    (event,) = [one for one in events if isinstance(one, kind)]
    return event


def bound(command: Command = commands.BIND_TRANSCEIVER, limits: Limits = LIMITS) -> Session:
    session = Session(limits, 0.0)
    send = only(session.bind(command, {"system_id": "rookery"}, 0.0), Send)
    (answer,) = session.receive(frame(commands.response_to(command), send.pdu.sequence, system_id="SMSC"), 0.0)
    assert isinstance(answer, Bound)
    return session


def submit(session: Session, ticket: object, now: float = 0.0) -> int:
    return session.submit({}, (), ticket, now).pdu.sequence


def delivery(sequence: int) -> bytes:
    return encode(text_from(b"hi", sequence=sequence))


# --- binding ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "state", "sends", "receives"),
    [
        (commands.BIND_TRANSMITTER, State.BOUND_TX, True, False),
        (commands.BIND_RECEIVER, State.BOUND_RX, False, True),
        (commands.BIND_TRANSCEIVER, State.BOUND_TRX, True, True),
    ],
)
def test_each_bind_opens_its_ways(command: Command, state: State, sends: bool, receives: bool) -> None:
    session = bound(command)
    assert (session.state, session.may_submit) == (state, sends)
    events = session.receive(delivery(1), 1.0)
    assert isinstance(events[0], Delivery) is receives
    if not receives:
        assert only(events, Send).pdu.status == statuses.RINVBNDSTS


def test_a_refused_bind_closes_the_session() -> None:
    session = Session(LIMITS, 0.0)
    sequence = only(session.bind(commands.BIND_TRANSCEIVER, {}, 0.0), Send).pdu.sequence
    events = session.receive(frame(commands.BIND_TRANSCEIVER_RESP, sequence, statuses.RINVPASWD), 1.0)
    assert events == [Refused(statuses.RINVPASWD)]
    assert session.state is State.CLOSED
    assert session.receive(delivery(1), 2.0) == []


def test_only_an_answer_to_the_bind_answers_it() -> None:
    session = Session(LIMITS, 0.0)
    sequence = only(session.bind(commands.BIND_TRANSCEIVER, {}, 0.0), Send).pdu.sequence
    session.receive(frame(commands.ENQUIRE_LINK_RESP, sequence), 1.0)
    session.receive(frame(commands.BIND_RECEIVER_RESP, sequence), 1.0)
    assert session.state is State.OPEN
    assert session.receive(frame(commands.GENERIC_NACK, sequence, statuses.RSYSERR), 1.0) == [Refused(statuses.RSYSERR)]


def test_a_bind_without_an_answer_ends() -> None:
    session = Session(LIMITS, 0.0)
    session.bind(commands.BIND_TRANSCEIVER, {}, 0.0)
    assert session.due() == 30.0
    assert session.tick(29.9) == []
    assert session.tick(30.0) == [Ended("no answer to bind_transceiver")]


def test_before_the_bind_nothing_is_delivered_and_outbind_is_not_followed() -> None:
    session = Session(LIMITS, 0.0)
    session.bind(commands.BIND_TRANSCEIVER, {}, 0.0)
    assert only(session.receive(delivery(1), 1.0), Send).pdu.status == statuses.RINVBNDSTS
    assert session.receive(frame(commands.OUTBIND, 2, system_id="SMSC"), 1.0) == [Noted("outbind")]
    assert session.state is State.OPEN


# --- submitting -------------------------------------------------------------------------------------------------------


def test_answers_may_come_in_any_order() -> None:
    session = bound()
    numbers = {ticket: submit(session, ticket) for ticket in "abcd"}
    assert not session.may_submit
    for ticket in "cadb":
        event = only(session.receive(said(numbers[ticket], message_id=ticket), 2.5), Answered)
        assert (event.ticket, event.response.text("message_id"), event.seconds) == (ticket, ticket, 2.5)
    assert session.window.room == 4


def test_a_generic_nack_is_an_answer() -> None:
    session = bound()
    number = submit(session, "a")
    event = only(session.receive(frame(commands.GENERIC_NACK, number, statuses.RSYSERR), 1.0), Answered)
    assert (event.ticket, event.response.status) == ("a", statuses.RSYSERR)


def test_without_an_answer_it_is_told_once_and_a_late_one_is_late() -> None:
    session = bound()
    number = submit(session, "a", now=1.0)
    assert session.tick(30.9) == []
    assert session.tick(31.0) == [Expired("a")]
    assert session.tick(32.0) == []
    assert session.window.room == 3, "the SMSC may still be at work on it"
    assert only(session.receive(said(number, message_id="17"), 40.0), Late).ticket == "a"
    assert session.window.room == 4


def test_when_half_of_the_window_waits_in_vain_the_session_ends() -> None:
    session = bound()
    submit(session, "a", now=0.0)
    submit(session, "b", now=1.0)
    submit(session, "c", now=2.0)
    assert session.tick(30.0) == [Expired("a")]
    session.receive(frame(commands.ENQUIRE_LINK, 9), 30.5)
    assert session.tick(31.0) == [Expired("b"), Ended("it answers too few of our texts")]
    assert session.unanswered() == ["c"]


def test_a_late_answer_counts_as_one() -> None:
    session = bound()
    late = submit(session, "a", now=0.0)
    submit(session, "b", now=1.0)
    session.tick(30.0)
    session.receive(said(late), 30.5)
    assert session.tick(31.0) == [Expired("b")], "one of four waits in vain"


def test_an_answer_that_cannot_be_read_leaves_it_in_doubt() -> None:
    session = bound()
    number = submit(session, "a")
    events = session.receive(HEADER.pack(17, commands.SUBMIT_SM_RESP.number, 0, number) + b"x", 1.0)
    assert only(events, Expired).ticket == "a"
    assert only(events, Noted).what == "wrong_pdu"
    assert not [event for event in events if isinstance(event, Send)], "an answer is not answered"


def test_answers_to_nothing_are_noted() -> None:
    session = bound()
    assert only(session.receive(said(999), 1.0), Noted).what == "unexpected_response"
    assert only(session.receive(frame(commands.BIND_RECEIVER_RESP, 5), 1.0), Noted).what == "unexpected_response"


def test_sequence_numbers_go_round_and_pass_over_open_ones() -> None:
    window = Window(10, sequence=MAX_SEQUENCE - 2)
    first = window.add("first", 0.0, 1.0)
    numbers = [window.next_sequence() for _ in range(2)]
    assert [first, *numbers] == [MAX_SEQUENCE - 1, MAX_SEQUENCE, 1]
    again = Window(10, sequence=MAX_SEQUENCE - 2)
    again.add("open", 0.0, 1.0)
    again._sequence = MAX_SEQUENCE - 2
    assert again.next_sequence() == MAX_SEQUENCE


# --- deliveries -------------------------------------------------------------------------------------------------------


def test_a_delivery_is_answered_when_its_owner_says_so_and_once() -> None:
    session = bound()
    assert only(session.receive(delivery(7), 1.0), Delivery).sequence == 7
    send = session.answer(7, statuses.RX_T_APPN)
    assert send is not None
    assert (send.pdu.command, send.pdu.sequence, send.pdu.status) == (commands.DELIVER_SM_RESP, 7, statuses.RX_T_APPN)
    assert session.answer(7, statuses.ROK) is None


def test_a_data_sm_gets_an_answer_of_its_own_kind() -> None:
    session = bound()
    session.receive(frame(commands.DATA_SM, 8, source_addr="1", destination_addr="2"), 1.0)
    send = session.answer(8, statuses.ROK)
    assert send is not None and send.pdu.command is commands.DATA_SM_RESP


def test_more_than_the_inbound_window_is_sent_back() -> None:
    session = bound()
    for number in range(1, 4):
        assert isinstance(session.receive(delivery(number), 1.0)[0], Delivery)
    events = session.receive(delivery(4), 1.0)
    assert events[0] == Noted("inbound_full")
    assert only(events, Send).pdu.status == statuses.RX_T_APPN
    session.answer(1, statuses.ROK)
    assert isinstance(session.receive(delivery(4), 1.0)[0], Delivery)


def test_a_number_that_is_in_use_is_not_taken_twice() -> None:
    session = bound()
    session.receive(delivery(1), 1.0)
    assert only(session.receive(delivery(1), 2.0), Noted).what == "sequence_in_use"


def test_alerts_are_counted_and_unknown_commands_nacked() -> None:
    session = bound()
    assert session.receive(frame(commands.ALERT_NOTIFICATION, 1), 1.0) == [Noted("alert_notification")]
    events = session.receive(HEADER.pack(16, 0x21, 0, 77), 1.0)
    send = only(events, Send)
    assert (send.pdu.command, send.pdu.sequence, send.pdu.status) == (commands.GENERIC_NACK, 77, statuses.RINVCMDID)
    bad = only(session.receive(HEADER.pack(16, commands.DELIVER_SM.number, 0, 78), 1.0), Send)
    assert (bad.pdu.command, bad.pdu.status) == (commands.GENERIC_NACK, statuses.RINVCMDLEN)
    assert only(session.receive(frame(commands.SUBMIT_SM, 3), 1.0), Send).pdu.command is commands.SUBMIT_SM_RESP


# --- keeping alive, ending --------------------------------------------------------------------------------------------


def test_a_silent_smsc_is_asked_and_then_given_up() -> None:
    session = bound()
    assert session.due() == 60.0
    send = only(session.tick(60.0), Send)
    assert send.pdu.command is commands.ENQUIRE_LINK
    assert session.due() == 70.0
    assert session.tick(69.0) == []
    assert session.tick(70.0) == [Ended("no answer to enquire_link")]


def test_before_the_bind_silence_means_nothing() -> None:
    session = Session(Limits(response=30.0, idle=0.1), 0.0)
    session.bind(commands.BIND_TRANSCEIVER, {}, 0.0)
    assert session.due() == 30.0
    assert session.tick(1.0) == []


def test_any_word_is_a_sign_of_life() -> None:
    session = bound()
    number = only(session.tick(60.0), Send).pdu.sequence
    assert session.receive(frame(commands.ENQUIRE_LINK_RESP, number), 61.0) == []
    assert session.due() == 121.0
    assert only(session.receive(frame(commands.ENQUIRE_LINK, 5), 100.0), Send).pdu.command is (
        commands.ENQUIRE_LINK_RESP
    )
    assert session.due() == 160.0


def test_we_unbind_and_wait_for_the_answer() -> None:
    session = bound()
    send = only(session.unbind(1.0), Send)
    assert (session.state, session.may_submit) == (State.UNBOUND, False)
    assert session.unbind(1.0) == []
    assert only(session.receive(delivery(1), 1.5), Send).pdu.status == statuses.RX_T_APPN, "it comes again"
    assert session.receive(frame(commands.UNBIND_RESP, send.pdu.sequence), 2.0) == [Ended("unbound", orderly=True)]


def test_the_smsc_unbinds_us() -> None:
    session = bound()
    submit(session, "a")
    reply, ended = session.receive(frame(commands.UNBIND, 3), 1.0)
    assert isinstance(reply, Send) and reply.pdu.command is commands.UNBIND_RESP
    assert ended == Ended("the SMSC unbound us")
    assert session.unanswered() == ["a"]


@given(st.lists(st.binary(min_size=16, max_size=60), max_size=10))
def test_no_frame_breaks_a_session(frames: list[bytes]) -> None:
    session = bound()
    for one in frames:
        session.receive(len(one).to_bytes(4, "big") + one[4:], 1.0)


class Smsc(RuleBasedStateMachine):
    """Whatever an SMSC does, each request has one outcome, and never more than a window is open."""

    @initialize()
    def bind(self) -> None:
        self.session = bound()
        self.now = 0.0
        self.tickets = 0
        self.open: dict[int, int] = {}
        self.outcomes: dict[int, str] = {}
        self.ended = False

    def take(self, events: list[Event]) -> None:
        for event in events:
            match event:
                case Answered(ticket):
                    assert isinstance(ticket, int) and ticket not in self.outcomes
                    self.outcomes[ticket] = "answered"
                case Expired(ticket):
                    assert isinstance(ticket, int) and ticket not in self.outcomes
                    self.outcomes[ticket] = "doubt"
                case Late(ticket):
                    assert isinstance(ticket, int) and self.outcomes[ticket] == "doubt"
                    self.outcomes[ticket] = "late"
                case Ended():
                    self.ended = True

    @precondition(lambda self: not self.ended and self.session.may_submit)
    @rule()
    def submit(self) -> None:
        self.tickets += 1
        self.open[submit(self.session, self.tickets, self.now)] = self.tickets

    @precondition(lambda self: self.open)
    @rule(data=st.data(), nack=st.booleans(), status=st.sampled_from([0, 0x58, 0x14, 0x0B]))
    def answer(self, data: st.DataObject, nack: bool, status: int) -> None:
        sequence = data.draw(st.sampled_from(sorted(self.open)))
        del self.open[sequence]
        command = commands.GENERIC_NACK if nack else commands.SUBMIT_SM_RESP
        self.take(self.session.receive(frame(command, sequence, status), self.now))

    @rule(sequence=st.integers(1, 20))
    def answer_again(self, sequence: int) -> None:
        if sequence not in self.open:
            self.take(self.session.receive(said(sequence), self.now))

    @rule(sequence=st.integers(1, 5))
    def deliver(self, sequence: int) -> None:
        self.take(self.session.receive(delivery(sequence), self.now))

    @rule(seconds=st.sampled_from([0.0, 1.0, 11.0, 29.0, 31.0]))
    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.take(self.session.tick(self.now))

    @rule()
    def enquire(self) -> None:
        self.take(self.session.receive(frame(commands.ENQUIRE_LINK, 1), self.now))

    @invariant()
    def books_balance(self) -> None:
        if not hasattr(self, "session"):
            return
        unknown = set(self.session.unanswered())
        assert unknown | set(self.outcomes) == set(range(1, self.tickets + 1))
        assert not unknown & set(self.outcomes)
        assert self.session.window.used <= LIMITS.window
        assert sum(one == "doubt" for one in self.outcomes.values()) <= LIMITS.window


TestSmsc = Smsc.TestCase
