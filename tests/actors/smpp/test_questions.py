"""What became of pieces, asked with query_sm: the machine, and an independent SMSC."""

from datetime import UTC, datetime

import pytest

from actors.carrier.port import Named, NumberType, Party, Question, Receipt, ReceiptState, Silent, Unasked
from actors.smpp import commands
from actors.smpp.events import Answered, Expired
from actors.smpp.pdu import Pdu
from actors.smpp.questions import MOST, MOST_SILENT, Query, Questions, moment, read
from tests.actors.smpp.conftest import BIND, HUB, office
from tests.actors.smpp.test_session import LIMITS, bound, only, submit
from tests.actors.smpp.wire import LEADER, config, frame, piece
from tests.servers.smsc import OwnSmsc

# The first time, the package is fetched.
pytestmark = pytest.mark.timeout(300)


def question(*carrier_ids: str, source: Party = LEADER) -> Question:
    return Question(tuple(Named(one, source) for one in carrier_ids), HUB, 1)


def answer(**fields: object) -> Pdu:
    return Pdu(commands.QUERY_SM_RESP, 1, fields=fields)  # type: ignore[arg-type]


def test_the_answer_is_a_receipt_of_the_piece_that_was_asked_for() -> None:
    said = answer(message_id="00AB", final_date="261122120200004+", message_state=2, error_code=0)
    assert read(said, "acme", "ab") == Receipt(
        "acme", "ab", ReceiptState.DELIVERED, "", datetime(2026, 11, 22, 11, 2, tzinfo=UTC)
    )
    refused = read(answer(message_state=8, error_code=33), "acme", "ab", frozenset({33}))
    assert refused == Receipt("acme", "ab", ReceiptState.REJECTED, "33", opted_out=True)
    assert read(Pdu(commands.QUERY_SM_RESP, 1, 0x67), "acme", "ab") is None
    assert read(Pdu(commands.QUERY_SM_RESP, 1), "acme", "ab") is None
    assert read(answer(message_state=77), "acme", "ab") is None


@pytest.mark.parametrize("word", ["", "2611221202", "261122120200004R", "269922120200000+", "2611221202000xx+"])
def test_a_time_that_is_none(word: str) -> None:
    assert moment(word) is None


def test_a_question_takes_a_place_in_the_window_one_at_a_time() -> None:
    session = bound()
    for ticket in range(LIMITS.window - 1):
        submit(session, ticket)
    assert session.may_query and session.may_submit
    sequence = session.query({}, "q", 1.0).pdu.sequence
    assert not session.may_query and not session.may_submit
    (event,) = session.receive(frame(commands.QUERY_SM_RESP, sequence, message_state=2), 3.0)
    assert isinstance(event, Answered) and (event.ticket, event.seconds) == ("q", 2.0)
    assert session.may_submit
    submit(session, "last")
    assert not session.may_query


def test_silence_about_a_question_frees_its_place() -> None:
    session = bound()
    sequence = session.query({}, "q", 1.0).pdu.sequence
    assert session.due() == 1.0 + LIMITS.response
    assert only(session.tick(31.0), Expired).ticket == "q"
    assert session.may_query and not session.window.lost
    session.query({}, "r", 32.0)
    assert not any(isinstance(one, Answered) for one in session.receive(frame(commands.QUERY_SM_RESP, sequence), 33.0))


def test_an_smsc_without_a_word_is_asked_no_more() -> None:
    session = bound()
    questions = Questions("acme", config(), session)
    questions.take(question(*map(str, range(10))))
    for turn in range(MOST_SILENT):
        assert questions.next(100.0 * turn) and not questions.next(100.0 * turn)
        ticket = only(session.tick(100.0 * turn + 31.0), Expired).ticket
        assert isinstance(ticket, Query)
        questions.expired(ticket)
    assert questions.next(1000.0) == b""
    questions.take(question("x"))
    assert questions.unasked == {(HUB, Silent.UNANSWERED): MOST_SILENT, (HUB, Silent.UNSUPPORTED): 10 - MOST_SILENT + 1}


def test_what_cannot_be_asked_is_counted() -> None:
    questions = Questions("acme", config(), bound())
    questions.take(question("é", "x" * 65))
    questions.take(question("a", source=Party(NumberType.ALPHANUMERIC, "ü")))
    assert questions.next(0.0) == b""
    questions.take(question(*["y"] * (MOST + 2)))
    questions.lost()
    assert questions.unasked == {(HUB, Silent.REFUSED): 3, (HUB, Silent.BUSY): 2, (HUB, Silent.UNANSWERED): MOST}


def test_an_smsc_is_asked_and_its_answers_arrive_as_receipts(smsc: OwnSmsc) -> None:
    smsc.behave(states={"1000": 2, "1001": 5})
    with office(smsc.place, receipt_ids="as-is") as hub:
        hub.ready()
        hub.hand_over(piece(key="a"), piece(key="b"))
        hub.outcomes(2)
        hub.ask("1000", "1001", "9999")
        first, second = hub.arrived(), hub.arrived()
        assert smsc.event("query") == {"event": "query", "id": "1000", "source": [3, 0, "12345"]}
        assert isinstance(first.item, Receipt) and isinstance(second.item, Receipt)
        assert (first.item.carrier_id, first.item.state) == ("1000", "delivered")
        assert first.item.at == datetime(2026, 11, 22, 11, 2, tzinfo=UTC)
        assert (second.item.carrier_id, second.item.state) == ("1001", "undelivered")
        assert hub.heard.expect(Unasked) == Unasked(BIND, "acme", 1, Silent.REFUSED)
        assert hub.tally.events["question_refused"] == 1
        hub.settle(first, second)
        hub.hand_over(piece(key="c"))
        hub.outcomes(1)


def test_a_connection_that_is_lost_tells_of_its_questions(smsc: OwnSmsc) -> None:
    smsc.behave(silent_queries=True)
    with office(smsc.place) as hub:
        hub.ready()
        hub.ask("1", "2", "3")
        smsc.event("query")
        smsc.tell(drop=None)
        assert hub.heard.expect(Unasked) == Unasked(BIND, "acme", 2, Silent.UNANSWERED)
