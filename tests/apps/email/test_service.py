"""What other services may have done and ask, over a real broker and database."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from google.protobuf.struct_pb2 import Struct

from apps.contracts import email_pb2 as messages
from apps.email.errors import InvalidEvent
from apps.email.service import EmailService
from apps.email.verbs import UnknownMail
from supervision.verbs import Site
from tests.actors.web.serving import Served
from tests.apps.email.receiving import queued, receiving, site
from tests.apps.email.test_verbs import claim


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Served]:
    with receiving(tmp_path, "actors.database", "actors.broker") as found:
        yield found


@pytest.fixture
def at(web: Served) -> Site:
    return site(web, "actors.database", "actors.broker")


def request(id: str) -> messages.SendRequest:
    data = Struct()
    data.update({"to": "ada@example.org", "petition": "More birds", "signatures": 3, "link": "https://example.org/p"})
    return messages.SendRequest(type="petition_update", source="/sms", id=id, data=data)


def test_an_event_is_taken_with_its_numbers_as_they_were(at: Site, web: Served) -> None:
    reply = EmailService(at).Send(request("e-1"))
    assert len(reply.mails) == 1
    (event,) = queued(web.home)
    assert (event.source, event.id, event.data["signatures"]) == ("/sms", "e-1", 3)
    assert EmailService(at).Send(request("e-1")).mails == reply.mails


def test_an_event_without_an_id_is_refused(at: Site, web: Served) -> None:
    with pytest.raises(InvalidEvent, match="id"):
        EmailService(at).Send(request(""))
    assert queued(web.home) == []


def test_the_state_of_a_mail(at: Site) -> None:
    claim(at, "k-1234")
    mail = EmailService(at).Status(messages.StatusRequest(key="k-1234"))
    assert (mail.state, mail.event_type, mail.attempts, mail.code) == ("claimed", "password_reset", 1, 0)
    with pytest.raises(UnknownMail):
        EmailService(at).Status(messages.StatusRequest(key="nobody-knows"))
