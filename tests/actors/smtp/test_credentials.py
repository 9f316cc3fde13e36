"""A sender and its password: refused for good it is said once, refused for now it is said again."""

import pytest

from actors.smtp import Outcome, SenderOptions, SenderReady, sender_spec
from supervision import ChildParked
from supervision.testing import running
from tests.actors.smtp.scripted import Peer, a_mail, scripted
from tests.actors.smtp.test_sender import DISPATCHER, Office, sender_to, serves

A = Outcome.ACCEPTED


@pytest.mark.parametrize("answer", ["535 5.7.8 no", "534 5.7.9 too weak"])
def test_a_wrong_password_parks_the_sender_and_the_others_go_on(answer: str) -> None:
    """Saying it again may lock the account: it is said once, and shown until somebody starts the sender again."""

    def refuses(peer: Peer) -> None:
        peer.greet("PIPELINING", "AUTH PLAIN")
        peer.hear("AUTH PLAIN")
        peer.say(answer)
        peer.hear_the_end()

    office = Office()
    with scripted(refuses) as wrong, scripted(serves(1)) as server:
        url = str(wrong.url()).replace("smtp://", "smtp://ada:hunter2@") + "?starttls=never"
        with running(office.spec, sender_spec("wrong", url, DISPATCHER), sender_to(server)) as run:
            event = run.events.expect(ChildParked)
            assert (event.path, answer in str(event.reason)) == ("/wrong", True)
            assert "hunter2" not in str(event.reason)
            run.wait_state("/wrong", "failed")
            office.inbox.expect(SenderReady)
            office.hand_over(run, a_mail(1))
            assert office.outcomes() == [A]
        assert wrong.connections == 1


def test_a_password_that_cannot_be_looked_up_now_is_tried_again() -> None:
    def later(peer: Peer) -> None:
        peer.greet("PIPELINING", "AUTH PLAIN")
        peer.hear("AUTH PLAIN")
        peer.say("454 4.7.0 try again")
        peer.hear_the_end()

    def takes(peer: Peer) -> None:
        peer.greet("PIPELINING", "AUTH PLAIN")
        peer.hear("AUTH PLAIN")
        peer.say("235 2.7.0 welcome")
        peer.hear("QUIT")
        peer.say("221 bye")

    office = Office()
    with scripted(later, takes) as server:
        url = str(server.url()).replace("smtp://", "smtp://ada:hunter2@") + "?starttls=never"
        with running(office.spec, sender_spec("sender", url, DISPATCHER, options=SenderOptions(mta="a", weight=2.0))):
            ready = office.inbox.expect(SenderReady)
            assert (ready.mta, ready.weight) == ("a", 2.0)
