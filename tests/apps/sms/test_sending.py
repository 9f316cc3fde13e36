"""What other services want sent, by queue and by RPC."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.contracts import sms_pb2 as messages
from apps.sms.errors import SmsError
from apps.sms.hub.inbox import HasLeft, UnknownMember, UnknownText, UnsendableText
from apps.sms.numbers import InvalidNumber
from apps.sms.queues import OUTBOUND
from apps.sms.sending import QUEUED, REFUSED, Sending, WrongRequest, message_of
from apps.sms.service import SmsService
from supervision.verbs import Site
from tests.apps.sms.hub.conversing import JOHN, MARY, OURS
from tests.apps.sms.receiving import Desk, desk, stop, text


@pytest.fixture
def open_desk(tmp_path: Path) -> Iterator[Desk]:
    """Mary is a member, John has left."""
    with desk(tmp_path) as one:
        one.lead()
        one.start_sms(*one.way_in, *one.the_hub)
        one.publish(text(1, "hi"), stop(2, source=JOHN))
        one.expect(2, direction="out")
        yield one


@pytest.fixture
def service(open_desk: Desk) -> SmsService:
    return SmsService(Site(open_desk.tree.system, open_desk.settings))


def request(key: str = "k", to: str = MARY, body: str = "news", **more: str) -> messages.SendRequest:
    return messages.SendRequest(key=key, leader="ada", to=to, body=body, **more)


def test_a_text_is_queued_once_however_often_it_is_asked_for(open_desk: Desk, service: SmsService) -> None:
    sent = service.Send(request(to="(555) 200-0001", body="news €"))
    assert (sent.key, sent.member, sent.state, sent.body) == ("k", MARY, "queued", "news €")
    open_desk.publish(message_of(request(body="news €")))
    open_desk.empty(OUTBOUND)
    (row,) = open_desk.rows(key="k")
    assert (row.our_number, row.lane, row.direction) == (OURS, "leader", "out")
    assert service.Status(messages.StatusRequest(key="k")).state == "queued"


def test_what_cannot_be_sent_goes_to_the_dead_letters_and_the_others_go_out(open_desk: Desk) -> None:
    refused = (request(to=JOHN), request(to="+15559999999"), request(body=" "), request(to="?"), request(lane="x"))
    open_desk.publish(*map(message_of, refused), message_of(request("good", lane="answer")))
    (row,) = open_desk.expect(1, key="good")
    assert row.lane == "answer"
    open_desk.until(lambda: len(open_desk.reasons()) == len(refused))
    said = "\n".join(open_desk.reasons())
    assert "left ada" in said and "no member" in said and "empty" in said and "'?'" in said and "lane" in said
    handler = open_desk.tree.system.registry.running("/sms/sending").options.handler
    assert isinstance(handler, Sending)
    assert handler.counts == {QUEUED: 1, REFUSED: len(refused)}


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (request(to=JOHN), HasLeft),
        (request(to="+15559999999"), UnknownMember),
        (request(to="123"), UnknownMember),
        (request(to="?"), InvalidNumber),
        (request(body=""), UnsendableText),
        (request(body="a" * 2000), UnsendableText),
        (request(lane="fast"), WrongRequest),
        (request(key="k" * 201), WrongRequest),
    ],
)
def test_a_service_hears_why(service: SmsService, wrong: messages.SendRequest, error: type[SmsError]) -> None:
    with pytest.raises(error):
        service.Send(wrong)


def test_a_member_is_found(service: SmsService) -> None:
    member = service.FindMember(messages.FindMemberRequest(leader="ada", number=MARY))
    assert (member.state, member.leader, member.HasField("joined_at")) == ("joined", "ada", True)
    with pytest.raises(UnknownText):
        service.Status(messages.StatusRequest(key="nobody"))
